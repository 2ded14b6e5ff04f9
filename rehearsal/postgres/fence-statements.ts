import { heartbeatUser, manifestUser } from '../../domain/databases.ts';
import { writesTable } from './application.ts';
import { validUntil } from './backends.ts';
import { beatColumns, beatRow, stamp } from './heartbeat-rows.ts';
import { roleOf } from './roles.ts';
import { SqlError } from './sql-error.ts';
import { rowAt } from './state.ts';
import type { Statement, StatementCall } from './statements.ts';

/** A log position that stands for a time, in microseconds: the newest change in it was made then. */
function positionAt(milliseconds: number): string {
  const microseconds = Math.floor(milliseconds * 1000);
  const high = Math.floor(microseconds / 2 ** 32);
  return `${high.toString(16)}/${(microseconds % 2 ** 32).toString(16)}`.toUpperCase();
}

/** Roles that log in and that the master made, which then administers them: https://www.postgresql.org/docs/16/release-16.html */
function administered({ state, database }: StatementCall): string[] {
  const own = [database.master, heartbeatUser, manifestUser];
  return [...state.roles.keys()].filter((name) => !own.includes(name)).sort();
}

/** What the failover and the guard of the primary say to a database, word by word but for spaces. */
export const fenceStatements: readonly Statement[] = [
  {
    pattern: /^SELECT now\(\) AS now$/,
    columns: [{ name: 'now', type: 'timestamptz' }],
    run: ({ clock }) => ({ tag: 'SELECT 1', rows: [[stamp(clock)]] }),
  },
  {
    pattern:
      /^SELECT r\.rolname AS name, CASE WHEN isfinite\(r\.rolvaliduntil\) THEN r\.rolvaliduntil END AS until FROM /,
    columns: [
      { name: 'name', type: 'text' },
      { name: 'until', type: 'timestamptz' },
    ],
    run: (call) => {
      const rows = administered(call).map((name) => {
        const until = validUntil(call.state, name);
        return [name, Number.isFinite(until) ? stamp(until) : null];
      });
      return { tag: `SELECT ${rows.length}`, rows };
    },
  },
  {
    pattern: /^ALTER ROLE "(\w+)" VALID UNTIL '([^']+)'$/,
    run: (call) => {
      const [name = '', until = 'infinity'] = call.parts;
      const { state, user, database } = call;
      if (user !== database.master) throw new SqlError('42501', 'permission denied to alter role');
      if (!state.roles.has(name)) throw new SqlError('42704', `role "${name}" does not exist`);
      if (until !== 'infinity' && Number.isNaN(Date.parse(until)))
        throw new SqlError('22007', `invalid input syntax for type timestamp with time zone: "${until}"`);
      const role = { ...roleOf(state, name), validUntil: until };
      return {
        state: { ...state, roleStates: new Map([...(state.roleStates ?? []), [name, role]]) },
        tag: 'ALTER ROLE',
      };
    },
  },
  {
    pattern: /^SELECT count\(pg_terminate_backend\(a\.pid\)\) AS ended FROM pg_stat_activity a JOIN pg_roles r /,
    columns: [{ name: 'ended', type: 'int8' }],
    run: ({ state, backends, clock }) => ({
      tag: 'SELECT 1',
      rows: [[String(backends?.endPassed(state, clock) ?? 0)]],
    }),
  },
  {
    pattern:
      /^UPDATE mainstay\.heartbeat SET epoch = greatest\(epoch, \$1\), beaten_at = greatest\(beaten_at, now\(\)\) WHERE id = 1 RETURNING epoch, beaten_at$/,
    columns: beatColumns,
    run: ({ state, user, database, now, values }) => {
      if (user !== database.master) throw new SqlError('42501', 'permission denied for table heartbeat');
      const before = rowAt(state, now);
      if (!before) return { tag: 'UPDATE 0', rows: [] };
      const row = { epoch: Math.max(before.epoch, Number(values[0])), beatenAt: Math.max(before.beatenAt, now) };
      return { state: { ...state, heartbeat: { row } }, tag: 'UPDATE 1', rows: [beatRow(row, database)] };
    },
  },
  {
    // What has come is replayed at once here.
    pattern: /^SELECT CASE WHEN pg_is_in_recovery\(\) THEN coalesce\(pg_wal_lsn_diff\(.* END AS bytes$/,
    columns: [{ name: 'bytes', type: 'numeric' }],
    run: () => ({ tag: 'SELECT 1', rows: [['0']] }),
  },
  {
    pattern:
      /^SELECT CASE WHEN pg_is_in_recovery\(\) THEN pg_last_wal_replay_lsn\(\) ELSE pg_current_wal_lsn\(\) END AS position$/,
    columns: [{ name: 'position', type: 'pg_lsn' }],
    run: ({ now }) => ({ tag: 'SELECT 1', rows: [[positionAt(now)]] }),
  },
  {
    pattern: /^INSERT INTO public\.writes(?: \(id\))? VALUES \('([\w .:/-]+)'\)$/,
    writes: true,
    run: ({ parts: [row = ''], state, user, database }) => {
      if (
        !database.allows(state, user, 'CREATE on schema public') &&
        !database.allows(state, user, 'USAGE on schema public')
      )
        throw new SqlError('42501', 'permission denied for table writes');
      database.insert(writesTable, row);
      return { tag: 'INSERT 0 1' };
    },
  },
];
