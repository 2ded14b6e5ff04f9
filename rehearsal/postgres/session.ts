import type { PeerStream, TlsClient } from '../lambda/network.ts';
import type { OpenSession } from './backends.ts';
import type { DatabaseModel, Transaction } from './database.ts';
import { type ClientMessage, FieldReader, MessageReader, serverMessages as messages } from './messages.ts';
import { ScramExchange } from './scram.ts';
import type { SessionHost } from './session-host.ts';
import { SqlError } from './sql-error.ts';
import type { StatementResult } from './statements.ts';
import { refuseMistrust, sslRequestCode } from './tls.ts';

/** Words that begin, mark and end transactions, with the isolation that the functions ask for. */
const controls =
  /^\s*(BEGIN(?: ISOLATION LEVEL REPEATABLE READ)?(?: READ ONLY)?|COMMIT|ROLLBACK|(?:ROLLBACK TO )?SAVEPOINT mainstay)\s*;?\s*$/i;

interface Portal {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

/** One client's connection to a simulated PostgreSQL server: TLS, SCRAM-SHA-256, simple and extended queries in text. */
export class PostgresSession implements PeerStream, OpenSession {
  readonly #host: SessionHost;
  readonly #reader = new MessageReader();
  readonly #prepared = new Map<string, string>();
  #phase: 'startup' | 'first' | 'final' | 'ready' | 'ended' = 'startup';
  #secured = false;
  #mayBeSecured = false;
  user = '';
  #databaseName = '';
  #database: DatabaseModel | undefined;
  #exchange: ScramExchange | undefined;
  #portal: Portal | undefined;
  #transaction: Transaction | undefined;
  /** After an error in an extended query everything up to Sync is skipped. */
  #skipping = false;
  #failed = false;

  constructor(host: SessionHost) {
    this.#host = host;
  }

  receive(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
      while (this.#phase === 'startup') {
        const startup = this.#reader.startup();
        if (!startup) return;
        this.#startup(startup);
      }
      for (let message = this.#reader.next(); message; message = this.#reader.next()) this.#take(message);
    } catch (error) {
      this.#host.fail(error);
    }
  }

  secure(client: TlsClient): void {
    refuseMistrust(client, this.#host.host, this.#mayBeSecured);
    this.#secured = true;
  }

  closed(): void {
    // What the transaction did is gone with it.
    this.#phase = 'ended';
    this.#host.backends?.leave(this);
  }

  terminate(): void {
    this.#fatal('57P01', 'terminating connection due to administrator command');
  }

  #startup(body: Buffer): void {
    const reader = new FieldReader(body);
    const code = reader.int32();
    if (code === sslRequestCode) {
      this.#mayBeSecured = true;
      this.#host.send(Buffer.from('S'));
      return;
    }
    if (this.#host.tlsForced && !this.#secured) {
      this.#fatal('28000', 'no pg_hba.conf entry for host, no encryption');
      return;
    }
    const parameters = new Map<string, string>();
    for (let name = reader.text(); name !== '' && !reader.done; name = reader.text())
      parameters.set(name, reader.text());
    this.user = parameters.get('user') ?? '';
    this.#databaseName = parameters.get('database') ?? this.user;
    this.#phase = 'first';
    this.#host.send(messages.authentication(10, 'SCRAM-SHA-256', Buffer.from([0])));
  }

  #take(message: ClientMessage): void {
    if (this.#phase === 'first') this.#beginExchange(new FieldReader(message.body));
    else if (this.#phase === 'final') this.#finishExchange(message.body.toString('utf8'));
    else if (this.#phase === 'ready') this.#command(message);
  }

  #beginExchange(reader: FieldReader): void {
    reader.text();
    const clientFirst = reader.bytes(reader.int32()).toString('utf8');
    this.#database = this.#host.database(this.#databaseName);
    const verifier = this.#database?.verifier(this.user);
    if (!this.#database) {
      this.#fatal('3D000', `database "${this.#databaseName}" does not exist`);
      return;
    }
    if (!verifier) {
      this.#fatal('28P01', `password authentication failed for user "${this.user}"`);
      return;
    }
    this.#exchange = new ScramExchange(verifier, clientFirst, this.#host.nonce());
    this.#phase = 'final';
    this.#host.send(messages.authentication(11, Buffer.from(this.#exchange.serverFirst)));
  }

  #finishExchange(clientFinal: string): void {
    const serverFinal = this.#exchange?.finish(clientFinal);
    if (serverFinal === undefined || !this.#database) {
      this.#fatal('28P01', `password authentication failed for user "${this.user}"`);
      return;
    }
    const clock = this.#database.server.now() + this.#clockOffset(this.#database);
    // A password that has expired is refused like a wrong one: https://www.postgresql.org/docs/current/sql-createrole.html
    if (!this.#database.mayLogIn(this.user, clock)) {
      this.#fatal('28P01', `password authentication failed for user "${this.user}"`);
      return;
    }
    if (!this.#database.mayConnect(this.user)) {
      this.#fatal('42501', `permission denied for database "${this.#databaseName}"`);
      return;
    }
    this.#phase = 'ready';
    this.#host.backends?.enter(this);
    this.#host.send(
      Buffer.concat([
        messages.authentication(12, Buffer.from(serverFinal)),
        messages.authentication(0),
        messages.parameter('server_version', '18.3'),
        messages.parameter('TimeZone', 'UTC'),
        messages.backendKey(1),
        messages.ready('I'),
      ]),
    );
  }

