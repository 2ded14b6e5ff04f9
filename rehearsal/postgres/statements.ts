import { Unmodelled } from '../aws/service.ts';
import { applicationQueries } from './application.ts';
import type { Backends } from './backends.ts';
import type { Content } from './content.ts';
import type { DatabaseModel } from './database.ts';
import { fenceStatements } from './fence-statements.ts';
import { beatColumns, beatRow } from './heartbeat-rows.ts';
import { manifestStatements } from './manifest-statements.ts';
import type { Column } from './messages.ts';
import { roleStatements } from './roles.ts';
import { checkScheduler, withJob } from './scheduler.ts';
import { parseVerifier } from './scram.ts';
import { SqlError } from './sql-error.ts';
import { type HeartbeatState, rowAt, type State } from './state.ts';
import { warmthStatements } from './warmth-statements.ts';

/** What a statement gives back. */
export interface StatementResult {
  readonly tag: string;
  readonly columns?: readonly Column[];
  readonly rows?: readonly (readonly (string | null)[])[];
}

export interface Statement {
  readonly pattern: RegExp;
  readonly columns?: readonly Column[];
  /** It writes by itself, at once; a replica refuses it. */
  readonly writes?: boolean;
  run(call: StatementCall): { readonly state?: State } & StatementResult;
}

export interface StatementCall {
  readonly state: State;
  readonly user: string;
  readonly database: DatabaseModel;
  /** The server's time; in a replica that of the last change that has come. */
  readonly now: number;
  /** What the server itself takes for the time. */
  readonly clock: number;
  /** The other sessions; undefined where nobody else can have one. */
  readonly backends: Backends | undefined;
  /** Groups of the pattern. */
  readonly parts: readonly string[];
  readonly values: readonly (string | null)[];
}

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

function putRole(call: StatementCall, kind: 'CREATE' | 'ALTER'): { readonly state: State; readonly tag: string } {
  const [user = '', text = ''] = call.parts;
  demandMaster(call, `${kind.toLowerCase()} role`);
  const known = call.state.roles.has(user);
  // Nobody administers itself, and LOGIN is more than one's own password: https://www.postgresql.org/docs/current/sql-alterrole.html
  if (user === call.user) throw new SqlError('42501', 'permission denied to alter role');
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
  ...roleStatements,
  ...manifestStatements,
  ...warmthStatements,
  ...fenceStatements,
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
  { pattern: /^GRANT (INSERT) ON mainstay\.recovery_marker TO "(\w+)"$/, run: grantOn('recovery_marker') },
  {
    pattern: /^GRANT (pg_read_all_data), pg_monitor TO "(\w+)"$/,
    run: (call) => {
      demandMaster(call, 'grant role');
      const [role = '', user = ''] = call.parts;
      return { state: granted(call.state, [role], user), tag: 'GRANT ROLE' };
    },
  },
  { pattern: /^GRANT (SELECT) ON mainstay\.heartbeat TO "(\w+)"$/, run: grantOn('heartbeat') },
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
    pattern: /^CREATE EXTENSION IF NOT EXISTS pg_cron$/,
    run: (call) => {
      demandMaster(call, 'create extension "pg_cron"');
      checkScheduler(call.database.server.parameters, call.database.name);
      return { state: { ...call.state, jobs: call.state.jobs ?? new Map() }, tag: 'CREATE EXTENSION' };
    },
  },
  {
    pattern: /^SELECT cron\.schedule\(\$1, \$2, \$3\) AS job$/,
    columns: [{ name: 'job', type: 'int8' }],
    run: (call) => {
      const { state, user, now, database } = call;
      if (!state.jobs) throw new SqlError('3F000', 'schema "cron" does not exist');
      if (user !== database.master) throw new SqlError('42501', 'permission denied for schema cron');
      const [name = '', schedule, command] = call.values;
      const asked = { key: `${user}/${name}`, schedule: schedule ?? '', command: command ?? '', now };
      const { jobs, id } = withJob(state.jobs, asked, database.server.parameters);
      const row = rowAt(state, now);
      const heartbeat = row ? { heartbeat: { row } } : {};
      return { state: { ...state, ...heartbeat, jobs }, tag: 'SELECT 1', rows: [[String(id)]] };
    },
  },
  {
    pattern: /^SELECT epoch, beaten_at FROM mainstay\.heartbeat WHERE id = 1$/,
    columns: beatColumns,
    run: (call) => {
      demand(call, 'USAGE on schema mainstay', 'schema mainstay');
      demand(call, 'SELECT on heartbeat', 'table heartbeat');
      tableOf(call);
      const row = rowAt(call.state, call.now);
      return { tag: `SELECT ${row ? 1 : 0}`, rows: row ? [beatRow(row, call.database)] : [] };
    },
  },
];

/** A query of a definition about the rehearsed application. */
function platformQuery(answer: (content: Content) => string): Statement {
  return {
    pattern: /^/,
    columns: [{ name: 'value', type: 'text' }],
    run: (call) => {
      const value = answer(call.state.content);
      demand(call, 'pg_read_all_data', 'table of the application');
      return { tag: 'SELECT 1', rows: [[value]] };
    },
  };
}

/** The statement of a text, and the groups of its pattern. Throws Unmodelled. */
export function statementOf(text: string): { readonly statement: Statement; readonly parts: readonly string[] } {
  const plain = text.trim().replace(/\s+/g, ' ');
  const query = applicationQueries.get(plain);
  if (query) return { statement: platformQuery(query), parts: [] };
  for (const statement of statements) {
    const match = statement.pattern.exec(plain);
    if (match) return { statement, parts: match.slice(1) };
  }
  // Without what stands in quotes: it may be a password.
  const shown = plain.replace(/'[^']*'/g, "'…'");
  throw new Unmodelled(
    `The rehearsal's database does not know the statement "${shown}"; add it to rehearsal/postgres/statements.ts, or run with --postgres.`,
  );
}
