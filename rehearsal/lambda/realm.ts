import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, createContext, Script } from 'node:vm';
import { dnsLookupMilliseconds } from '../aws/durations.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { RandomStream } from '../kernel/random.ts';
import { compiled } from './code-cache.ts';
import type { ClientStream, Network, NetworkSource, PeerStream } from './network.ts';
import { adoptRejections, type RejectionOwner } from './rejections.ts';
import { dnsPromises } from './virtual-dns.ts';
import { taskRoot } from './virtual-files.ts';
import { preludeHost } from './virtual-globals.ts';
import { type HttpsHost, httpModule, httpsModule } from './virtual-https.ts';
import { type ModuleHost, requireFrom } from './virtual-modules.ts';
import { netModule, tlsModule } from './virtual-net.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** The execution environment that a realm belongs to at present. */
export interface Tenant extends RejectionOwner {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly source: NetworkSource;
  readonly random: RandomStream;
  readonly createdAt: number;
  /** How far the clock of the machine is ahead. */
  clockOffset?(): number;
  readonly folder: string;
  /** All environment variables that the function sees. */
  readonly variables: Readonly<Record<string, string>>;
  onLine(line: string): void;
  /** Runs the action when the environment is awake; never, when it is gone. */
  whenAwake(action: () => void): void;
  /** Runs a callback; what it throws ends the environment. */
  guard(action: () => void): void;
}

/** What `prelude.js` gives back. */
interface PreludeGives {
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  parse(text: string): unknown;
  stringify(value: unknown): string | undefined;
  readonly promisePrototype: object;
}

export type Handler = (event: unknown, context: object) => unknown;

const prelude = new Script(readFileSync(join(import.meta.dirname, 'prelude.js'), 'utf8'), { filename: 'prelude.js' });

/**
 * A context of its own in which a bundle was loaded: globals and modules with virtual time, seeded chance and the simulated network
 * of whoever lives in it. Loading a bundle takes longer than most invocations, so a realm can be left and taken again by a later
 * environment of the same function; decision 0026 says when that is the same as a new one.
 */
