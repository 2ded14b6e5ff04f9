import { randomBytes } from 'node:crypto';
import { fenceJob, heartbeatJob, heartbeatTable } from '../../domain/databases.ts';
import { markerTable } from '../../domain/manifest.ts';
import type { DatabaseAdministration } from '../ports/databases.ts';
import { endSessionsStatement } from './fencing.ts';
import { passwordVerifier, saltBytes } from './password-verifier.ts';
import type { SqlSession } from './session.ts';

/** What the master user does, over one connection. */
export function databaseAdministration(session: SqlSession): DatabaseAdministration {
  const { schema, name } = heartbeatTable;
  return {
    async putUser(user, password) {
      const [found] = await session.query('SELECT 1 AS found FROM pg_roles WHERE rolname = $1', [user]);
      // A verifier in the password's place: the password reaches neither the server nor its log.
      const verifier = passwordVerifier(password, randomBytes(saltBytes));
      await session.query(`${found ? 'ALTER' : 'CREATE'} ROLE ${identifier(user)} LOGIN PASSWORD '${verifier}'`);
    },
    async closeToPublic(database) {
      await session.query(`REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`);
    },
    async grantApplication(database, user) {
      await session.query(
        `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${identifier(database)} TO ${identifier(user)}`,
      );
      await session.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${identifier(user)}`);
    },
    async putHeartbeat(database, user, epoch) {
      await session.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await session.query(
        `CREATE TABLE IF NOT EXISTS ${schema}.${name} (id smallint PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL)`,
      );
      await session.query(
        `INSERT INTO ${schema}.${name} (id, epoch, beaten_at) VALUES (1, $1, to_timestamp(0)) ON CONFLICT (id) DO NOTHING`,
        [epoch],
      );
      await session.query(`GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`);
      await session.query(`GRANT USAGE ON SCHEMA ${schema} TO ${identifier(user)}`);
      await session.query(`GRANT SELECT ON ${schema}.${name} TO ${identifier(user)}`);
    },
    // Reading all data is a role of PostgreSQL's own since 14, and so is seeing what other sessions do. That the master of RDS may pass both on is
    // assumed, as of every role that rds_superuser has: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
    // Verifiers of passwords are no part of it there: RDS shows pg_authid to nobody (https://github.com/aboutbits/postgresql-operator/issues/70).
    async putManifestReader(database, user) {
      await session.query(`CREATE SCHEMA IF NOT EXISTS ${markerTable.schema}`);
      const marker = `${markerTable.schema}.${markerTable.name}`;
      await session.query(
        `CREATE TABLE IF NOT EXISTS ${marker} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, set_id text NOT NULL UNIQUE, marked_at timestamptz NOT NULL DEFAULT now())`,
      );
      await session.query(`GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`);
      await session.query(`GRANT pg_read_all_data, pg_monitor TO ${identifier(user)}`);
      await session.query(`GRANT INSERT ON ${marker} TO ${identifier(user)}`);
    },
    ...scheduledJobs(session),
  };
}

/**
 * The extension lives in the database that `cron.database_name` says, and its jobs run with the rights of who schedules them. A job of the same name
 * and user is changed: https://github.com/citusdata/pg_cron#creating-a-cron-job
 */
function scheduledJobs(session: SqlSession): Pick<DatabaseAdministration, 'scheduleHeartbeat' | 'scheduleFence'> {
  const { schema, name } = heartbeatTable;
  const schedule = async (job: string, periodSeconds: number, statement: string) => {
    await session.query('CREATE EXTENSION IF NOT EXISTS pg_cron');
    await session.query('SELECT cron.schedule($1, $2, $3) AS job', [job, `${periodSeconds} seconds`, statement]);
  };
  // Time only moves forward, whatever the server's clock does; the epoch is the failover's to raise.
  const beat = `UPDATE ${schema}.${name} SET beaten_at = now() WHERE id = 1 AND beaten_at < now()`;
  return {
    scheduleHeartbeat: (periodSeconds) => schedule(heartbeatJob, periodSeconds, beat),
    scheduleFence: (periodSeconds) => schedule(fenceJob, periodSeconds, endSessionsStatement),
  };
}

/** Quoted, and of such letters only as our own names have: statements about users take no parameters. Throws RangeError. */
function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
    throw new RangeError(`'${name}' is no name for a user or database: letters, digits and _, 63 at most.`);
  }
  return `"${name}"`;
}
