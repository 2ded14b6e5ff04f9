import { AwsRefused, AwsUnavailable } from '../../domain/errors.ts';

/**
 * How every client of ours calls: four attempts with the standard back-off, each bounded, so that a function's own timeout is never
 * what ends a call. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export function clientSettings(region: string) {
  return {
    region,
    retryMode: 'standard',
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  } as const;
}

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: object;
  readonly code?: string;
}

/** Names under which services throttle or fail for a moment; the SDK has used up its attempts on them when they come here. */
const transientNames = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
  'RequestThrottled',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'KMSThrottlingException',
]);
const transientCodes = new Set(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN']);

/**
 * Makes a call and says of its failure whether trying later is right: AwsUnavailable, or AwsRefused. `answers` are the names of errors that
 * the caller takes as an answer; they come through as they are.
 */
export async function calling<T>(what: string, call: () => Promise<T>, answers: readonly string[] = []): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    const error = thrown as SdkError;
    if (answers.includes(error.name)) throw error;
    const said = `${what} failed: ${error.name}: ${error.message}`;
    if (isTransient(error)) throw new AwsUnavailable(`${said}. The task is delivered again.`);
    throw new AwsRefused(`${said}. Look for a right or a resource that is missing, and start again.`);
  }
}

function isTransient(error: SdkError): boolean {
  const status = error.$metadata?.httpStatusCode ?? 0;
  return (
    status >= 500 ||
    status === 429 ||
    error.$retryable !== undefined ||
    transientNames.has(error.name) ||
    transientCodes.has(error.code ?? '')
  );
}

/** Whether an error, taken as an answer, has this name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
