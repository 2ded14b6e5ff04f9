import { Readable, Writable } from 'node:stream';
import { Unmodelled } from '../aws/service.ts';
import { NetworkError, type NetworkRequest, type NetworkResponse } from './network.ts';
import { Agent, VirtualSocket } from './virtual-socket.ts';

/** What the `https` module of one execution environment stands on. */
export interface HttpsHost {
  /** Sends a request into the simulated network. */
  request(request: Omit<NetworkRequest, 'source'>): Promise<NetworkResponse>;
  setTimeout(action: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Runs the action when the environment is awake; never, when it is gone. */
  whenAwake(action: () => void): void;
  /** An error of the sandbox's own realm. */
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  /** A defect of the simulation or something unmodelled: ends the run. */
  fail(error: unknown): void;
}

type Headers = Record<string, string | number | readonly string[]>;

interface RequestOptions {
  readonly protocol?: string;
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: number | string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Headers;
  readonly agent?: { readonly options?: TlsOptions };
  readonly timeout?: number;
  readonly auth?: string;
  readonly signal?: AbortSignal;
  readonly ca?: Certificates;
  readonly rejectUnauthorized?: boolean;
}

type Certificates = string | Buffer | readonly (string | Buffer)[];
interface TlsOptions {
  readonly ca?: Certificates;
  readonly rejectUnauthorized?: boolean;
}

class IncomingMessage extends Readable {
  readonly statusCode: number;
  readonly statusMessage = '';
  readonly httpVersion = '1.1';
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly string[];
  readonly socket: VirtualSocket;
  complete = false;

  constructor(response: NetworkResponse, socket: VirtualSocket) {
    super();
    this.statusCode = response.status;
    this.headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    this.rawHeaders = Object.entries(response.headers).flat();
    this.socket = socket;
    this.push(typeof response.body === 'string' ? Buffer.from(response.body) : response.body);
    this.push(null);
    this.once('end', () => {
      this.complete = true;
    });
  }

  override _read(): void {}

  setTimeout(milliseconds: number, listener?: () => void): this {
    this.socket.setTimeout(milliseconds, listener);
    return this;
  }
}

/** An outgoing request: its body is collected, sent whole, and answered whole. */
class ClientRequest extends Writable {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly protocol = 'https:';
  readonly socket: VirtualSocket;
  reusedSocket = false;
  aborted = false;
  readonly #host: HttpsHost;
  readonly #port: number;
  readonly #headers = new Map<string, string>();
  readonly #certificateAuthority: string | undefined;
  readonly #chunks: Buffer[] = [];
  #response: IncomingMessage | undefined;

