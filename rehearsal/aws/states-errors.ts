import type { TaskFailure } from '../asl/index.ts';
import { type AwsError, NoAnswer } from './service.ts';

/** How the errors of a service are called in a state machine. */
export interface ErrorStyle {
  /** Before the dot: `DynamoDb` of the SDK integration, `DynamoDB` of the optimised one. */
  readonly prefix: string;
  /** After the dot, for an error that the service's model does not list: `DynamoDbException`. */
  readonly general: string;
  /** The service as the cause names it: `AmazonDynamoDBv2`. */
  readonly service: string;
  /** Optimised integrations and SDK integrations write their causes differently. */
  readonly optimised: boolean;
}

/**
 * Errors that no service's model lists: they come from the layers in front. Seen in recordings: a ValidationException of
 * DynamoDB arrives as `DynamoDB.AmazonDynamoDBException`, a MissingParameter of SQS as `SQS.AmazonSQSException`.
 */
const general = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InternalFailure',
  'MissingParameter',
  'RequestThrottled',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'ValidationError',
  'ValidationException',
]);

/**
 * The failure of a task whose call AWS refused. An error's class ends in `Exception` even where the service's code does not:
 * `InvalidToken` is `Sfn.InvalidTokenException`. The forms of both causes are as in recorded executions.
 */
export function taskFailureOf(style: ErrorStyle, error: AwsError | NoAnswer, requestId: string): TaskFailure {
  if (error instanceof NoAnswer) return { error: `${style.prefix}.SdkClientException`, cause: error.message };
  const className = error.name.endsWith('Exception') ? error.name : `${error.name}Exception`;
  const name = general.has(error.name) ? style.general : className;
  const details = style.optimised
    ? `(Service: ${style.service}; Status Code: ${error.statusCode}; Error Code: ${error.name}; Request ID: ${requestId}; Proxy: null)`
    : `(Service: ${style.service}, Status Code: ${error.statusCode}, Request ID: ${requestId})`;
  return { error: `${style.prefix}.${name}`, cause: `${error.message} ${details}` };
}

/**
 * The failure of a task whose function failed: its `errorType`, with the payload as cause; `Lambda.Unknown` where the function
 * died without one. https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
export function functionFailureOf(payload: string): TaskFailure {
  let errorType: unknown;
  try {
    errorType = (JSON.parse(payload) as { errorType?: unknown } | null)?.errorType;
  } catch {
    // Not JSON: Lambda itself wrote it.
  }
  if (typeof errorType === 'string' && errorType !== '') return { error: errorType, cause: payload };
  return {
    error: 'Lambda.Unknown',
    cause: `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  };
}
