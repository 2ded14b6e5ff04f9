import * as z from 'zod';
import { DatabaseStillRuns, SetIncomplete, SetKeyMissing, SetOfAnotherPlatform, SetTooOld } from './backup-errors.ts';

/*
 * A recovery set: one instant across stores, found again by its environment and the minute at which it was due. Its whole record
 * stands in the table of each region that holds a copy, so that the standby restores without asking the primary anything.
 */

/** `taking` until every member stands in the region where it was taken; `verified` once every copy asked for was checked as well. */
export const setStates = ['taking', 'complete', 'verified', 'failed', 'deleting'] as const;
export type SetState = (typeof setStates)[number];

const moment = z.iso.datetime();
/** A key in the bucket of sets, and what was written under it. */
export const storedObject = z.strictObject({ key: z.string(), bytes: z.int().min(0), sha256: z.string() });
const databaseMember = z.strictObject({
  database: z.string(),
  engine: z.string(),
  engineVersion: z.string(),
  instanceClass: z.string(),
  gibibytes: z.int(),
  schemaVersion: z.string(),
  manifest: storedObject,
});
const volumeMember = z.strictObject({ store: z.string(), replica: z.int().min(0), gibibytes: z.int() });

/** What one region holds of a set. Snapshots of databases go by names derived from the set; those of volumes have ids. */
const regionCopy = z.strictObject({
  state: z.enum(['making', 'whole', 'verified', 'failed']),
  /** KMS key ARN of this region. */
  key: z.string(),
  /** RDS snapshot identifiers by database. */
  databases: z.record(z.string(), z.string()),
  /** EBS snapshot ids by `<store>/<replica>`. */
  volumes: z.record(z.string(), z.string()),
  verifiedAt: moment.optional(),
});
export type RegionCopy = z.infer<typeof regionCopy>;

/** The record of a set, the same in each region's table; key `setId`. Values of secrets stand nowhere in it. */
export const recoverySet = z.strictObject({
  setId: z.string(),
  environment: z.string(),
  dueAt: moment,
  startedAt: moment,
  execution: z.string(),
  completedAt: moment.optional(),
  state: z.enum(setStates),
  failure: z.string().optional(),
  databases: z.array(databaseMember),
  volumes: z.array(volumeMember),
  /** `<store>/<replica>` that were due and stand in no region but the lost one: taken after a failover, before somebody has brought them. */
  absent: z.array(z.string()).optional(),
  clusterState: storedObject.optional(),
  images: z.array(z.strictObject({ repository: z.string(), digest: z.string(), tag: z.string() })),
  secrets: z.array(z.strictObject({ secret: z.string(), versionId: z.string() })),
  configuration: storedObject.optional(),
  copies: z.record(z.string(), regionCopy),
  /** Each restore that came out whole, with its seconds by step: how long the next one takes is read from them. */
  proven: z.array(
    z.strictObject({
      at: moment,
      region: z.string(),
      execution: z.string(),
      seconds: z.record(z.string(), z.number()).optional(),
    }),
  ),
  /** Who restores from it; a use binds until its hour. */
  inUse: z.array(
    z.strictObject({
      by: z.enum(['restore-test', 'restore']),
      execution: z.string(),
      region: z.string(),
      until: moment,
    }),
  ),
});
export type RecoverySet = z.infer<typeof recoverySet>;

/** `20261120t2300z`: lower case, as RDS stores identifiers. */
function stampOf(dueAt: number): string {
  return new Date(dueAt).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase().concat('z');
}

/** The id of the set that was due at this minute (milliseconds since 1970): every delivery of the same hour derives the same. */
export function recoverySetId(environment: string, dueAt: number): string {
  return `${environment}-${stampOf(dueAt)}`;
}

/** Environment and due minute of an id; undefined for anything else. */
export function parseRecoverySetId(setId: string): { environment: string; dueAt: number } | undefined {
  const match = /^(.+)-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)z$/.exec(setId);
  if (!match) return undefined;
  const [, environment = '', ...parts] = match;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
  const dueAt = Date.UTC(year, month - 1, day, hour, minute);
  return recoverySetId(environment, dueAt) === setId ? { environment, dueAt } : undefined;
}

