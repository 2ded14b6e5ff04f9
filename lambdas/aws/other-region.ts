import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AwsUnavailable } from '../../domain/errors.ts';
import { functionName } from '../../domain/names.ts';
import type { OtherRegion } from '../ports/failback.ts';
import { calling, clientSettings } from './client.ts';

/** The longest task that is asked there runs two minutes; this one is bounded by its own timeout. */
const answerMilliseconds = 125_000;

/** What a function answers that threw. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
interface Failure {
  readonly errorType?: string;
  readonly errorMessage?: string;
}

/**
 * Functions of an environment in other regions. One attempt that gets an answer or none: who calls decides about another.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function invokedFunctions(environment: string): OtherRegion {
  const clients = new Map<string, LambdaClient>();
  const of = (region: string): LambdaClient => {
    const { requestHandler, ...settings } = clientSettings(region);
    const client =
      clients.get(region) ??
      new LambdaClient({
        ...settings,
        maxAttempts: 1,
        requestHandler: { ...requestHandler, requestTimeout: answerMilliseconds },
      });
    clients.set(region, client);
    return client;
  };
  return {
    async ask(region, task, payload) {
      const command = new InvokeCommand({
        FunctionName: functionName(environment, task),
        Payload: Buffer.from(JSON.stringify(payload)),
      });
      const { Payload, FunctionError } = await calling(`lambda:InvokeFunction of ${task} in ${region}`, () =>
        of(region).send(command),
      );
      const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null') as unknown;
      if (FunctionError === undefined) return answer;
      throw thrownThere(answer as Failure, task, region);
    },
  };
}

/** Runs of a function that ended without a word of its own: the next delivery may get one. */
const silentEnds = ['Sandbox.Timedout', 'Runtime.ExitError', 'Runtime.OutOfMemory'];

/** By the name that it has there: the state machine and its callers know errors by their names. */
function thrownThere({ errorType = 'Unknown', errorMessage = '' }: Failure, task: string, region: string): Error {
  if (silentEnds.includes(errorType)) return new AwsUnavailable(`${task} in ${region} ended: ${errorMessage}`);
  const error = new Error(errorMessage);
  error.name = errorType;
  return error;
}
