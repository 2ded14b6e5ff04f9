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
/** May move the heartbeat row's time, and read it. */
export const heartbeatUser = 'mainstay_heartbeat';

/** Secrets Manager: how the master user logs in to a database. */
export function masterSecretName(environment: string, database: string): string {
  return `mainstay/${environment}/databases/${database}/master`;
}

/** Secrets Manager: how the heartbeat's user logs in. */
export function heartbeatSecretName(environment: string, database: string): string {
  return `mainstay/${environment}/databases/${database}/heartbeat`;
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
 * How often the heartbeat row is written: the most by which a loss that is read from it can be overstated. EventBridge starts
 * nothing more often.
 */
export const heartbeatPeriodSeconds = 60;

/** The heartbeat's one row: `epoch` is the reign in which it was written, `beaten_at` the writer's time. */
export const heartbeatTable = { schema: 'mainstay', name: 'heartbeat' } as const;
