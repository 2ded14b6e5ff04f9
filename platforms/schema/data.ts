import { z } from 'zod';
import { invariant } from '../../domain/invariants.ts';
import { rotatedUsers, secretKinds } from '../../domain/rotation.ts';
import { databaseInstanceType, name, port, positive, region, timeOfDayUtc, weekdays } from './basics.ts';

const window = z.strictObject({ startsAtUtc: timeOfDayUtc, durationMinutes: positive });

/** 'The maximum rotation period is 999 days': https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html */
const rotationDays = z.int().min(1).max(999);

const disk = {
  gibibytes: positive,
  /** Provisioned; absent: what the type gives by itself. */
  iops: positive.optional(),
  throughputMebibytesPerSecond: positive.optional(),
};

export const engines = ['postgres', 'mysql'] as const;

/** An RDS instance with its standby in another zone and its replicas. */
export const database = z.strictObject({
  name,
  engine: z.enum(engines),
  /** Engine version as RDS names it. */
  version: z.string().regex(/^\d+(\.\d+){0,2}$/, 'an engine version, such as 18.3'),
  instanceType: databaseInstanceType,
  storage: z.strictObject({ type: z.enum(['gp3', 'io2']), ...disk, growsToGibibytes: positive.optional() }),
  multipleZones: z.boolean(),
  /** Read replicas in the primary region, and the one in the standby that a failover promotes. */
  replicas: z.strictObject({ sameRegion: z.int().min(0).max(15), crossRegion: z.boolean() }),
  automatedBackups: z.strictObject({ retentionDays: z.int().min(0).max(35), window }),
  maintenanceWindow: window.extend({ weekday: z.enum(weekdays) }),
  finalSnapshot: z.boolean(),
  deletionProtection: z.boolean(),
  logExports: z.array(z.enum(['postgresql', 'upgrade', 'error', 'slowquery', 'audit', 'general'])),
  /** Statements slower than this are logged. */
  slowQueryMilliseconds: positive,
  /** Further settings of the parameter group, by the engine's own names. TLS is always forced. */
  parameters: z.record(z.string(), z.string()),
  /**
   * One SELECT that gives the version of the schema, as the platform's migrations count it: `SELECT max(version) FROM schema_migrations`.
   * Absent: the version is what all definitions together are.
   */
  schemaVersionQuery: z.string().min(1).optional(),
  /** The platform's own queries: what has to hold in a restored or promoted database. One SELECT with one number each. */
  invariants: z.array(invariant).max(20).optional(),
  connections: z
    .strictObject({
      maximum: positive,
      /** RDS Proxy in front. */
      pooled: z.boolean(),
      poolMinimum: positive.optional(),
      poolMaximum: positive.optional(),
      connectTimeoutSeconds: positive.optional(),
    })
    .optional(),
});

/** State beside the databases. */
export const store = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('volume'),
    name,
    purpose: z.enum(['graph', 'search', 'queue']),
    type: z.enum(['gp3', 'io2']),
    ...disk,
    /** Copies that the store itself keeps, each on a volume of its own. */
    replicationFactor: positive,
    nodeGroup: name,
    port,
    snapshots: z.strictObject({ everyMinutes: positive, retentionDays: positive }).optional(),
    /**
     * What stands in the other region after the loss of this one: `restored` from the last copied snapshot (unless told), `rebuilt` from the
     * databases, or `empty`, where what it held may be lost.
     */
    afterRegionLoss: z.enum(['restored', 'rebuilt', 'empty']).optional(),
    /** Of a restored one, where it may lose more than the platform's objective says. */
    lossMinutesMax: positive.optional(),
  }),
  z.strictObject({ kind: z.literal('redis'), name, memoryMebibytes: positive, port, replicas: positive }),
  z.strictObject({
    kind: z.literal('rabbitmq'),
    name,
    nodes: positive,
    port,
    durable: z.boolean(),
    deadLetterQueues: z.boolean(),
    defaultUser: z.boolean(),
    snapshots: z.strictObject({ everyMinutes: positive, retentionDays: positive }).optional(),
  }),
]);