  #clockOffset({ server }: DatabaseModel): number {
    return this.#host.clockOffset?.() ?? server.clockOffset?.() ?? 0;
  }

  #command({ type, body }: ClientMessage): void {
    if (this.#host.backends && !this.#host.behindMilliseconds) this.#database?.fence(this.#host.backends);
    if (this.#phase !== 'ready') return;
    const reader = new FieldReader(body);
    if (type === 'X') {
      this.closed();
      this.#host.end();
      return;
    }
    if (type === 'S') {
      this.#skipping = false;
      this.#ready();
      return;
    }
    if (this.#skipping) return;
    try {
      if (type === 'Q') this.#simple(reader.text());
      else this.#extended(type, reader);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#failed = this.#transaction !== undefined;
      this.#host.send(messages.error('ERROR', error.sqlState, error.message));
      if (type === 'Q') this.#ready();
      else this.#skipping = true;
    }
  }

  #simple(text: string): void {
    const control = controls.exec(text)?.[1]?.toUpperCase();
    if (control) this.#control(control);
    else this.#answer(this.#run({ text, values: [] }), true);
    this.#ready();
  }

  #control(command: string): void {
    if (command.startsWith('BEGIN')) this.#transaction = this.#begin(command.endsWith('READ ONLY'));
    else if (command.includes('SAVEPOINT')) {
      this.#savepoint(command);
      return;
    } else {
      // COMMIT of a transaction that failed undoes it, and says ROLLBACK.
      const undone = command === 'ROLLBACK' || this.#failed;
      if (!undone) this.#transaction?.commit();
      this.#transaction = undefined;
      this.#failed = false;
      this.#host.send(messages.completed(undone ? 'ROLLBACK' : 'COMMIT'));
      return;
    }
    this.#host.send(messages.completed('BEGIN'));
  }

  /** A transaction that failed goes on where it stood. */
  #savepoint(command: string): void {
    const back = command.startsWith('ROLLBACK');
    if (!this.#transaction) throw new SqlError('25P01', `${command} can only be used in transaction blocks`);
    if (back) {
      this.#transaction.rollBackToSavepoint();
      this.#failed = false;
    } else this.#transaction.savepoint();
    this.#host.send(messages.completed(back ? 'ROLLBACK' : 'SAVEPOINT'));
  }

  /** Each sees what stood when it began, and none sees another's half: as READ COMMITTED and REPEATABLE READ alike. */
  #begin(readOnly = false): Transaction | undefined {
    const behindMilliseconds = this.#host.behindMilliseconds?.() ?? (readOnly ? 0 : undefined);
    const clockOffset = this.#database && this.#clockOffset(this.#database);
    const reads =
      behindMilliseconds === undefined
        ? undefined
        : { behindMilliseconds, ...(clockOffset === undefined ? {} : { clockOffset }) };
    return this.#database?.begin(reads, this.#host.backends);
  }

  #extended(type: string, reader: FieldReader): void {
    switch (type) {
      case 'P': {
        const name = reader.text();
        this.#prepared.set(name, reader.text());
        this.#host.send(messages.parsed());
        return;
      }
      case 'B':
        this.#bind(reader);
        return;
      case 'D':
        this.#describe();
        return;
      case 'E':
        if (this.#portal) this.#answer(this.#run(this.#portal), false);
        return;
      case 'C':
        this.#host.send(messages.closed());
        return;
      case 'H':
        return;
      default:
        throw new SqlError('0A000', `message ${type} is not supported`);
    }
  }

  /** Parameters in text, as the client library sends them. */
  #bind(reader: FieldReader): void {
    reader.text();
    const text = this.#prepared.get(reader.text()) ?? '';
    const formats = Array.from({ length: reader.int16() }, () => reader.int16());
    if (formats.some((format) => format !== 0)) throw new SqlError('0A000', 'binary parameters are not modelled');
    const values = Array.from({ length: reader.int16() }, () => {
      const length = reader.int32();
      return length < 0 ? null : reader.bytes(length).toString('utf8');
    });
    this.#portal = { text, values };
    this.#host.send(messages.bound());
  }

  #describe(): void {
    const columns = this.#portal && this.#database?.describe(this.#portal.text);
    this.#host.send(columns ? messages.rowDescription(columns) : messages.noData());
  }

  #run({ text, values }: Portal): StatementResult {
    if (this.#failed) {
      throw new SqlError('25P02', 'current transaction is aborted, commands ignored until end of transaction block');
    }
    const transaction = this.#transaction ?? this.#begin();
    if (!transaction) throw new SqlError('08003', 'connection does not exist');
    const result = transaction.run(text, values, this.user);
    if (!this.#transaction) transaction.commit();
    return result;
  }

  #answer({ columns, rows, tag }: StatementResult, described: boolean): void {
    const head = described && columns ? [messages.rowDescription(columns)] : [];
    this.#host.send(Buffer.concat([...head, ...(rows ?? []).map(messages.row), messages.completed(tag)]));
  }

  #ready(): void {
    const state = this.#transaction ? (this.#failed ? 'E' : 'T') : 'I';
    this.#host.send(messages.ready(state));
  }

  #fatal(sqlState: string, text: string): void {
    this.#phase = 'ended';
    this.#host.send(messages.error('FATAL', sqlState, text));
    this.#host.end();
  }
}
