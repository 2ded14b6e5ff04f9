import { type Backends, validUntil } from './backends.ts';
import { type Content, emptyContent, inserted, without } from './content.ts';
import type { Column } from './messages.ts';
import { bothCommitted, roleOf } from './roles.ts';
import type { ServerParameters } from './scheduler.ts';
import type { Verifier } from './scram.ts';
import { SqlError } from './sql-error.ts';
import { type HeartbeatState, restarted, rowAt, runsUntil, type State } from './state.ts';
import { type StatementResult, statementOf } from './statements.ts';

/** The server on which a database lives. */
export interface Server {
  /** Milliseconds since 1970. */
  now(): number;
  readonly parameters: ServerParameters;
  /** How far its clock is ahead. */
  clockOffset?(): number;
}

export interface CopyOptions {
  readonly server?: Server;
  /** Milliseconds since 1970. */
  readonly asOf?: number;
}

/** One row that a client wrote in a transaction of its own. */
export interface Write {
  /** Counts on where a promoted copy goes on: two servers that both take writes give out the same. The row tells them apart. */
  readonly transaction: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly table: string;
  readonly row: string;
}

/** A replica in good health is less than a second behind. */
const commitsKept = 8;

/**
 * One database of a simulated instance, without a SQL engine: it knows users, their rights, and the heartbeat's table, through
 * exactly the statements that the functions send. Any other is Unmodelled. `--postgres` puts a real server in its place.
 */
export class DatabaseModel {
  readonly name: string;
  readonly master: string;
  readonly server: Server;
  #state: State;
  /** The last few, newest first: a replica asks for what had come a moment ago. */
  #commits: readonly number[];
  /** In the order of their transactions. */
  #writes: Write[] = [];

