/**
 * Names of databases, their users and secrets: the same in the primary region and in the standby, so that each side finds its
 * own by name and asks nothing of the other.
 */

/** RDS identifier of an instance in its region; the replica in the standby has the same in that one. */
export function databaseInstanceName(environment: string, database: string): string {
  return `${environment}-${database}`;
}

/** RDS identifier of the n-th replica beside the instance, from 1 on. */
export function databaseReplicaName(environment: string, database: string, replica: number): string {
  return `${databaseInstanceName(environment, database)}-replica-${replica}`;
}

/** Longest identifier that RDS takes: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
export const databaseInstanceNameLengthMax = 63;

/** The database inside the instance, and its users, as SQL identifiers: `aeon-dt` → `aeon_dt`. */
export function sqlName(name: string): string {
  return name.replaceAll('-', '_');
}

/** Owner of everything in an instance. Only deployments and rotations use it. */
export const masterUser = 'mainstay_master';
/** May read the heartbeat row, in the replica as well, and nothing else. */
export const heartbeatUser = 'mainstay_heartbeat';

/** May read everything, in a restored copy as well, and add the marker of a recovery set. */
export const manifestUser = 'mainstay_manifest';

/** Secrets Manager: how the master user logs in to a database. */
export function masterSecretName(environment: string, database: string): string {
  return `mainstay/${environment}/databases/${database}/master`;
}

/** Secrets Manager: how the heartbeat's user logs in. */
export function heartbeatSecretName(environment: string, database: string): string {
  return `mainstay/${environment}/databases/${database}/heartbeat`;
}

/** Secrets Manager: how the user logs in that reads manifests. */
export function manifestSecretName(environment: string, database: string): string {
  return `mainstay/${environment}/databases/${database}/manifest`;
}

/** SSM parameter of each region: what is asked of a database beside its contents, `databaseChecks` of domain/manifest.ts as JSON. */
export function databaseChecksParameterName(environment: string, database: string): string {
  return `/mainstay/${environment}/databases/${database}/checks`;
}

/** Secrets Manager: a secret of the platform's definition. */
export function applicationSecretName(environment: string, secret: string): string {
  return `mainstay/${environment}/secrets/${secret}`;
}

/**
 * SSM parameter of each region: where a database answers there, as JSON `{host, port}`. The standby's names its replica, before and
 * after a promotion: who reads it follows a failover without being told.
 */
export function databaseEndpointParameterName(environment: string, database: string): string {
  return `/mainstay/${environment}/databases/${database}/endpoint`;
}

/** KMS alias, without `alias/`, of the key that encrypts the region's secrets; every region has a key of its own under it. */
export function secretsKeyAlias(environment: string): string {
  return `mainstay/${environment}/secrets`;
}

/** KMS alias, without `alias/`, of the key that encrypts the region's databases and what they log. */
export function databasesKeyAlias(environment: string): string {
  return `mainstay/${environment}/databases`;
}

/**
 * How often the database writes its heartbeat row: the most by which a loss that is read from it is overstated, and by which RDS's
 * `ReplicaLag` of an idle primary is, which counts the time since the last commit. pg_cron takes 1 to 59 seconds:
 * https://github.com/citusdata/pg_cron#cron-syntax
 */
export const heartbeatPeriodSeconds = 2;

/** The heartbeat's one row: `epoch` is the reign in which it was written, `beaten_at` the server's time of the last beat. */
export const heartbeatTable = { schema: 'mainstay', name: 'heartbeat' } as const;

/** Name of the scheduled job inside the database that writes the row. */
export const heartbeatJob = 'mainstay-heartbeat';

/** Name of the one that ends the sessions of roles whose right to log in has passed; its period is `sessionEndSeconds` of domain/lease.ts. */
export const fenceJob = 'mainstay-fence';