const objective = z.strictObject({
  recoveryTimeMinutesMax: positive,
  /** 0: nothing acknowledged is lost. */
  recoveryPointMinutesMax: z.int().min(0),
  detectSecondsMax: positive.optional(),
  remedySecondsMax: positive.optional(),
});

export const recovery = z.strictObject({
  /** Loss of the primary region. */
  platform: objective,
  /** The same for what cannot wait. */
  criticalServices: objective.extend({ services: z.array(name).min(1) }).optional(),
  /** Loss of a database instance or its zone. */
  database: objective.optional(),
  /** Who decides to leave the primary region. */
  decision: z.enum(['automatic', 'person']),
  databaseChecks: z.strictObject({ everySeconds: positive, actAfterSeconds: positive }).optional(),
  /** How it is made sure that the region that is left writes no more. Absent: no witness, and a person is asked. */
  fencing: z
    .strictObject({
      /** A third region with nothing but a table: the primary writes on while it reaches this or the standby. Absent: a lost standby ends its writes. */
      witness: region.optional(),
      /** What happens where nothing proves that it writes no more. */
      whenUnproven: z.enum(['ask', 'go-on']),
    })
    .optional(),
});

/** How many recovery sets of each age stay when they are thinned. */
const thinning = z.strictObject({
  hourly: z.int().min(0),
  daily: z.int().min(0),
  weekly: z.int().min(0),
  monthly: z.int().min(0),
});

export const backups = z.strictObject({
  recoverySets: z.strictObject({
    everyMinutes: positive,
    /** Of the first one of a day. */
    startsAtUtc: timeOfDayUtc,
    /** Which of them is exported whole each day. */
    fullDailyAtUtc: timeOfDayUtc.optional(),
    beforeEveryDeployment: z.boolean(),
    keep: thinning,
    retentionDays: positive,
    copiedToStandby: z.boolean(),
    /** Where it is copied: every n-th set by its due time; every one unless told. For more databases than the copies of an hour hold. */
    copyEvery: positive.optional(),
  }),
  /** Daily fulls under object lock. */
  archive: z.strictObject({ years: positive }).optional(),
  restoreTest: z.strictObject({ everyDays: positive }).optional(),
  clusterState: z.strictObject({ everyMinutes: positive, retentionDays: positive, gigabytesMax: positive }).optional(),
  applicationData: z
    .strictObject({
      everyMinutes: positive,
      retentionDays: positive,
      includes: z.array(z.enum(['configuration', 'secrets', 'ontologies', 'user-data', 'event-streams'])).min(1),
    })
    .optional(),
  /** Manual RDS snapshots that the account may hold in a region: 100 unless raised. */
  manualSnapshotQuota: positive,
});

export const secret = z.strictObject({
  name,
  kind: z.enum(secretKinds),
  /** The database or store that it opens; for `jwt` and `api-key` none. */
  opens: name.optional(),
  consumers: z.array(name).min(1),
  /** How a login rotates: one user whose password changes, or two that take turns (databases alone). */
  users: z.enum(rotatedUsers).optional(),
  /** The entry whose user may set this one's password, in a store; in a database that is its master. */
  superuser: name.optional(),
  /** For keys: how long a former one still verifies after a rotation. */
  overlapHours: positive.optional(),
  /** Instead of the platform's. */
  rotateEveryDays: rotationDays.optional(),
});

export const secrets = z.strictObject({
  /** Absent: only entries with days of their own rotate. */
  rotateEveryDays: rotationDays.optional(),
  /** Hours from midnight UTC within which rotations begin: a schedule in days opens at midnight, whatever one would like. */
  rotationWindowHours: z.int().min(1).max(24).optional(),
  /**
   * Whether each read has to be found later. Nothing is made for it: CloudTrail's event history has each GetSecretValue of the last 90 days in
   * every account, and a trail of the account's own keeps them longer.
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieve-ct-entries.html
   */
  readsAudited: z.boolean(),
  entries: z.array(secret),
});
