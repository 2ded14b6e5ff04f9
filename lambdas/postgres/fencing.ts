import pg from 'pg';
import { heartbeatTable, heartbeatUser, manifestUser } from '../../domain/databases.ts';
import type { FencedDatabase, WithDatabase } from '../ports/failover.ts';
import { heartbeatRow } from './heartbeat-row.ts';
import type { SqlSession, WithSession } from './session.ts';

/** Users of Mainstay itself: what reads the heartbeat and the manifests has to go on while the application may not. The master is not among those it administers. */
const own = [heartbeatUser, manifestUser];

/**
 * Clients whose right to log in has passed are sent away: PostgreSQL asks for it at the login alone. A role of rds_superuser may:
 * https://repost.aws/knowledge-center/rds-cancel-long-running-queries. No other column of the view is asked: it shows them to who may read all statistics. The job `mainstay-fence` runs the same every two seconds.
 */
export const endSessionsStatement =
  'SELECT count(pg_terminate_backend(a.pid)) AS ended FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid ' +
  'WHERE r.rolvaliduntil <= now()';

/** Sessions of a database's master, for the failover. */
export function fencedDatabases(withSession: WithSession): WithDatabase {
  return (login, use) => withSession(login, (session) => use(fencedDatabase(session)));
}

function fencedDatabase(session: SqlSession): FencedDatabase {
  const table = `${heartbeatTable.schema}.${heartbeatTable.name}`;
  const one = async (text: string, values?: readonly unknown[]) => (await session.query(text, values))[0] ?? {};
  return {
    now: async () => new Date((await one('SELECT now() AS now'))['now'] as Date | string),

    // Who made a role administers it: https://www.postgresql.org/docs/16/release-16.html#RELEASE-16-PRIVILEGES
    async roles() {
      const rows = await session.query(
        'SELECT r.rolname AS name, CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END AS until FROM pg_auth_members m ' +
          'JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles me ON me.oid = m.member ' +
          'WHERE me.rolname = current_user AND m.admin_option AND r.rolcanlogin AND r.rolname <> ALL ($1) ORDER BY 1',
        [own],
      );
      return rows.map(({ name, until }) => ({
        name: String(name),
        ...(until !== null && { validUntil: new Date(until as Date | string) }),
      }));
    },

    async setValidity(roles, until) {
      const moment = until === 'infinity' ? until : until.toISOString();
      for (const role of roles) {
        await session.query(`ALTER ROLE ${pg.escapeIdentifier(role)} VALID UNTIL ${pg.escapeLiteral(moment)}`);
      }
    },

    endSessions: async () => Number((await one(endSessionsStatement))['ended']),

    beat: () => heartbeatRow(session).read(),

    async beatIn(epoch) {
      const row = await one(
        `UPDATE ${table} SET epoch = greatest(epoch, $1), beaten_at = greatest(beaten_at, now()) WHERE id = 1 RETURNING epoch, beaten_at`,
        [epoch],
      );
      return { epoch: Number(row['epoch']), beatenAt: new Date(row['beaten_at'] as Date | string) };
    },

    async toReplay() {
      const bytes =
        'CASE WHEN pg_is_in_recovery() THEN coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0) ELSE 0 END';
      return Math.max(0, Number((await one(`SELECT ${bytes} AS bytes`))['bytes']));
    },

    async position() {
      const position = 'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END';
      return String((await one(`SELECT ${position} AS position`))['position']);
    },
  };
}