  constructor(host: HttpsHost, options: RequestOptions, callback: ((response: IncomingMessage) => void) | undefined) {
    super({ emitClose: true, autoDestroy: false });
    const tls: TlsOptions = { ...options.agent?.options, ...options };
    if (tls.rejectUnauthorized === false) throw new Unmodelled('https with rejectUnauthorized: false is not modelled.');
    this.#host = host;
    this.method = (options.method ?? 'GET').toUpperCase();
    this.path = options.path ?? '/';
    this.host = options.hostname ?? options.host ?? 'localhost';
    this.#port = Number(options.port ?? 443);
    this.#certificateAuthority = certificates(tls.ca);
    for (const [name, value] of Object.entries(options.headers ?? {})) this.setHeader(name, value);
    if (options.auth) this.setHeader('authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    if (!this.#headers.has('host'))
      this.setHeader('host', this.#port === 443 ? this.host : `${this.host}:${this.#port}`);
    if (callback) this.once('response', callback);
    this.socket = new VirtualSocket(host);
    this.socket.on('timeout', () => this.emit('timeout'));
    if (options.timeout) this.socket.setTimeout(options.timeout);
    options.signal?.addEventListener('abort', () => this.destroy(options.signal?.reason as Error), { once: true });
    process.nextTick(() => {
      this.emit('socket', this.socket);
      // Every peer here wants the body; the request that carries it is sent whole.
      if (this.#headers.get('expect') === '100-continue') this.emit('continue');
    });
  }

  setHeader(name: string, value: string | number | readonly string[]): this {
    this.#headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value));
    return this;
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  flushHeaders(): void {}

  setNoDelay(): void {}

  setSocketKeepAlive(): void {}

  setTimeout(milliseconds: number, listener?: () => void): this {
    this.socket.setTimeout(milliseconds);
    if (listener) this.once('timeout', listener);
    return this;
  }

  abort(): void {
    this.aborted = true;
    this.destroy();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  }

  override _final(done: () => void): void {
    const request = {
      method: this.method,
      host: this.host,
      port: this.#port,
      path: this.path,
      headers: Object.fromEntries(this.#headers),
      body: Buffer.concat(this.#chunks),
      ...(this.#certificateAuthority === undefined ? {} : { certificateAuthority: this.#certificateAuthority }),
    };
    this.#host.request(request).then(
      (response) => this.#host.whenAwake(() => this.#answered(response)),
      (error: unknown) => {
        if (error instanceof NetworkError) this.#host.whenAwake(() => this.#refused(error));
        else this.#host.fail(error);
      },
    );
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    this.#response?.destroy(error ?? undefined);
    // A request given up before its answer ends as Node's does: https://nodejs.org/api/http.html#httprequesturl-options-callback
    done(error ?? (this.#response ? null : this.#host.error('socket hang up', { code: 'ECONNRESET' })));
  }

  #answered(network: NetworkResponse): void {
    if (this.destroyed) return;
    this.socket.quiet();
    const response = new IncomingMessage(network, this.socket);
    this.#response = response;
    response.once('close', () => this.emit('close'));
    if (!this.emit('response', response)) response.resume();
  }

  #refused(error: NetworkError): void {
    if (this.destroyed) return;
    const syscall = error.code === 'ENOTFOUND' ? 'getaddrinfo' : error.code === 'ECONNREFUSED' ? 'connect' : 'read';
    this.destroy(this.#host.error(error.message, { code: error.code, syscall, hostname: this.host }));
  }
}

/** The `https` module of one execution environment. */
export function httpsModule(host: HttpsHost): Readonly<Record<string, unknown>> {
  const request = (...args: readonly unknown[]) => {
    try {
      const callback = args.find((arg) => typeof arg === 'function') as
        | ((response: IncomingMessage) => void)
        | undefined;
      return new ClientRequest(host, optionsOf(args), callback);
    } catch (error) {
      host.fail(error);
      throw error;
    }
  };
  const get = (...args: readonly unknown[]) => request(...args).end();
  return { request, get, Agent, globalAgent: new Agent({ keepAlive: true }) };
}

/** The `http` module: its classes are there for code that asks for them; plain requests are not modelled. */
export function httpModule(host: HttpsHost): Readonly<Record<string, unknown>> {
  const request = () => {
    const error = new Unmodelled('A plain http request is not modelled; functions talk https.');
    host.fail(error);
    throw error;
  };
  return {
    request,
    get: request,
    Agent,
    globalAgent: new Agent(),
    ClientRequest,
    IncomingMessage,
    METHODS: [],
    STATUS_CODES: {},
  };
}

/** `request(url, options, callback)`, `request(options, callback)`. */
function optionsOf(args: readonly unknown[]): RequestOptions {
  const [first, second] = args;
  if (typeof first !== 'string' && !(first instanceof URL)) return first as RequestOptions;
  const url = new URL(first);
  const more = typeof second === 'object' && second !== null ? second : {};
  return {
    hostname: url.hostname,
    path: `${url.pathname}${url.search}`,
    ...(url.port ? { port: url.port } : {}),
    ...more,
  };
}

function certificates(given: Certificates | undefined): string | undefined {
  if (given === undefined) return undefined;
  return Array.isArray(given) ? given.map(String).join('\n') : String(given);
}
