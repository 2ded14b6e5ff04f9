import { type CustomResourceAnswer, type CustomResourceRequest, CustomResources } from '../lambda/custom-resources.ts';
import type { InvocationOutcome } from '../lambda/environment.ts';
import type { FunctionConfiguration } from '../lambda/function.ts';
import { executionRole, FunctionPool } from '../lambda/function-pool.ts';
import { type AsynchronousSettings, type FunctionStore, lambdaProviders } from '../lambda/providers.ts';
import { asynchronousRetryMilliseconds } from './durations.ts';
import type { ServiceModule, World } from './module.ts';
import {
  AwsError,
  NoAnswer,
  type Operation,
  type OperationInput,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

export type { CustomResourceAnswer, CustomResourceRequest } from '../lambda/custom-resources.ts';

/** 6 MB synchronous, 1 MB asynchronous: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const payloadBytesMaximum = { RequestResponse: 6_291_456, Event: 1_048_576 } as const;

/** The simulated Lambda of all regions. */
export class LambdaService implements SimulatedService, FunctionStore {
  readonly id = 'lambda';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly customResources: CustomResources;
  readonly #world: World;
  readonly #functions = new Map<string, FunctionPool>();
  readonly #asynchronous = new Map<string, AsynchronousSettings>();

  constructor(world: World) {
    this.#world = world;
    this.operations = { Invoke: this.#invokeOperation() };
    this.customResources = new CustomResources(world, (arn, payload) => this.#accept(this.#pool(arn, ''), payload));
  }

  add(configuration: FunctionConfiguration): void {
    if (this.#functions.has(configuration.arn)) {
      throw new AwsError('ResourceConflictException', `Function already exist: ${configuration.name}`, 409);
    }
    this.#functions.set(configuration.arn, new FunctionPool(this.#world, configuration));
  }

  arnOf(nameOrArn: string, region: string): string {
    return this.#pool(nameOrArn, region).configuration.arn;
  }

  /** ARN of the role that a function runs with. */
  roleOf(nameOrArn: string, region: string): string {
    return this.#pool(nameOrArn, region).configuration.roleArn;
  }

  setAsynchronous(functionArn: string, settings: AsynchronousSettings): void {
    this.#asynchronous.set(functionArn, settings);
  }

  /**
   * Sends a custom resource's request event to its function and waits in virtual time for the answer on the ResponseURL, as
   * CloudFormation does. Throws AwsError when the function says FAILED or does not answer within the hour that CloudFormation waits.
   */
  invokeCustomResource(functionArn: string, request: CustomResourceRequest): Promise<CustomResourceAnswer> {
    return this.customResources.ask(functionArn, request);
  }

  /** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
  #invokeOperation(): Operation {
    return {
      inputs: ['FunctionName', 'InvocationType', 'Payload'],
      authorise: (input, context) => [
        {
          action: 'lambda:InvokeFunction',
          resources: [this.#pool(String(input['FunctionName']), context.region).configuration.arn],
        },
      ],
      run: async (input, context) => {
        const pool = this.#pool(String(input['FunctionName']), context.region);
        const type: unknown = input['InvocationType'] ?? 'RequestResponse';
        if (type !== 'RequestResponse' && type !== 'Event')
          throw new Unmodelled(`The invocation type ${type} is not modelled.`);
        const payload = payloadText(input['Payload']);
        if (Buffer.byteLength(payload) > payloadBytesMaximum[type]) {
          throw new AwsError(
            'RequestTooLargeException',
            `Request must be smaller than ${payloadBytesMaximum[type]} bytes for the InvokeFunction operation`,
            413,
          );
        }
        if (type === 'RequestResponse') return answerOf(await this.#run(pool, payload, context.requestId, 1));
        this.#accept(pool, payload);
        return { StatusCode: 202 };
      },
    };
  }

  #pool(nameOrArn: string, region: string): FunctionPool {
    const { account } = this.#world.account;
    const arn = nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:lambda:${region}:${account}:function:${nameOrArn}`;
    const pool = this.#functions.get(arn);
    if (!pool) throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    return pool;
  }

  /** One delivery, with what the run's faults do to it. */
  async #run(pool: FunctionPool, payload: string, requestId: string, attempt: number): Promise<InvocationOutcome> {
    const { account, faults } = this.#world;
    const { name } = pool.configuration;
    const fault = faults.onInvocation(name, attempt, payload);
    if (fault) account.log.write('fault.injected', { fault: fault.kind, on: name });
    if (fault?.kind === 'crash-before') throw serviceException();
    if (fault?.kind === 'crash-after') {
      await pool.run(requestId, payload);
      throw serviceException();
    }
    // The first answer is lost on its way and the caller hears the second one, the harder of the two.
    if (fault?.kind === 'deliver-twice') await pool.run(requestId, payload);
    return pool.run(requestId, payload);
  }

  /** An asynchronous invocation: accepted at once, tried up to three times, then handed to the failure destination. */
  #accept(pool: FunctionPool, payload: string): void {
    const { kernel } = this.#world.account;
    const requestId = this.#world.account.nextId('request', 'uuid');
    kernel.after(0, `asynchronous invocation of ${pool.configuration.name}`, () =>
      this.#deliver(pool, payload, requestId, 1, kernel.now()),
    );
  }

  async #deliver(
    pool: FunctionPool,
    payload: string,
    requestId: string,
    attempt: number,
    acceptedAt: number,
  ): Promise<void> {
    const { kernel } = this.#world.account;
    const { retriesMaximum, eventAgeMilliseconds } = this.#settings(pool);
    const outcome = await this.#run(pool, payload, requestId, attempt).catch((error: unknown) => {
      if (error instanceof AwsError) return error;
      throw error;
    });
    if (!(outcome instanceof AwsError) && outcome.kind === 'answered') return;
    const pause = asynchronousRetryMilliseconds[Math.min(attempt, asynchronousRetryMilliseconds.length) - 1] ?? 0;
    const tooOld = kernel.now() + pause - acceptedAt > eventAgeMilliseconds;
    if (attempt > retriesMaximum || tooOld) {
      await this.#giveUp(pool, payload, requestId, attempt, outcome, tooOld ? 'EventAgeExceeded' : 'RetriesExhausted');
      return;
    }
    kernel.after(pause, `retry of ${pool.configuration.name}`, () =>
      this.#deliver(pool, payload, requestId, attempt + 1, acceptedAt),
    );
  }

  #settings(pool: FunctionPool): AsynchronousSettings {
    return this.#asynchronous.get(pool.configuration.arn) ?? { retriesMaximum: 2, eventAgeMilliseconds: 21_600_000 };
  }

  /** The destination's record, and the dead-letter queue's bare event: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
  async #giveUp(
    pool: FunctionPool,
    payload: string,
    requestId: string,
    attempts: number,
    outcome: InvocationOutcome | AwsError,
    condition: string,
  ): Promise<void> {
    const { onFailureArn } = this.#settings(pool);
    const { arn, deadLetterArn } = pool.configuration;
    const responsePayload = outcome instanceof AwsError || outcome.kind === 'answered' ? null : outcome.failure;
    const record = {
      version: '1.0',
      timestamp: new Date(this.#world.account.kernel.now()).toISOString(),
      requestContext: { requestId, functionArn: `${arn}:$LATEST`, condition, approximateInvokeCount: attempts },
      requestPayload: JSON.parse(payload),
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload,
    };
    if (onFailureArn) await this.#send(pool, onFailureArn, JSON.stringify(record));
    if (deadLetterArn) await this.#send(pool, deadLetterArn, payload);
  }

  async #send(pool: FunctionPool, target: string, text: string): Promise<void> {
    const [, , service = '', region = '', owner = '', name = ''] = target.split(':');
    const { account } = this.#world;
    const calls: Readonly<Record<string, { readonly operation: string; readonly input: OperationInput }>> = {
      sqs: {
        operation: 'SendMessage',
        input: { QueueUrl: `https://sqs.${region}.amazonaws.com/${owner}/${name}`, MessageBody: text },
      },
      sns: { operation: 'Publish', input: { TopicArn: target, Message: text } },
    };
    const call = calls[service];
    if (!call) throw new Unmodelled(`The failure destination ${target} is not modelled; queues and topics are.`);
    try {
      await account.call({ service, ...call, principal: executionRole(pool.configuration), region });
    } catch (error) {
      // Lambda counts a DestinationDeliveryFailure and drops the event; the refused call is in the event log.
      if (!(error instanceof AwsError) && !(error instanceof NoAnswer)) throw error;
    }
  }
}

/** The Lambda module: functions, permissions, asynchronous settings, and CloudFormation's answer bucket. */
export function createLambda(world: World): ServiceModule {
  const service = new LambdaService(world);
  return { services: [service], providers: lambdaProviders(world, service), peers: [service.customResources.peer] };
}

/** What a caller hears of an execution environment that died under its invocation: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html */
function serviceException(): AwsError {
  return new AwsError('ServiceException', 'An error occurred and the request cannot be processed.', 500);
}

function payloadText(payload: unknown): string {
  if (payload === undefined) return '{}';
  const text = payload instanceof Uint8Array ? Buffer.from(payload).toString('utf8') : String(payload);
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

/** `Payload` is JSON text. */
function answerOf(outcome: InvocationOutcome): OperationInput {
  if (outcome.kind === 'answered') return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: outcome.payload };
  return {
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    FunctionError: 'Unhandled',
    Payload: JSON.stringify(outcome.failure),
  };
}
