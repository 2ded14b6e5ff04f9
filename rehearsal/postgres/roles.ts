import { Unmodelled } from '../aws/service.ts';
import type { Column } from './messages.ts';
import { parseVerifier, type Verifier } from './scram.ts';
import { SqlError } from './sql-error.ts';
import type { RoleState, State } from './state.ts';
import type { Statement, StatementCall } from './statements.ts';

const newRole: RoleState = { follows: [], settings: {}, connectionLimit: -1, validUntil: 'infinity' };

/** Of a role that was given no password: no proof fits it. */
const noPassword: Verifier = {
  iterations: 4096,
  salt: Buffer.alloc(16, 1),
  storedKey: Buffer.alloc(32),
  serverKey: Buffer.alloc(32),
};

export function roleOf({ roleStates }: State, name: string): RoleState {
  return roleStates?.get(name) ?? newRole;
}

function text(name: string): Column {
  return { name, type: 'text' };
}

function demandMaster({ user, database }: StatementCall, what: string): void {
  if (user !== database.master) throw new SqlError('42501', `permission denied to ${what}`);
}

function demandRole({ state }: StatementCall, name: string): void {
  if (!state.roles.has(name)) throw new SqlError('42704', `role "${name}" does not exist`);
}

function changed(call: StatementCall, name: string, change: Partial<RoleState>): State {
  demandMaster(call, 'alter role');
  demandRole(call, name);
  const { state } = call;
  return {
    ...state,
    roleStates: new Map([...(state.roleStates ?? []), [name, { ...roleOf(state, name), ...change }]]),
  };
}

function selected(rows: readonly (readonly string[])[]) {
  return { tag: `SELECT ${rows.length}`, rows };
}

/** Nothing here says who waits for whom: two transactions over one pair end the run when they are committed. */
const session: readonly Statement[] = [
  { pattern: /^SET LOCAL lock_timeout TO '3s'$/, run: () => ({ tag: 'SET' }) },
  { pattern: /^SET LOCAL search_path TO ''$/, run: () => ({ tag: 'SET' }) },
  {
    pattern: /^SELECT pg_catalog\.pg_advisory_xact_lock\(pg_catalog\.hashtext\('mainstay rotation ' \|\| \$1\)\)$/,
    columns: [text('pg_advisory_xact_lock')],
    run: () => selected([['']]),
  },
];

const looks: readonly Statement[] = [
  {
    pattern: /^\/\* mainstay: a pair of users \*\/ /,
    columns: [
      text('name'),
      { name: 'connections', type: 'int4' },
      text('until'),
      { name: 'replicates', type: 'bool' },
      { name: 'follows', type: 'bool' },
    ],
    run: ({ state, values: [base = '', clone = ''] }) =>
      selected(
        [base, clone]
          .filter((name): name is string => name !== null && state.roles.has(name))
          .map((name) => {
            const { connectionLimit, validUntil, follows } = roleOf(state, name);
            return [name, String(connectionLimit), validUntil, 'f', follows.includes(String(base)) ? 't' : 'f'];
          }),
      ),
  },
  { pattern: /^\/\* mainstay: databases of a user \*\/ /, columns: [text('database')], run: () => selected([]) },
  {
    pattern: /^\/\* mainstay: holdings \*\/ /,
    columns: [
      ...['what', 'target', 'privilege', 'grantor', 'grantee'].map(text),
      { name: 'grantable', type: 'bool' },
      text('options'),
    ],
    // The base's alone are asked for only for comparison with the clone's.
    run: ({ state, values: [clone] }) => {
      const own = [...state.grants].filter((grant) => grant.endsWith(` to ${clone}`));
      if (own.length === 0) return selected([]);
      throw new Unmodelled(
        `The rehearsal's database does not carry rights from one user to another; ${clone} has ${own.join(', ')}. Run with --postgres.`,
      );
    },
  },
  {
    pattern: /^\/\* mainstay: settings of a pair of users \*\/ /,
    columns: ['user', 'database', 'setting'].map(text),
    run: ({ state, values }) =>
      selected(
        values.flatMap((name) =>
          Object.entries(roleOf(state, String(name)).settings).map(([setting, value]) => [
            String(name),
            '',
            `${setting}=${value}`,
          ]),
        ),
      ),
  },
];

