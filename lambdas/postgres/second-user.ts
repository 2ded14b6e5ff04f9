import pg from 'pg';
import { ServerRefused } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../ports/rotation.ts';
import { carryRights } from './carried-rights.ts';
import type { SqlSession } from './session.ts';
import { settingStatements, type UserSetting } from './user-settings.ts';

/** The user that owns everything, and the one that acts in its name. */
export interface UserPair {
  readonly base: string;
  readonly clone: string;
}

const { escapeIdentifier: quoted } = pg;

/**
 * The clone is a member of the base and becomes it as it logs in (`SET role`), so that both have the same rights at every moment, whoever was
 * given them, and what either makes belongs to the base. What was given to the clone by name is carried to the base. Attributes
 * that count before the role is taken, and settings, are the base's. In one transaction of the caller.
 * https://www.postgresql.org/docs/current/role-membership.html
 */
export async function prepareSecondUser(session: SqlSession, pair: UserPair, next: ServerLogin): Promise<void> {
  await beAlone(session, pair);
  const found = await rolesOf(session, pair);
  if (!found.has(pair.base)) throw new ServerRefused(next.host, `find the user '${pair.base}'`, 'it does not exist');
  if (!found.has(pair.clone)) await session.query(`CREATE ROLE ${quoted(pair.clone)} LOGIN`);
  if (!found.get(pair.clone)?.follows) {
    await session.query(`GRANT ${quoted(pair.base)} TO ${quoted(pair.clone)} WITH INHERIT TRUE, SET TRUE`);
  }
  if (found.has(pair.clone)) await carryRights(session, pair, next.host);
  if (next.user === pair.clone) await bringSettings(session, pair, found);
}

/** In a further database of the server: what the clone has there is the base's afterwards. */
export async function tidySecondUser(session: SqlSession, pair: UserPair, host: string): Promise<void> {
  await beAlone(session, pair);
  await carryRights(session, pair, host);
}

/** Names of the other databases in which something is the user's or given to it. */
export async function databasesWith(session: SqlSession, user: string): Promise<readonly string[]> {
  const rows = await session.query(
    `/* mainstay: databases of a user */ SELECT DISTINCT d.datname::text AS database FROM pg_catalog.pg_shdepend s
       JOIN pg_catalog.pg_roles r ON s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = r.oid
       JOIN pg_catalog.pg_database d ON d.oid = s.dbid
     WHERE r.rolname = $1 AND d.datname <> current_database() AND d.datallowconn ORDER BY 1`,
    [user],
  );
  return rows.map(({ database }) => String(database));
}

/** Two deliveries at once take turns; a lock that somebody else holds ends this one, not the users behind it. */
async function beAlone(session: SqlSession, { base }: UserPair): Promise<void> {
  await session.query("SET LOCAL lock_timeout TO '3s'");
  await session.query("SET LOCAL search_path TO ''");
  await session.query("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('mainstay rotation ' || $1))", [
    base,
  ]);
}

interface Role {
  /** Its connection limit, end and right to replicate, as a statement sets them. */
  readonly attributes: string;
  /** It is a member of the base that inherits and may become it. */
  readonly follows: boolean;
}

async function rolesOf(session: SqlSession, { base, clone }: UserPair): Promise<ReadonlyMap<string, Role>> {
  const rows = await session.query(
    `/* mainstay: a pair of users */ SELECT r.rolname::text AS name, r.rolconnlimit AS connections,
       coalesce(r.rolvaliduntil, 'infinity')::text AS until, r.rolreplication AS replicates,
       EXISTS (SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles b ON b.oid = m.roleid
         WHERE m.member = r.oid AND b.rolname = $1 AND m.inherit_option AND m.set_option) AS follows
     FROM pg_catalog.pg_roles r WHERE r.rolname IN ($1, $2)`,
    [base, clone],
  );
  return new Map(
    rows.map(({ name, connections, until, replicates, follows }) => {
      const limits = `CONNECTION LIMIT ${Number(connections)} VALID UNTIL ${pg.escapeLiteral(String(until))}`;
      return [String(name), { attributes: `${limits}${replicates ? ' REPLICATION' : ''}`, follows: follows === true }];
    }),
  );
}

/** What counts as the user logs in is looked up under the name that logs in. */
async function bringSettings(
  session: SqlSession,
  { base, clone }: UserPair,
  found: ReadonlyMap<string, Role>,
): Promise<void> {
  const wanted = found.get(base)?.attributes ?? '';
  const had = found.get(clone)?.attributes;
  if (wanted !== (had ?? "CONNECTION LIMIT -1 VALID UNTIL 'infinity'"))
    await session.query(`ALTER ROLE ${quoted(clone)} ${wanted}`);
  const rows = await session.query(
    `/* mainstay: settings of a pair of users */ SELECT r.rolname::text AS user, coalesce(d.datname, '')::text AS database, c AS setting
     FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
       LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
     WHERE r.rolname IN ($1, $2) ORDER BY 1, 2, 3`,
    [base, clone],
  );
  const settings = rows.map((row): UserSetting => {
    const text = String(row['setting']);
    const at = text.indexOf('=');
    return {
      user: String(row['user']),
      database: String(row['database']),
      name: text.slice(0, at),
      value: text.slice(at + 1),
    };
  });
  for (const statement of settingStatements(settings, base, clone)) await session.query(statement);
}
