import { Unmodelled } from '../aws/service.ts';
import type { Column } from './messages.ts';
import { parseVerifier, type Verifier } from './scram.ts';

/** An error as PostgreSQL reports it. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.sqlState = sqlState;
  }
}

/** What a statement gives back. */
export interface StatementResult {
  readonly tag: string;
  readonly columns?: readonly Column[];
  readonly rows?: readonly (readonly string[])[];
}

export interface HeartbeatState {
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly beatenAt: number;
}

/** Everything that a transaction may change. */
interface State {
  readonly roles: ReadonlyMap<string, Verifier>;
  /** `CONNECT database aeon_dt to mainstay_heartbeat`; the master needs none. */
  readonly grants: ReadonlySet<string>;
  readonly schemas: ReadonlySet<string>;
  /** Undefined before the table is made; without a row `row` is undefined. */
  readonly heartbeat?: { readonly row?: HeartbeatState };
}

interface Statement {
  readonly pattern: RegExp;
  readonly columns?: readonly Column[];
  run(call: StatementCall): { readonly state?: State } & StatementResult;
}

interface StatementCall {
  readonly state: State;
  readonly user: string;
  readonly database: DatabaseModel;
  /** Groups of the pattern. */
  readonly parts: readonly string[];
  readonly values: readonly (string | null)[];
}

/**
 * One database of a simulated instance, without a SQL engine: it knows users, their rights, and the heartbeat's table, through
 * exactly the statements that the functions send. Any other is Unmodelled. `--postgres` puts a real server in its place.
 */
export class DatabaseModel {
  readonly name: string;
  readonly master: string;
  #state: State;

  constructor(name: string, master: string, verifier: Verifier) {
    this.name = name;
    this.master = master;
    // PUBLIC may connect to a new database: https://www.postgresql.org/docs/current/ddl-priv.html
    this.#state = {
      roles: new Map([[master, verifier]]),
      grants: new Set(['CONNECT on database to public']),
      schemas: new Set(['public']),
    };
  }

  /** How a user proves its password; undefined for an unknown one. */
  verifier(user: string): Verifier | undefined {
    return this.#state.roles.get(user);
  }

  mayConnect(user: string): boolean {
    return this.allows(this.#state, user, 'CONNECT on database');
  }

  /** The heartbeat's row, for checkers. */
  get heartbeat(): HeartbeatState | undefined {
    return this.#state.heartbeat?.row;
  }

  allows({ grants }: State, user: string, right: string): boolean {
    return user === this.master || grants.has(`${right} to ${user}`) || grants.has(`${right} to public`);
  }

  begin(): Transaction {
    return new Transaction(this, this.#state, (before, after) => {
      if (this.#state !== before)
        throw new Unmodelled('Two transactions that change one database at a time are not modelled.');
      this.#state = after;
    });
  }

  /** Columns of a statement's result; undefined for one without rows. Throws Unmodelled. */
  describe(text: string): readonly Column[] | undefined {
    return statementOf(text).statement.columns;
  }
}

/** Statements that take effect together. */
export class Transaction {
  readonly #database: DatabaseModel;
  readonly #before: State;
  readonly #keep: (before: State, after: State) => void;
  #state: State;

  constructor(database: DatabaseModel, before: State, keep: (before: State, after: State) => void) {
    this.#database = database;
    this.#before = before;
    this.#state = before;
    this.#keep = keep;
  }

