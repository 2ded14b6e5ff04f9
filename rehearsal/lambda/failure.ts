import { types } from 'node:util';

/** How Lambda reports a function that failed: the payload of the answer. */
export interface FunctionFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** An error as the Node.js runtime reports it: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export function failureOf(error: unknown): FunctionFailure {
  if (!types.isNativeError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}
