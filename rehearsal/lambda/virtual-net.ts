import net from 'node:net';
import { Duplex } from 'node:stream';
import { Unmodelled } from '../aws/service.ts';
import { type ClientStream, NetworkError, type PeerStream } from './network.ts';

/** What the `net` and `tls` modules of one execution environment stand on. */
export interface NetHost {
  /** Opens a byte stream into the simulated network. */
  open(target: { readonly host: string; readonly port: number }, client: ClientStream): Promise<PeerStream>;
  /** `NODE_EXTRA_CA_CERTS` of the environment. */
  readonly trusts: string | undefined;
  setTimeout(action: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
  /** Runs the action when the environment is awake; never, when it is gone. */
  whenAwake(action: () => void): void;
  /** An error of the sandbox's own realm. */
  error(message: string, fields: Readonly<Record<string, unknown>>): Error;
  /** Ends the run. */
  fail(error: unknown): void;
}

/** What plain and secured streams have in common: bytes out as they come, bytes in when the environment is awake. */
abstract class VirtualStream extends Duplex {
  protected readonly host: NetHost;
  #timer: unknown;

  constructor(host: NetHost) {
    super({ allowHalfOpen: false });
    this.host = host;
  }

  /** Where written bytes go, once there is such a place. */
  protected abstract sink(): PeerStream | undefined;
  readonly #held: { readonly chunk: Buffer; readonly done: () => void }[] = [];

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    const sink = this.sink();
    if (!sink) {
      this.#held.push({ chunk: bytes, done });
      return;
    }
    sink.receive(bytes);
    done();
  }

  /** Sends what was written before there was a connection. */
  protected release(): void {
    for (const { chunk, done } of this.#held.splice(0)) {
      this.sink()?.receive(chunk);
      done();
    }
  }

  override _final(done: () => void): void {
    this.sink()?.closed();
    done();
  }

  protected refused(error: unknown): void {
    if (error instanceof NetworkError) {
      this.host.whenAwake(() => {
        if (this.destroyed) return;
        const shown = this.host.error(error.message, { code: error.code });
        // An error that nobody listens for ends the environment, as an uncaught exception does.
        if (this.listenerCount('error') === 0) throw shown;
        this.destroy(shown);
      });
    } else this.host.fail(error);
  }

  setTimeout(milliseconds: number, listener?: () => void): this {
    if (this.#timer !== undefined) this.host.clearTimeout(this.#timer);
    if (listener) this.once('timeout', listener);
    this.#timer = milliseconds > 0 ? this.host.setTimeout(() => this.emit('timeout'), milliseconds) : undefined;
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** A TCP connection: `new net.Socket().connect(port, host)`. */
class Socket extends VirtualStream {
  connecting = false;
  #peer: PeerStream | undefined;
  /** The TLS connection that has taken the bytes over. */
  #secured: Duplex | undefined;

  connect(port: number, host: string): this {
    this.connecting = true;
    const client: ClientStream = {
      receive: (bytes) => this.host.whenAwake(() => this.#deliver(bytes)),
      closed: () => this.host.whenAwake(() => this.#deliver(null)),
    };
    this.host.open({ host, port: Number(port) }, client).then(
      (peer) =>
        this.host.whenAwake(() => {
          if (this.destroyed) return peer.closed();
          this.connecting = false;
          this.#peer = peer;
          this.emit('connect');
          this.release();
        }),
      (error: unknown) => this.refused(error),
    );
    return this;
  }

  get peer(): PeerStream | undefined {
    return this.#peer;
  }

  /** From here on the bytes are the secured stream's. */
  handOver(secured: Duplex): void {
    this.#secured = secured;
  }

  protected override sink(): PeerStream | undefined {
    return this.#peer;
  }

  #deliver(bytes: Buffer | null): void {
    const reader = this.#secured ?? this;
    if (!reader.destroyed) reader.push(bytes);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.setTimeout(0);
    this.#peer?.closed();
    done(error);
  }
}

interface TlsOptions {
  readonly socket?: unknown;
  readonly host?: string;
  readonly servername?: string;
  readonly ca?: unknown;
  readonly rejectUnauthorized?: boolean;
}

/** TLS over a connection that stands. What is written before the handshake waits for its end. */
class TlsSocket extends VirtualStream {
  readonly encrypted = true;
  authorized = false;
  readonly #socket: Socket;

  constructor(host: NetHost, socket: Socket, options: TlsOptions) {
    super(host);
    this.#socket = socket;
    socket.handOver(this);
    const { ca } = options;
    const certificateAuthority = ca === undefined ? host.trusts : String(ca);
    process.nextTick(() => this.#handshake(options.servername ?? options.host ?? 'localhost', certificateAuthority));
  }

  #handshake(servername: string, certificateAuthority: string | undefined): void {
    try {
      this.#socket.peer?.secure({
        servername,
        ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
      });
    } catch (error) {
      this.refused(error);
      return;
    }
    this.authorized = true;
    this.emit('secureConnect');
    this.release();
  }

  protected override sink(): PeerStream | undefined {
    return this.authorized ? this.#socket.peer : undefined;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.setTimeout(0);
    done(error);
    // The error of the handshake is heard before the end of the connection under it.
    process.nextTick(() => this.#socket.destroy());
  }
}

/** The `net` module of one execution environment: clients only. */
export function netModule(host: NetHost): Readonly<Record<string, unknown>> {
  class BoundSocket extends Socket {
    constructor() {
      super(host);
    }
  }
  const { isIP, isIPv4, isIPv6 } = net;
  const connect = (port: number, address: string) => new BoundSocket().connect(port, address);
  return { Socket: BoundSocket, connect, createConnection: connect, isIP, isIPv4, isIPv6 };
}

/** The `tls` module: `connect` over a socket of this environment. */
export function tlsModule(host: NetHost): Readonly<Record<string, unknown>> {
  const refuse = (message: string): never => {
    const error = new Unmodelled(message);
    host.fail(error);
    throw error;
  };
  return {
    connect(options: TlsOptions): TlsSocket {
      if (options.rejectUnauthorized === false) refuse('tls with rejectUnauthorized: false is not modelled.');
      if (!(options.socket instanceof Socket)) refuse('tls.connect without a connected socket is not modelled.');
      return new TlsSocket(host, options.socket as Socket, options);
    },
  };
}