export class Realm {
  readonly parse: PreludeGives['parse'];
  readonly stringify: PreludeGives['stringify'];
  readonly error: PreludeGives['error'];
  readonly #promisePrototype: object;
  readonly #context: object;
  readonly #require: (name: string) => unknown;
  readonly #variables: Record<string, string>;
  readonly #timers: VirtualTimers;
  #tenant: Tenant | undefined;
  #underWay = 0;
  /** Something was done that a new realm would not remember, or not do again. */
  #marked = false;
  #drew = false;
  #handler: Handler | undefined;

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
    this.#variables = { ...tenant.variables };
    this.#timers = new VirtualTimers(tenant.kernel, labelOf(tenant), (action) => this.#tenant?.whenAwake(action));
    const host = this.#globals();
    this.#context = createContext(constants.DONT_CONTEXTIFY);
    const gives = (prelude.runInContext(this.#context) as (host: object) => PreludeGives)(host.prelude);
    this.parse = gives.parse;
    this.stringify = gives.stringify;
    this.error = gives.error;
    this.#promisePrototype = gives.promisePrototype;
    adoptRejections(this.#promisePrototype, tenant);
    this.#require = requireFrom(this.#moduleHost(tenant.folder, host.process, host.performance));
  }

  /** The handler, loaded when it is first asked for. Throws what the bundle throws. */
  handler(name: string): Handler {
    if (this.#handler) return this.#handler;
    this.#drew = false;
    this.#handler = this.#load(name);
    // Another load would draw from another stream.
    if (this.#drew) this.#marked = true;
    return this.#handler;
  }

  get isLoaded(): boolean {
    return this.#handler !== undefined;
  }

  /** What the environment leaves behind is not as a new one's: the realm goes with it. */
  mark(): void {
    this.#marked = true;
  }

  /** The tenant is gone. Whether the realm is as if it had just been loaded. */
  leave(): boolean {
    const clean = this.isLoaded && !this.#marked && this.#underWay === 0 && this.#timers.none;
    this.#timers.cancelAll();
    this.#tenant = undefined;
    return clean;
  }

  /** Another environment of the same function moves in. */
  enter(tenant: Tenant): void {
    this.#tenant = tenant;
    for (const name of Object.keys(this.#variables)) delete this.#variables[name];
    Object.assign(this.#variables, tenant.variables);
    this.#timers.restart(tenant.kernel, labelOf(tenant));
    adoptRejections(this.#promisePrototype, tenant);
  }

  get #here(): Tenant {
    if (!this.#tenant) throw new Error('Code ran in a realm that nobody lives in.');
    return this.#tenant;
  }

  #clockOffset(): number {
    return this.#here.clockOffset?.() ?? 0;
  }

  #random(): RandomStream {
    this.#drew = true;
    return this.#here.random;
  }

  #fail(error: unknown): void {
    this.#tenant?.kernel.fail(error);
  }

  #globals(): ReturnType<typeof preludeHost> {
    return preludeHost({
      now: () => this.#here.kernel.now() + this.#clockOffset(),
      startedAt: () => this.#here.createdAt + this.#clockOffset(),
      random: () => this.#random(),
      variables: this.#variables,
      timers: this.#timers.globals(),
      onLine: (line) => this.#tenant?.onLine(line),
      guard: (action) => this.#tenant?.guard(action),
      fail: (error) => this.#fail(error),
    });
  }

  #moduleHost(folder: string, process: object, performance: object): ModuleHost {
    const fail = (error: unknown) => this.#fail(error);
    const error = (message: string, fields: Readonly<Record<string, unknown>>) => this.error(message, fields);
    const httpsHost: HttpsHost = {
      request: (request) => this.#request(request),
      setTimeout: (action, milliseconds) => this.#timers.set(action, milliseconds, false),
      clearTimeout: (handle) => this.#timers.clear(handle),
      whenAwake: (action) => this.#tenant?.whenAwake(action),
      error,
      fail,
    };
    const netHost = {
      ...httpsHost,
      open: (target: { host: string; port: number }, client: ClientStream) => this.#open(target, client),
      trusts: this.#variables['NODE_EXTRA_CA_CERTS'],
    };
    return {
      folder,
      random: () => this.#random(),
      process,
      performance,
      timers: this.#timers.globals(),
      dns: dnsPromises({
        resolveTxt: (name) => this.#resolveTxt(name),
        whenAwake: (action) => this.#tenant?.whenAwake(action),
        error,
      }),
      https: httpsModule(httpsHost),
      http: httpModule(httpsHost),
      net: netModule(netHost),
      tls: tlsModule(netHost),
      error,
      fail,
    };
  }

  #request(request: Parameters<HttpsHost['request']>[0]): ReturnType<HttpsHost['request']> {
    const { network, source } = this.#here;
    // 'amz-sdk-request: attempt=2; max=3': the client has drawn on its allowance of retries, which a new one has whole.
    if (/attempt=(?!1\b)/.test(request.headers['amz-sdk-request'] ?? '')) this.#marked = true;
    this.#underWay++;
    return network.request({ ...request, source }).finally(() => {
      this.#underWay--;
    });
  }

  async #resolveTxt(name: string): Promise<readonly string[] | undefined> {
    const { kernel, network, source } = this.#here;
    this.#underWay++;
    await kernel.sleep(dnsLookupMilliseconds, `lookup of ${name}`);
    this.#underWay--;
    return network.resolveTxt(name, source);
  }

  async #open(target: { host: string; port: number }, client: ClientStream): Promise<PeerStream> {
    const { network, source } = this.#here;
    let isOpen = true;
    const closed = (): void => {
      if (isOpen) this.#underWay--;
      isOpen = false;
    };
    this.#underWay++;
    const end: ClientStream = {
      receive: (bytes) => client.receive(bytes),
      closed: () => {
        closed();
        client.closed();
      },
    };
    try {
      const peer = await network.open(target, source, end);
      return {
        receive: (bytes) => peer.receive(bytes),
        secure: (tls) => peer.secure(tls),
        closed: () => {
          closed();
          peer.closed();
        },
      };
    } catch (error) {
      closed();
      throw error;
    }
  }

  #load(name: string): Handler {
    const [file = '', ...members] = name.split('.');
    const module = { exports: {} as Record<string, unknown> };
    const run = compiled(this.#here.folder, file).runInContext(this.#context) as (...args: unknown[]) => void;
    run(module.exports, this.#require, module, `${taskRoot}/${file}.js`, taskRoot);
    const handler = module.exports[members.join('.')];
    if (typeof handler !== 'function') {
      throw this.error(`${name} is undefined or not exported`, { name: 'Runtime.HandlerNotFound' });
    }
    if (handler.length >= 3) {
      // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback: not from Node.js 24 on.
      throw this.error('Callback-based handlers are not supported', { name: 'Runtime.CallbackHandlerDeprecated' });
    }
    return handler as Handler;
  }
}

function labelOf(tenant: Tenant): string {
  return `timer of ${tenant.source.functionName}`;
}
