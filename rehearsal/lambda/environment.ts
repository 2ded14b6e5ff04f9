import { Unmodelled } from '../aws/service.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { RandomStream } from '../kernel/random.ts';
import { type FunctionFailure, failureOf } from './failure.ts';
import type { Network, NetworkSource } from './network.ts';
import { Realm, type Tenant } from './realm.ts';
import type { RejectionOwner } from './rejections.ts';

/** What an execution environment is made from. */
export interface EnvironmentOptions {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly source: NetworkSource;
  /** Folder that holds the bundle, and `index.handler`. */
  readonly folder: string;
  readonly handler: string;
  /** All environment variables that the function sees. */
  readonly variables: Readonly<Record<string, string>>;
  readonly random: RandomStream;
  readonly memoryMegabytes: number;
  readonly functionArn: string;
  readonly timeoutMilliseconds: number;
  /** How far the clock of its region is ahead; the service itself, which ends it, goes by the true time. */
  clockOffset?(): number;
  onLine(requestId: string, line: string): void;
}

/** What came out of one invocation. After a lost one the environment is gone, as on Lambda. */
export type InvocationOutcome =
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly failure: FunctionFailure; readonly lost: boolean };

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and room for the envelope. */
const answerBytesMaximum = 6_291_556;

/**
 * One execution environment: a context of its own in which the bundle runs with virtual time, seeded chance and the simulated
 * network. It is warm between invocations and frozen while none runs: timers and answers that fall due then wait for the next
 * one, as they do on Lambda. The memory limit is not enforced: what a function really needs cannot be measured in here.
 */
export class ExecutionEnvironment implements RejectionOwner {
  readonly createdAt: number;
  lastUsedAt: number;
  readonly #options: EnvironmentOptions;
  readonly #realm: Realm;
  #requestId = '';
  #state: 'awake' | 'frozen' | 'gone' = 'awake';
  #waiting: (() => void)[] = [];
  #lose: ((failure: FunctionFailure) => void) | undefined;
  /** The realm is a swept one, and has not been told that it starts again. */
  #startsAgain: boolean;

  /** `swept`: a realm that another environment of the same function has left behind; a new one unless given. */
  constructor(options: EnvironmentOptions, swept?: Realm) {
    this.#options = options;
    this.createdAt = options.kernel.now();
    this.lastUsedAt = this.createdAt;
    const tenant: Tenant = {
      ...options,
      createdAt: this.createdAt,
      onLine: (line) => options.onLine(this.#requestId, this.#startsAgain ? asAtTheStart(line) : line),
      whenAwake: (action) => this.#whenAwake(action),
      guard: (action) => this.#guard(action),
      onRejection: (reason) => this.onRejection(reason),
    };
    this.#startsAgain = swept !== undefined;
    if (swept) swept.enter(tenant);
    this.#realm = swept ?? new Realm(tenant);
  }

  get gone(): boolean {
    return this.#state === 'gone';
  }

  /** Runs the handler once. Settles in virtual time; never rejects but for defects of the simulation. */
  async invoke(requestId: string, payload: string): Promise<InvocationOutcome> {
    const { kernel, timeoutMilliseconds } = this.#options;
    const deadline = kernel.now() + timeoutMilliseconds;
    this.#requestId = requestId;
    this.lastUsedAt = kernel.now();
    const lost = new Promise<InvocationOutcome>((resolve) => {
      this.#lose = (failure) => {
        this.retire();
        resolve({ kind: 'failed', failure, lost: true });
      };
    });
    const timeout = kernel.at(deadline, `timeout of ${this.#options.source.functionName}`, () => {
      // Wording of https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html#troubleshooting-timeouts
      const seconds = (timeoutMilliseconds / 1000).toFixed(2);
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
      this.#lose?.({ errorType: 'Sandbox.Timedout', errorMessage });
    });
    this.#thaw();
    const outcome = await Promise.race([this.#run(requestId, payload, deadline), lost]);
    timeout.cancel();
    this.#lose = undefined;
    this.#startsAgain = false;
    if (outcome.kind === 'failed') this.#realm.mark();
    if (this.#state === 'awake') this.#state = 'frozen';
    return outcome;
  }

  /** Ends the environment: nothing in it runs any more. Answers its realm where that is as if it had just been loaded. */
  retire(): Realm | undefined {
    if (this.#state !== 'frozen' || this.#waiting.length > 0) this.#realm.mark();
    this.#state = 'gone';
    this.#waiting = [];
    return this.#realm.leave() ? this.#realm : undefined;
  }

  /** An error that nothing in the function caught: Lambda ends the environment. */
  onRejection(reason: unknown): void {
    if (reason instanceof Unmodelled) return;
    const failure = failureOf(reason);
    // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
    this.#lose?.({
      ...failure,
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: `${failure.errorType}: ${failure.errorMessage}`,
    });
  }

  async #run(requestId: string, payload: string, deadline: number): Promise<InvocationOutcome> {
    try {
      const handler = this.#realm.handler(this.#options.handler);
      const event = this.#realm.parse(payload);
      const result = await handler.call(this, event, this.#invocationContext(requestId, deadline));
      const answer = this.#realm.stringify(result) ?? 'null';
      if (Buffer.byteLength(answer) > answerBytesMaximum) {
        const errorMessage = `Response payload size exceeded maximum allowed payload size (${answerBytesMaximum} bytes).`;
        return { kind: 'failed', failure: { errorType: 'Function.ResponseSizeTooLarge', errorMessage }, lost: false };
      }
      return { kind: 'answered', payload: answer };
    } catch (error) {
      if (error instanceof Unmodelled) {
        this.#options.kernel.fail(error);
        return new Promise(() => {});
      }
      // A function whose code does not load starts from nothing at its next invocation.
      return { kind: 'failed', failure: failureOf(error), lost: !this.#realm.isLoaded };
    }
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
  #invocationContext(requestId: string, deadline: number): object {
    const { kernel, variables, functionArn, memoryMegabytes } = this.#options;
    return {
      callbackWaitsForEmptyEventLoop: true,
      functionVersion: '$LATEST',
      functionName: this.#options.source.functionName,
      memoryLimitInMB: String(memoryMegabytes),
      logGroupName: variables['AWS_LAMBDA_LOG_GROUP_NAME'],
      logStreamName: variables['AWS_LAMBDA_LOG_STREAM_NAME'],
      invokedFunctionArn: functionArn,
      awsRequestId: requestId,
      getRemainingTimeInMillis: () => deadline - kernel.now(),
    };
  }

  #whenAwake(action: () => void): void {
    if (this.#state === 'awake') this.#guard(action);
    else if (this.#state === 'frozen') this.#waiting.push(action);
  }

  #thaw(): void {
    this.#state = 'awake';
    const due = this.#waiting;
    this.#waiting = [];
    for (const action of due) this.#guard(action);
  }

  /** What a callback throws with nobody to catch it ends the environment, as an uncaught exception does. */
  #guard(action: () => void): void {
    if (this.#state === 'gone') return;
    try {
      action();
    } catch (error) {
      if (error instanceof Unmodelled) this.#options.kernel.fail(error);
      else this.#lose?.(failureOf(error));
    }
  }
}

/** Powertools' logger remembers that it has logged an invocation: the one thing that our functions keep, and only to say it. */
function asAtTheStart(line: string): string {
  return line.replace('"cold_start":false', '"cold_start":true');
}