const changes: readonly Statement[] = [
  {
    pattern: /^CREATE ROLE "(\w+)" LOGIN$/,
    run: (call) => {
      const [user = ''] = call.parts;
      demandMaster(call, 'create role');
      if (call.state.roles.has(user)) throw new SqlError('42710', `role "${user}" already exists`);
      return {
        state: { ...call.state, roles: new Map([...call.state.roles, [user, noPassword]]) },
        tag: 'CREATE ROLE',
      };
    },
  },
  {
    pattern: /^GRANT "(\w+)" TO "(\w+)" WITH INHERIT TRUE, SET TRUE$/,
    run: (call) => {
      const [role = '', member = ''] = call.parts;
      demandRole(call, role);
      const follows = [...new Set([...roleOf(call.state, member).follows, role])];
      return { state: changed(call, member, { follows }), tag: 'GRANT ROLE' };
    },
  },
  {
    pattern: /^ALTER ROLE "(\w+)" CONNECTION LIMIT (-?\d+) VALID UNTIL '([^']+)'$/,
    run: (call) => {
      const [user = '', limit, validUntil = 'infinity'] = call.parts;
      return { state: changed(call, user, { connectionLimit: Number(limit), validUntil }), tag: 'ALTER ROLE' };
    },
  },
  {
    pattern: /^ALTER ROLE "(\w+)" SET "(\w+)" TO '([^']*)'$/,
    run: (call) => {
      const [user = '', name = '', value = ''] = call.parts;
      const settings = { ...roleOf(call.state, user).settings, [name]: value };
      return { state: changed(call, user, { settings }), tag: 'ALTER ROLE' };
    },
  },
  {
    // A user sets its own password and nothing else of itself: https://www.postgresql.org/docs/current/sql-alterrole.html
    pattern: /^ALTER ROLE "(\w+)" PASSWORD '([^']+)'$/,
    run: (call) => {
      const [user = '', password = ''] = call.parts;
      if (user !== call.user) demandMaster(call, 'alter role');
      demandRole(call, user);
      const verifier = parseVerifier(password);
      if (!verifier) throw new Unmodelled('A password in clear is not modelled; send its SCRAM verifier.');
      return { state: { ...call.state, roles: new Map([...call.state.roles, [user, verifier]]) }, tag: 'ALTER ROLE' };
    },
  },
];

/** What rotations send about users, word by word but for spaces; of a question to the catalogs its comment. */
export const roleStatements: readonly Statement[] = [...session, ...looks, ...changes];

/**
 * What two transactions that began from `before` leave when both are committed: of each part what the one that touched it left.
 * Throws Unmodelled where both changed the same: on a real server the second would have waited for the first.
 */
export function bothCommitted(before: State, first: State, second: State): State {
  const merged: Record<string, unknown> = { ...first };
  for (const [part, value] of Object.entries(second)) {
    const old: unknown = before[part as keyof State];
    if (value === old) continue;
    const now: unknown = first[part as keyof State];
    merged[part] = now === old ? value : bothEntries(part, old, now, value);
  }
  return merged as unknown as State;
}

function bothEntries(part: string, before: unknown, first: unknown, second: unknown): unknown {
  if (!(first instanceof Map) || !(second instanceof Map) || !(before instanceof Map || before === undefined)) {
    throw new Unmodelled(`Two transactions at a time that change the same (${part}) are not modelled.`);
  }
  const merged = new Map<unknown, unknown>(first);
  for (const [key, value] of second) {
    if (value === before?.get(key)) continue;
    if (first.get(key) !== before?.get(key)) {
      throw new Unmodelled(
        `Two transactions at a time that change the same (${part} ${String(key)}) are not modelled.`,
      );
    }
    merged.set(key, value);
  }
  return merged;
}
