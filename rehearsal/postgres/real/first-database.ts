import { escapeIdentifier, escapeLiteral } from 'pg';
import { replicator } from './configuration.ts';

/** The user that an instance is created with. */
export interface MasterUser {
  readonly user: string;
  readonly password: string;
}

/**
 * Roles of a new RDS instance. The master is no superuser: CREATEDB and CREATEROLE, member of rds_superuser, which may signal and
 * monitor: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
 * That rds_superuser holds each role with ADMIN OPTION is assumed: the master may pass them on.
 */
export function rolesOf({ user, password }: MasterUser): readonly string[] {
  const master = escapeIdentifier(user);
  const held = [
    'pg_monitor',
    'pg_signal_backend',
    'pg_checkpoint',
    'pg_use_reserved_connections',
    'pg_create_subscription',
  ];
  // It may pass these on and has neither itself: on RDS no master reads the catalog of passwords. That it may pass them on is assumed.
  const passedOn = ['pg_read_all_data', 'pg_write_all_data'];
  const own = ['rds_replication', 'rds_password', 'rds_iam', 'rds_ad'];
  return [
    `CREATE ROLE ${replicator} LOGIN REPLICATION`,
    'CREATE ROLE rds_superuser NOLOGIN',
    ...own.map((role) => `CREATE ROLE ${role} NOLOGIN`),
    `GRANT ${[...held, ...own].join(', ')} TO rds_superuser WITH ADMIN OPTION`,
    `GRANT ${passedOn.join(', ')} TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    `CREATE ROLE ${master} LOGIN NOSUPERUSER INHERIT CREATEDB CREATEROLE NOREPLICATION PASSWORD ${escapeLiteral(password)} VALID UNTIL 'infinity'`,
    `GRANT rds_superuser TO ${master} WITH ADMIN OPTION`,
  ];
}

/** Databases of a new instance, each a statement of its own. `rdsadmin` is closed to everyone else. */
export function databasesOf({ user }: MasterUser, name: string): readonly string[] {
  const master = escapeIdentifier(user);
  return [
    `ALTER DATABASE postgres OWNER TO ${master}`,
    `ALTER DATABASE template1 OWNER TO ${master}`,
    'CREATE DATABASE rdsadmin',
    'REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC',
    ...(name === 'postgres' ? [] : [`CREATE DATABASE ${escapeIdentifier(name)} OWNER ${master}`]),
  ];
}