  constructor(name: string, master: string, verifier: Verifier | undefined, server: Server) {
    this.name = name;
    this.master = master;
    this.server = server;
    this.#commits = [server.now()];
    // PUBLIC may connect to a new database: https://www.postgresql.org/docs/current/ddl-priv.html
    this.#state = {
      roles: new Map(verifier ? [[master, verifier]] : []),
      grants: new Set(['CONNECT on database to public']),
      schemas: new Set(['public']),
      content: emptyContent,
    };
  }

  /**
   * An independent copy of everything in it, on its own server or another: a snapshot, a restored instance, a promoted replica. Its jobs
   * begin anew on that server, as they do when an instance starts. `asOf`: without the beats, markers and clients' rows that came later; users and
   * everything else are as they are now.
   */
  copy({ server = this.server, asOf = this.server.now() }: CopyOptions = {}): DatabaseModel {
    const copied = new DatabaseModel(this.name, this.master, undefined, server);
    const kept = this.#writes.filter(({ at }) => at <= asOf);
    const content = this.#writes
      .slice(kept.length)
      .reduce((left, { table, row }) => without(left, table, [row]), this.#state.content);
    copied.#state = { ...restarted(this.#state, asOf, server.now()), content };
    copied.#writes = kept;
    return copied;
  }

  /** A row of a client, committed at this moment. Throws SqlError where there is no such table. */
  insert(table: string, row: string): Write {
    const at = this.server.now();
    this.change((content) => inserted(content, table, [row]));
    const write = { transaction: (this.#writes.at(-1)?.transaction ?? 0) + 1, at, table, row };
    this.#writes.push(write);
    return write;
  }

  /** Rows of clients that it holds, in the order in which they were committed. */
  get writes(): readonly Write[] {
    return this.#writes;
  }

  /** What an application or a disaster does to its tables, committed at this moment. */
  change(change: (content: Content) => Content): void {
    this.#state = { ...this.#state, content: change(this.#state.content) };
    this.#commits = [this.server.now(), ...this.#commits].slice(0, commitsKept);
  }

  /** How a user proves its password; undefined for an unknown one. */
  verifier(user: string): Verifier | undefined {
    return this.#state.roles.get(user);
  }

  /** 'VALID UNTIL': asked at the login alone, by the clock of the server. */
  mayLogIn(user: string, clock: number): boolean {
    return validUntil(this.#state, user) > clock;
  }

  /** What its job has done to open sessions of its server since somebody looked last. */
  fence(backends: Backends): void {
    backends.endFenced(this.#state, this.server.now(), this.server.clockOffset?.() ?? 0);
  }

  mayConnect(user: string): boolean {
    return this.allows(this.#state, user, 'CONNECT on database');
  }

  /** The heartbeat's row, for checkers. */
  get heartbeat(): HeartbeatState | undefined {
    return rowAt(this.#state, this.server.now());
  }

  /** When the last transaction up to `at` was committed, by a session or by a job. */
  lastCommitAt(at: number): number {
    const runs = this.#state.heartbeat?.row ? runsUntil(this.#state, at) : [];
    return Math.max(this.#commits.find((commit) => commit <= at) ?? this.#commits.at(-1) ?? at, ...runs);
  }

  allows(state: State, user: string, right: string): boolean {
    const { grants } = state;
    if (user === this.master || grants.has(`${right} to ${user}`) || grants.has(`${right} to public`)) return true;
    return roleOf(state, user).follows.some((role) => this.allows(state, role, right));
  }

  /** In a replica a transaction only reads, and sees what its source had done `behindMilliseconds` ago. */
  begin(reads?: ReadsOnly, backends?: Backends): Transaction {
    return new Transaction(this, this.#state, { ...reads, backends }, (before, after) => {
      this.#state = this.#state === before ? after : bothCommitted(before, this.#state, after);
      this.#commits = [this.server.now(), ...this.#commits].slice(0, commitsKept);
    });
  }

  /** Columns of a statement's result; undefined for one without rows. Throws Unmodelled. */
  describe(text: string): readonly Column[] | undefined {
    return statementOf(text).statement.columns;
  }
}

/** Of a transaction that changes nothing. */
export interface ReadsOnly {
  readonly behindMilliseconds: number;
  /** How far the clock of the replica's own server is ahead. */
  readonly clockOffset?: number;
}

type Surroundings = Partial<ReadsOnly> & { readonly backends: Backends | undefined };

/** Statements that take effect together. */
export class Transaction {
  readonly #database: DatabaseModel;
  readonly #before: State;
  readonly #around: Surroundings;
  readonly #keep: (before: State, after: State) => void;
  #state: State;
  #savepoint: State | undefined;

  constructor(
    database: DatabaseModel,
    before: State,
    around: Surroundings,
    keep: (before: State, after: State) => void,
  ) {
    this.#database = database;
    this.#before = before;
    this.#around = around;
    this.#state = before;
    this.#keep = keep;
  }

  /** Throws SqlError, Unmodelled. */
  run(text: string, values: readonly (string | null)[], user: string): StatementResult {
    const { statement, parts } = statementOf(text);
    const { behindMilliseconds, clockOffset, backends } = this.#around;
    const { server } = this.#database;
    const refuse = (): never => {
      throw new SqlError('25006', `cannot execute ${text.trim().split(/\s/)[0]} in a read-only transaction`);
    };
    if (statement.writes && behindMilliseconds !== undefined) refuse();
    const { state, ...result } = statement.run({
      ...{ state: this.#state, user, database: this.#database, parts, values, backends },
      now: server.now() - (behindMilliseconds ?? 0),
      clock: server.now() + (clockOffset ?? server.clockOffset?.() ?? 0),
    });
    if (state && behindMilliseconds !== undefined) refuse();
    if (state) this.#state = state;
    return { ...result, ...(statement.columns ? { columns: statement.columns } : {}) };
  }

  savepoint(): void {
    this.#savepoint = this.#state;
  }

  /** Throws SqlError where there is no savepoint. */
  rollBackToSavepoint(): void {
    if (!this.#savepoint) throw new SqlError('3B001', 'savepoint "mainstay" does not exist');
    this.#state = this.#savepoint;
  }

  commit(): void {
    if (this.#state !== this.#before) this.#keep(this.#before, this.#state);
  }
}
