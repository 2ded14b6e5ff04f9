import { Unmodelled } from '../../aws/service.ts';
import type { PeerStream, TlsClient } from '../../lambda/network.ts';
import { type ClientMessage, FieldReader, MessageReader, serverMessages } from '../messages.ts';
import { refuseMistrust, sslRequestCode } from '../tls.ts';
import type { Backend } from './backend.ts';
import { hostClockIn, withLaterEnds } from './clock.ts';
import { isReserved } from './configuration.ts';
import type { Sessions } from './sessions.ts';

/** What one connection of a function to a real server stands on. */
export interface FrontHost {
  /** Name on the server's certificate. */
  readonly host: string;
  /** `rds.force_ssl` */
  readonly tlsForced: boolean;
  /** Sends bytes to the client, after the network's delay. */
  send(bytes: Buffer): void;
  end(): void;
  /** Does real work while virtual time stands still. */
  hold(work: () => Promise<void>): Promise<void>;
  /** Ends the run. */
  fail(error: unknown): void;
}

const cancelRequestCode = 80_877_102;
const gssRequestCode = 80_877_104;

/**
 * What stands between a function and a real server: RDS's TLS, modelled as in the modelled database, and the users that RDS keeps to
 * itself. Everything else is the server's own word, delivered in whole answers.
 */
export class Front implements PeerStream {
  readonly #host: FrontHost;
  readonly #sessions: Sessions;
  readonly #reader = new MessageReader();
  #backend: Backend | undefined;
  #phase: 'startup' | 'open' | 'ended' = 'startup';
  #mayBeSecured = false;
  #secured = false;

  constructor(host: FrontHost, sessions: Sessions) {
    this.#host = host;
    this.#sessions = sessions;
  }

  receive(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
      while (this.#phase === 'startup') {
        const startup = this.#reader.startup();
        if (!startup) return;
        this.#startup(startup);
      }
      const messages: ClientMessage[] = [];
      for (let message = this.#reader.next(); message; message = this.#reader.next()) messages.push(copied(message));
      if (messages.length > 0 && this.#phase === 'open') this.#pass(messages);
    } catch (error) {
      this.#host.fail(error);
    }
  }

  secure(client: TlsClient): void {
    refuseMistrust(client, this.#host.host, this.#mayBeSecured);
    this.#secured = true;
  }

  closed(): void {
    // What was sent before, a goodbye among it, still reaches the server.
    this.#phase = 'ended';
    this.#work(async () => {
      if (this.#backend) await this.#sessions.leave(this.#backend);
    });
  }

  #startup(body: Buffer): void {
    const reader = new FieldReader(body);
    const code = reader.int32();
    if (code === sslRequestCode || code === gssRequestCode) {
      this.#mayBeSecured ||= code === sslRequestCode;
      this.#host.send(Buffer.from(code === sslRequestCode ? 'S' : 'N'));
      return;
    }
    if (code === cancelRequestCode) throw new Unmodelled('A cancel request to a database is not modelled.');
    const parameters = new Map<string, string>();
    for (let name = reader.text(); name !== '' && !reader.done; name = reader.text())
      parameters.set(name, reader.text());
    const user = parameters.get('user') ?? '';
    if ((this.#host.tlsForced && !this.#secured) || isReserved(user)) {
      const encryption = this.#secured ? 'SSL encryption' : 'no encryption';
      this.#phase = 'ended';
      this.#host.send(
        serverMessages.error('FATAL', '28000', `no pg_hba.conf entry for host, user "${user}", ${encryption}`),
      );
      this.#host.end();
      return;
    }
    this.#phase = 'open';
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    this.#open(Buffer.concat([length, body]), user);
  }

  #open(startup: Buffer, user: string): void {
    const client = { send: (bytes: Buffer) => this.#host.send(bytes), end: () => this.#end() };
    this.#work(async () => {
      // The server itself says so after the proof of the password, in the same words.
      if (await this.#sessions.hasExpired(user)) {
        this.#host.send(serverMessages.error('FATAL', '28P01', `password authentication failed for user "${user}"`));
        this.#end();
        return;
      }
      this.#backend = await this.#sessions.open(startup, client);
      if (!this.#backend) this.#end();
    });
  }

  #pass(messages: readonly ClientMessage[]): void {
    for (const { type, body } of messages) {
      const word = type === 'Q' || type === 'P' ? hostClockIn(body.toString('utf8')) : undefined;
      if (word) {
        throw new Unmodelled(
          `A statement uses ${word}, which is the clock of the machine under a real server; use now(), statement_timestamp() or clock_timestamp(), which the rehearsal sets.`,
        );
      }
    }
    const passed = messages.map(({ type, body }) =>
      type === 'Q' || type === 'P'
        ? { type, body: Buffer.from(withLaterEnds(body.toString('latin1')), 'latin1') }
        : { type, body },
    );
    this.#work(async () => {
      if (this.#backend) await this.#sessions.exchange(this.#backend, passed);
    });
  }

  #end(): void {
    this.#phase = 'ended';
    this.#host.end();
  }

  #work(work: () => Promise<void>): void {
    this.#host.hold(work).catch((error: unknown) => this.#host.fail(error));
  }
}

/** A message that stays as it is when the reader reads on. */
function copied({ type, body }: ClientMessage): ClientMessage {
  return { type, body: Buffer.from(body) };
}
