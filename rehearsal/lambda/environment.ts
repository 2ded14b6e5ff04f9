import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, createContext, Script } from 'node:vm';
import { Unmodelled } from '../aws/service.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { RandomStream } from '../kernel/random.ts';
import { compiled } from './code-cache.ts';
import { type FunctionFailure, failureOf } from './failure.ts';
import type { ClientStream, Network, NetworkSource } from './network.ts';
import { adoptRejections, type RejectionOwner } from './rejections.ts';
import { taskRoot } from './virtual-files.ts';
import { preludeHost } from './virtual-globals.ts';
import { type HttpsHost, httpModule, httpsModule } from './virtual-https.ts';
import { type ModuleHost, requireFrom } from './virtual-modules.ts';
import { netModule, tlsModule } from './virtual-net.ts';
import { VirtualTimers } from './virtual-timers.ts';

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
  onLine(requestId: string, line: string): void;
}

/** What came out of one invocation. After a lost one the environment is gone, as on Lambda. */
export type InvocationOutcome =
  | { readonly kind: 'answered'; readonly payload: string }
  | { readonly kind: 'failed'; readonly failure: FunctionFailure; readonly lost: boolean };

/** What `prelude.js` gives back. */
interface Realm {
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  parse(text: string): unknown;
  stringify(value: unknown): string | undefined;
  readonly promisePrototype: object;
}

type Handler = (event: unknown, context: object) => unknown;

const prelude = new Script(readFileSync(join(import.meta.dirname, 'prelude.js'), 'utf8'), { filename: 'prelude.js' });
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
  readonly #timers: VirtualTimers;
  readonly #realm: Realm;
  readonly #require: (name: string) => unknown;
  readonly #context: object;
  #handler: Handler | undefined;
  #requestId = '';
  #state: 'awake' | 'frozen' | 'gone' = 'awake';
  #waiting: (() => void)[] = [];
  #lose: ((failure: FunctionFailure) => void) | undefined;

  constructor(options: EnvironmentOptions) {
    const { kernel, random } = options;
    this.#options = options;
    this.createdAt = kernel.now();
    this.lastUsedAt = this.createdAt;
    this.#timers = new VirtualTimers(kernel, `timer of ${options.source.functionName}`, (action) =>
      this.#whenAwake(action),
    );
    const host = preludeHost({
      kernel,
      random,
      variables: { ...options.variables },
      timers: this.#timers.globals(),
      onLine: (line) => options.onLine(this.#requestId, line),
      guard: (action) => this.#guard(action),
      fail: (error) => kernel.fail(error),
    });
    this.#context = createContext(constants.DONT_CONTEXTIFY);
    this.#realm = (prelude.runInContext(this.#context) as (host: object) => Realm)(host.prelude);
    adoptRejections(this.#realm.promisePrototype, this);
    this.#require = requireFrom(this.#moduleHost(host.process, host.performance));
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
    if (this.#state === 'awake') this.#state = 'frozen';
    return outcome;
  }

  /** Ends the environment: nothing in it runs any more. */
  retire(): void {
    this.#state = 'gone';
    this.#waiting = [];
    this.#timers.cancelAll();
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
      this.#handler ??= this.#load();
      const event = this.#realm.parse(payload);
      const result = await this.#handler(event, this.#invocationContext(requestId, deadline));
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
      return { kind: 'failed', failure: failureOf(error), lost: this.#handler === undefined };
    }
  }

  #load(): Handler {
    const [file = '', ...name] = this.#options.handler.split('.');
    const module = { exports: {} as Record<string, unknown> };
    const run = compiled(this.#options.folder, file).runInContext(this.#context) as (...args: unknown[]) => void;
    run(module.exports, this.#require, module, `${taskRoot}/${file}.js`, taskRoot);
    const handler = module.exports[name.join('.')];
    if (typeof handler !== 'function') {
      throw this.#realm.error(`${this.#options.handler} is undefined or not exported`, {
        name: 'Runtime.HandlerNotFound',
      });
    }
    if (handler.length >= 3) {
      // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback: not from Node.js 24 on.
      throw this.#realm.error('Callback-based handlers are not supported', {
        name: 'Runtime.CallbackHandlerDeprecated',
      });
    }
    return handler as Handler;
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

  #moduleHost(process: object, performance: object): ModuleHost {
    const { kernel, network, source, folder, random } = this.#options;
    const fail = (error: unknown) => kernel.fail(error);
    const error = (message: string, fields: Readonly<Record<string, unknown>>) => this.#realm.error(message, fields);
    const httpsHost: HttpsHost = {
      request: (request) => network.request({ ...request, source }),
      setTimeout: (action, milliseconds) => this.#timers.set(action, milliseconds, false),
      clearTimeout: (handle) => this.#timers.clear(handle),
      whenAwake: (action) => this.#whenAwake(action),
      error,
      fail,
    };
    const timers = this.#timers.globals();
    const netHost = {
      ...httpsHost,
      open: (target: { host: string; port: number }, client: ClientStream) => network.open(target, source, client),
      trusts: this.#options.variables['NODE_EXTRA_CA_CERTS'],
    };
    return {
      folder,
      random,
      process,
      performance,
      timers,
      https: httpsModule(httpsHost),
      http: httpModule(httpsHost),
      net: netModule(netHost),
      tls: tlsModule(netHost),
      error,
      fail,
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