/** 1 to 255 letters, digits, hyphens: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html */
const snapshotIdentifierForm = /^(?=.{1,255}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * RDS identifier of a database's snapshot, the same in each region. The stamp stands between environment and database, so that
 * `aeon` + `staging-x` is not `aeon-staging` + `x`. Throws RangeError where RDS would refuse it.
 */
export function databaseSnapshotName(setId: string, database: string): string {
  const name = `mainstay-${setId}-${database}`;
  if (snapshotIdentifierForm.test(name)) return name;
  throw new RangeError(
    `'${name}' is no RDS snapshot identifier. Allowed: 1 to 255 lower-case letters, digits and single hyphens, a letter first. ` +
      'Rename the database or the platform in the definition.',
  );
}

/** Tags of every snapshot of ours. One without all of them, or under another name, is somebody else's. */
export const snapshotTags = {
  environment: 'mainstay.dev/environment',
  set: 'mainstay.dev/recovery-set',
  member: 'mainstay.dev/member',
  /** `taking`, then `complete`: says without the table whether a run left it half made. */
  state: 'mainstay.dev/state',
} as const;

/** Keys in the bucket of each region; lifecycle rules go by the first part. */
export const recoverySetKeys = {
  manifest: (setId: string, database: string) => `manifests/${setId}/${database}.json`,
  /** What was read before the snapshot, until the manifest is whole. */
  manifestBefore: (setId: string, database: string) => `manifests/${setId}/${database}.before.json`,
  clusterState: (setId: string) => `cluster-state/${setId}.json.gz`,
  configuration: (setId: string) => `configuration/${setId}.json`,
  applicationData: (setId: string) => `application-data/${setId}.json.gz`,
  /** In the staging bucket of exports, and under the same prefix in the archive. */
  export: (setId: string, database: string) => `exports/${setId}/${database}`,
} as const;

/** DynamoDB table of each region's records. */
export function recoverySetsTableName(environment: string): string {
  return `mainstay-${environment}-recovery-sets`;
}

/** What a person or a test asks of a set before anything is made of it. */
export interface RestoreDemand {
  readonly environment: string;
  readonly region: string;
  /** KMS keys that can be used in the region. */
  readonly usableKeys: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore?: number;
  /** The instance under the name to restore to, where one exists. */
  readonly occupied?: { readonly instance: string; readonly status: string };
}

/** Throws the first refusal: another platform, incomplete, a key that the region lacks, too old, over a running database. */
export function refuseRestore(set: RecoverySet, demand: RestoreDemand): void {
  if (set.environment !== demand.environment) {
    throw new SetOfAnotherPlatform(set.setId, set.environment, demand.environment);
  }
  const missing = missingMembers(set, demand.region);
  if (missing.length > 0) throw new SetIncomplete(set.setId, demand.region, missing);
  const key = set.copies[demand.region]?.key ?? '';
  if (!demand.usableKeys.includes(key)) throw new SetKeyMissing(set.setId, demand.region, key, demand.usableKeys);
  if (demand.notBefore !== undefined && Date.parse(set.dueAt) < demand.notBefore) {
    throw new SetTooOld(set.setId, set.dueAt, new Date(demand.notBefore).toISOString());
  }
  if (demand.occupied) throw new DatabaseStillRuns(demand.occupied.instance, demand.occupied.status);
}

/** Throws SetOfAnotherPlatform for an id that names another environment: no table of this one has it. */
export function refuseForeignSet(setId: string, environment: string): void {
  const its = parseRecoverySetId(setId)?.environment;
  if (its !== undefined && its !== environment) throw new SetOfAnotherPlatform(setId, its, environment);
}

/** What keeps a set from being restored in a region, in words; empty where nothing does. */
export function missingMembers(set: RecoverySet, region: string): readonly string[] {
  if (set.state !== 'complete' && set.state !== 'verified') return [`its state is ${set.state}`];
  const copy = set.copies[region];
  if (!copy) return [`it has no copy in ${region}`];
  if (copy.state !== 'whole' && copy.state !== 'verified') return [`its copy is ${copy.state}`];
  return [
    ...set.databases.flatMap(({ database }) => (copy.databases[database] ? [] : [`database ${database}`])),
    ...set.volumes.flatMap(({ store, replica }) =>
      copy.volumes[`${store}/${replica}`] ? [] : [`volume ${store}/${replica}`],
    ),
    ...(set.configuration ? [] : ['configuration']),
  ];
}
