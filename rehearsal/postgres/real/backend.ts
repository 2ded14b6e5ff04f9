import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type ClientMessage, MessageReader } from '../messages.ts';
import { socketPort } from './configuration.ts';
import { Conversation } from './conversation.ts';
import { ServerFailed } from './errors.ts';

/** How long a server may work on one message, in real time, before the run is given up. */
const answerLimitSeconds = 120;
/** Ends of statements that leave nothing behind. */
const readOnly = /^(SELECT|BEGIN|START|SHOW|SET|RESET|FETCH|ROLLBACK|DISCARD|DEALLOCATE|LISTEN|DECLARE|CLOSE)\b/;
/** From when on an answer that does not come may be waiting for another session. */
const patienceMilliseconds = 25;

/**
 * One connection to a real server, over its socket. What the server says is kept until it is taken, so that when it said it
 * does not matter.
 */
export class Backend {
  /** Of the server's process for this connection; 0 before it is known. */
  processId = 0;
  /** It works for another session's end. */
  blocked = false;
  /** In no transaction. */
  idle = false;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #conversation = new Conversation();
  readonly #shownId: number;
  #said: Buffer[] = [];
  #closed = false;
  #wrote = false;
  #onHeardOut: (() => void) | undefined;

  /** `shownId`: the process id that the client sees; the true one differs from run to run. */
  private constructor(socket: Socket, shownId: number) {
    this.#socket = socket;
    this.#shownId = shownId;
    socket.on('data', (bytes) => this.#hear(bytes));
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#closed = true;
      this.#conversation.closed();
      this.#onHeardOut?.();
    });
  }

  /** Connects; undefined where nobody listens. */
  static open(socketFolder: string, shownId: number): Promise<Backend | undefined> {
    return new Promise((resolve) => {
      const socket = connect(join(socketFolder, `.s.PGSQL.${socketPort}`));
      socket.once('connect', () => resolve(new Backend(socket, shownId)));
      socket.once('error', () => resolve(undefined));
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get awaiting(): boolean {
    return this.#conversation.awaiting;
  }

  /** Sends the first message of a connection, whole. */
  start(startup: Buffer): void {
    this.#socket.write(startup);
  }

  send(message: ClientMessage): void {
    this.#conversation.sent(message.type);
    const head = Buffer.alloc(5);
    head.write(message.type, 'latin1');
    head.writeInt32BE(message.body.length + 4, 1);
    this.#socket.write(Buffer.concat([head, message.body]));
  }

  /** Until the server has said all that it has to, or `isBlocked` says that it waits for another session. Throws ServerFailed. */
  async answered(isBlocked: (processId: number) => Promise<boolean>): Promise<void> {
    this.blocked = false;
    for (let waited = 0; this.#conversation.awaiting; waited += patienceMilliseconds) {
      if (waited > answerLimitSeconds * 1000)
        throw new ServerFailed(`A real server did not answer within ${answerLimitSeconds} s.`);
      if (await this.#heardOut()) return;
      if (this.processId !== 0 && (await isBlocked(this.processId)) && this.#conversation.awaiting) {
        this.blocked = true;
        return;
      }
    }
  }

  /** True once the server has said all; false when it has not for a while. */
  #heardOut(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (heard: boolean): void => {
        clearTimeout(timer);
        this.#onHeardOut = undefined;
        resolve(heard);
      };
      const timer = setTimeout(() => settle(false), patienceMilliseconds);
      this.#onHeardOut = () => settle(true);
    });
  }

  /** What the server said since it was last taken. */
  take(): Buffer {
    const said = Buffer.concat(this.#said);
    this.#said = [];
    return said;
  }

  /** Whether a statement wrote since this was last asked, as far as the ends of statements say. */
  takeWrote(): boolean {
    const wrote = this.#wrote;
    this.#wrote = false;
    return wrote;
  }

  /** Ends the connection as a client does that is gone. */
  drop(): void {
    this.#socket.destroy();
  }

  /** Until the connection is closed. */
  async ended(): Promise<void> {
    if (this.#closed) return;
    await new Promise((resolve) => this.#socket.once('close', resolve));
  }

  #hear(bytes: Buffer): void {
    this.#reader.push(bytes);
    for (let message = this.#reader.next(); message; message = this.#reader.next()) {
      const { type, body } = message;
      this.#conversation.received(type, body);
      if (type === 'Z') this.idle = body.toString('latin1') === 'I';
      if (type === 'C') this.#wrote ||= !readOnly.test(body.toString('latin1'));
      if (type === 'K') this.#hideKey(body);
      const head = Buffer.alloc(5);
      head.write(type, 'latin1');
      head.writeInt32BE(body.length + 4, 1);
      this.#said.push(head, Buffer.from(body));
    }
    if (!this.#conversation.awaiting) this.#onHeardOut?.();
  }

  /** BackendKeyData: process and secret of a cancel request, which the rehearsal does not take. */
  #hideKey(body: Buffer): void {
    this.processId = body.readInt32BE(0);
    body.fill(0);
    body.writeInt32BE(this.#shownId, 0);
  }
}