  /** Throws SqlError, Unmodelled. */
  run(text: string, values: readonly (string | null)[], user: string): StatementResult {
    const { statement, parts } = statementOf(text);
    const call = { state: this.#state, user, database: this.#database, parts, values };
    const { state, ...result } = statement.run(call);
    if (state) this.#state = state;
    return { ...result, ...(statement.columns ? { columns: statement.columns } : {}) };
  }

  commit(): void {
    if (this.#state !== this.#before) this.#keep(this.#before, this.#state);
  }
}

const beatColumns: readonly Column[] = [
  { name: 'epoch', type: 'int8' },
  { name: 'beaten_at', type: 'timestamptz' },
];

function demand({ state, user, database }: StatementCall, right: string, object: string): void {
  if (!database.allows(state, user, right)) throw new SqlError('42501', `permission denied for ${object}`);
}

function demandMaster({ user, database }: StatementCall, what: string): void {
  if (user !== database.master) throw new SqlError('42501', `permission denied to ${what}`);
}

function granted(state: State, rights: readonly string[], user: string): State {
  if (!state.roles.has(user)) throw new SqlError('42704', `role "${user}" does not exist`);
  return { ...state, grants: new Set([...state.grants, ...rights.map((right) => `${right} to ${user}`)]) };
}

function tableOf({ state }: StatementCall): { readonly row?: HeartbeatState } {
  if (!state.heartbeat) throw new SqlError('42P01', 'relation "mainstay.heartbeat" does not exist');
  return state.heartbeat;
}

function beatRow({ epoch, beatenAt }: HeartbeatState): readonly string[] {
  // The server's time zone is UTC on RDS.
  return [String(epoch), new Date(beatenAt).toISOString().replace('T', ' ').replace('Z', '+00')];
}

function putRole(call: StatementCall, kind: 'CREATE' | 'ALTER'): { readonly state: State; readonly tag: string } {
  const [user = '', text = ''] = call.parts;
  demandMaster(call, `${kind.toLowerCase()} role`);
  const known = call.state.roles.has(user);
  if (kind === 'CREATE' && known) throw new SqlError('42710', `role "${user}" already exists`);
  if (kind === 'ALTER' && !known) throw new SqlError('42704', `role "${user}" does not exist`);
  const verifier = parseVerifier(text);
  if (!verifier) throw new Unmodelled('A role with a password in clear is not modelled; send its SCRAM verifier.');
  return { state: { ...call.state, roles: new Map([...call.state.roles, [user, verifier]]) }, tag: `${kind} ROLE` };
}

function grantOn(what: string) {
  return (call: StatementCall): { readonly state: State; readonly tag: string } => {
    demandMaster(call, 'grant');
    const [rights = '', user = ''] = call.parts;
    const named = rights.split(', ').map((right) => `${right} on ${what}`);
    return { state: granted(call.state, named, user), tag: 'GRANT' };
  };
}

/** What the functions send, word by word but for spaces. */
const statements: readonly Statement[] = [
  {
    pattern: /^SELECT 1 AS found FROM pg_roles WHERE rolname = \$1$/,
    columns: [{ name: 'found', type: 'int4' }],
    run: ({ state, values }) => {
      const rows = state.roles.has(values[0] ?? '') ? [['1']] : [];
      return { tag: `SELECT ${rows.length}`, rows };
    },
  },
  { pattern: /^CREATE ROLE "(\w+)" LOGIN PASSWORD '([^']+)'$/, run: (call) => putRole(call, 'CREATE') },
  { pattern: /^ALTER ROLE "(\w+)" LOGIN PASSWORD '([^']+)'$/, run: (call) => putRole(call, 'ALTER') },
  {
    pattern: /^REVOKE ALL ON DATABASE "\w+" FROM PUBLIC$/,
    run: (call) => {
      demandMaster(call, 'revoke');
      const grants = [...call.state.grants].filter((grant) => grant !== 'CONNECT on database to public');
      return { state: { ...call.state, grants: new Set(grants) }, tag: 'REVOKE' };
    },
  },
  { pattern: /^GRANT ([A-Z, ]+) ON DATABASE "\w+" TO "(\w+)"$/, run: grantOn('database') },
  { pattern: /^GRANT ([A-Z, ]+) ON SCHEMA public TO "(\w+)"$/, run: grantOn('schema public') },
  { pattern: /^GRANT ([A-Z, ]+) ON SCHEMA mainstay TO "(\w+)"$/, run: grantOn('schema mainstay') },
  { pattern: /^GRANT ([A-Z, ]+ \(beaten_at\)) ON mainstay\.heartbeat TO "(\w+)"$/, run: grantOn('heartbeat') },
  {
    pattern: /^CREATE SCHEMA IF NOT EXISTS (\w+)$/,
    run: (call) => {
      demandMaster(call, 'create schema');
      return {
        state: { ...call.state, schemas: new Set([...call.state.schemas, call.parts[0] ?? '']) },
        tag: 'CREATE SCHEMA',
      };
    },
  },
  {
    pattern:
      /^CREATE TABLE IF NOT EXISTS mainstay\.heartbeat \(id smallint PRIMARY KEY CHECK \(id = 1\), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL\)$/,
    run: (call) => {
      demandMaster(call, 'create table');
      if (!call.state.schemas.has('mainstay')) throw new SqlError('3F000', 'schema "mainstay" does not exist');
      return { state: { ...call.state, heartbeat: call.state.heartbeat ?? {} }, tag: 'CREATE TABLE' };
    },
  },
  {
    pattern:
      /^INSERT INTO mainstay\.heartbeat \(id, epoch, beaten_at\) VALUES \(1, \$1, to_timestamp\(0\)\) ON CONFLICT \(id\) DO NOTHING$/,
    run: (call) => {
      demandMaster(call, 'insert');
      if (tableOf(call).row) return { tag: 'INSERT 0 0' };
      const row = { epoch: Number(call.values[0]), beatenAt: 0 };
      return { state: { ...call.state, heartbeat: { row } }, tag: 'INSERT 0 1' };
    },
  },
  {
    pattern:
      /^UPDATE mainstay\.heartbeat SET beaten_at = \$1 WHERE id = 1 AND beaten_at < \$1 RETURNING epoch, beaten_at$/,
    columns: beatColumns,
    run: (call) => {
      demand(call, 'USAGE on schema mainstay', 'schema mainstay');
      demand(call, 'UPDATE (beaten_at) on heartbeat', 'table heartbeat');
      demand(call, 'SELECT on heartbeat', 'table heartbeat');
      const { row } = tableOf(call);
      const at = Date.parse(call.values[0] ?? '');
      if (Number.isNaN(at)) throw new SqlError('22007', 'invalid input syntax for type timestamp with time zone');
      if (!row || row.beatenAt >= at) return { tag: 'UPDATE 0', rows: [] };
      const moved = { ...row, beatenAt: at };
      return { state: { ...call.state, heartbeat: { row: moved } }, tag: 'UPDATE 1', rows: [beatRow(moved)] };
    },
  },
  {
    pattern: /^SELECT epoch, beaten_at FROM mainstay\.heartbeat WHERE id = 1$/,
    columns: beatColumns,
    run: (call) => {
      demand(call, 'USAGE on schema mainstay', 'schema mainstay');
      demand(call, 'SELECT on heartbeat', 'table heartbeat');
      const { row } = tableOf(call);
      return { tag: `SELECT ${row ? 1 : 0}`, rows: row ? [beatRow(row)] : [] };
    },
  },
];

function statementOf(text: string): { readonly statement: Statement; readonly parts: readonly string[] } {
  const plain = text.trim().replace(/\s+/g, ' ');
  for (const statement of statements) {
    const match = statement.pattern.exec(plain);
    if (match) return { statement, parts: match.slice(1) };
  }
  // Without what stands in quotes: it may be a password.
  const shown = plain.replace(/'[^']*'/g, "'…'");
  throw new Unmodelled(
    `The rehearsal's database does not know the statement "${shown}"; add it to rehearsal/postgres/database.ts, or run with --postgres.`,
  );
}
