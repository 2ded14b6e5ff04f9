import { EventEmitter } from 'node:events';

/** The environment's timers, for a socket's idle timeout. */
export interface SocketTimers {
  setTimeout(action: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** A connection as request code sees it: connected from the start, with an idle timeout. */
export class VirtualSocket extends EventEmitter {
  readonly connecting = false;
  readonly encrypted = true;
  readonly authorized = true;
  readonly #host: SocketTimers;
  #timer: unknown;
  destroyed = false;

  constructor(host: SocketTimers) {
    super();
    this.#host = host;
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    this.quiet();
    if (listener) this.once('timeout', listener);
    if (milliseconds > 0) this.#timer = this.#host.setTimeout(() => this.emit('timeout'), milliseconds);
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** No idle timeout any more. */
  quiet(): void {
    if (this.#timer !== undefined) this.#host.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  destroy(): this {
    this.quiet();
    this.destroyed = true;
    return this;
  }
}

/** A connection pool that code can configure and hand over; the simulated network keeps no connections. */
export class Agent extends EventEmitter {
  readonly options: Readonly<Record<string, unknown>>;
  readonly maxSockets: number;
  readonly keepAlive: boolean;
  readonly sockets = {};
  readonly requests = {};
  readonly freeSockets = {};

  constructor(options: Readonly<Record<string, unknown>> = {}) {
    super();
    this.options = options;
    this.maxSockets = Number(options['maxSockets'] ?? Number.POSITIVE_INFINITY);
    this.keepAlive = options['keepAlive'] === true;
  }

  destroy(): void {}
}
