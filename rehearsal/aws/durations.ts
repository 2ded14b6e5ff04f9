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

/** How often a metric alarm is evaluated. 'evaluated every minute': https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html */
export const alarmEvaluationIntervalMilliseconds = 60_000;
/** From the end of a minute to the moment its load balancer metrics can be read. Assumed; ELB states 'in 60-second intervals' and no delay: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export const loadBalancerMetricDelayMilliseconds = 60_000;
/** From a push to an image's copy in another region, at least and at most. Assumed; ECR states 'less than 30 minutes' for most images: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html */
export const imageReplicationMilliseconds = { minimum: 15_000, maximum: 90_000 };
/** From a push to the findings of its scan. Assumed. */
export const imageScanMilliseconds = 45_000;
/** From a write to a global table to its replica. 'typically within a second or less': https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html */
export const tableReplicationMilliseconds = 1_000;
/** From an item's expiry to its deletion. 'typically within a few days'; two are assumed: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html */
export const itemExpiryDeletionMilliseconds = 2 * 24 * 60 * 60 * 1000;
