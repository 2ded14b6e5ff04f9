/**
 * Every duration of the simulated AWS, in milliseconds unless the name says otherwise, each with its source or the word
 * 'assumed'. A run does not depend on their exact size; where one does, its scenario sets it.
 */

/** One call to an AWS API. Assumed: control-plane calls within a region mostly answer in tens of milliseconds. */
export const callLatencyMilliseconds = 20;
/** How long a caller waits for an answer that never comes, before its socket gives up. Assumed. */
export const unansweredCallMilliseconds = 10_000;
/** From a change of an alarm or execution to the rule's target being called. Assumed; EventBridge states a typical latency of about half a second: https://aws.amazon.com/eventbridge/faqs/ */
export const eventDeliveryMilliseconds = 500;
/** From StartExecution's answer to the first state. Assumed. */
export const executionStartMilliseconds = 10;
/** One resource of a deployment. Assumed and kept far below the truth: how long a first deployment takes is not rehearsed. */
export const resourceCreationMilliseconds = 1_000;
