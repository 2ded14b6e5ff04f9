import * as z from 'zod';
import { recoverySetId } from './recovery-set.ts';
import { dueBetween } from './recovery-set-schedule.ts';
import { isCopied } from './snapshot-copies.ts';

/*
 * What the backups of an environment are told, and the names that stacks and functions share. The same in both regions: which of them
 * backs up is the reign's to say. docs/decisions/0024-how-backups-and-restore-tests-run.md
 */

/** The variable of the functions' environment with `backupSettings` as JSON. */
export const backupVariables = { settings: 'MAINSTAY_BACKUPS' } as const;

const minutes = z.int().min(1);
const utc = z.string().regex(/^\d\d:\d\d$/);

/** From the platform's definition. Databases are not in it: a thousand of them pass the 4 KB that a function's variables may have. */
export const backupSettings = z.strictObject({
  account: z.string(),
  /** Both regions, the definition's primary first; one where the stage has no standby. */
  regions: z.array(z.string()).min(1).max(2),
  everyMinutes: minutes,
  startsAtUtc: utc,
  fullDailyAtUtc: utc.optional(),
  copiedToStandby: z.boolean(),
  copyEvery: minutes,
  keep: z.strictObject({ hourly: z.int(), daily: z.int(), weekly: z.int(), monthly: z.int() }),
  manualSnapshotQuota: z.int(),
  /** Stores whose volumes are taken with a set, and how often; retention by tag. */
  volumes: z.array(
    z.strictObject({
      store: z.string(),
      purpose: z.string(),
      replicas: z.int().min(1),
      everyMinutes: minutes,
      retentionDays: minutes,
    }),
  ),
  clusterState: z.strictObject({ everyMinutes: minutes, gigabytesMax: z.number() }).optional(),
  applicationData: z.strictObject({ everyMinutes: minutes, includes: z.array(z.string()) }).optional(),
  archiveYears: z.int().min(1).optional(),
});
export type BackupSettings = z.infer<typeof backupSettings>;

/** KMS alias, without `alias/`, of the key that encrypts the region's sets; every region has a key of its own under it. */
export function backupsKeyAlias(environment: string): string {
  return `mainstay/${environment}/backups`;
}

/** SSM parameter of each region: the ARN of that key. A copy is called in one region and encrypted for the other. */
export function backupsKeyParameterName(environment: string): string {
  return `/mainstay/${environment}/backups/key`;
}

/** SSM path of each region: the databases to take, in as many parameters as they need (`backedUpDatabases`). */
export function backedUpDatabasesPath(environment: string): string {
  return `/mainstay/${environment}/backups/databases/`;
}

export const backedUpDatabases = z.array(z.strictObject({ name: z.string(), engine: z.string() })).min(1);
export type BackedUpDatabase = z.infer<typeof backedUpDatabases>[number];

/** 'Maximum size for a parameter value: 4 KB': https://docs.aws.amazon.com/general/latest/gr/ssm.html. 50 names of 63 letters with their engines fit. */
const databasesAParameter = 40;

/** The parameters' values by name. */
export function backedUpDatabaseParameters(
  environment: string,
  databases: readonly BackedUpDatabase[],
): ReadonlyMap<string, string> {
  const path = backedUpDatabasesPath(environment);
  const parts = Math.ceil(databases.length / databasesAParameter);
  return new Map(
    Array.from({ length: parts }, (_, index) => [
      `${path}${String(index).padStart(3, '0')}`,
      JSON.stringify(
        databases
          .slice(index * databasesAParameter, (index + 1) * databasesAParameter)
          .map(({ name, engine }) => ({ name, engine })),
      ),
    ]),
  );
}

/** `sets`: what a restore reads, by `recoverySetKeys`. `exports`: where RDS writes, for a day. `archive`: locked for years. */
export type BackupBucket = 'sets' | 'exports' | 'archive';

/** With account and region: a bucket's name is taken once in all of AWS. */
export function backupBucketName(environment: string, account: string, region: string, bucket: BackupBucket): string {
  return `mainstay-${environment}-${bucket}-${account}-${region}`;
}

/** Role that RDS takes to write exports. */
export function exportRoleName(environment: string, region: string): string {
  return `mainstay-${environment}-export-${region}`;
}

/** What of a set is due at its minute. */
export interface DueParts {
  readonly setId: string;
  readonly dueAt: number;
  /** Copied to the other region. */
  readonly copied: boolean;
  /** Exported and archived; its manifest reads everything. */
  readonly full: boolean;
  readonly volumes: readonly { readonly store: string; readonly replica: number }[];
  readonly clusterState: boolean;
  readonly applicationData: boolean;
}

const minute = 60_000;

/** The last minute up to `at` at which a set was due, in milliseconds since 1970. */
export function lastDue(settings: BackupSettings, at: number): number {
  const due = dueBetween(settings, at - Math.max(settings.everyMinutes, 1440) * 2 * minute, at).at(-1);
  if (due === undefined) throw new RangeError(`No set was due before ${new Date(at).toISOString()}.`);
  return due;
}

/** What belongs to the set of this minute: parts that are due less often than sets are counted from 1970, so that nobody has to remember. */
export function duePartsOf(environment: string, settings: BackupSettings, dueAt: number): DueParts {
  const { everyMinutes, copyEvery, regions } = settings;
  const isDue = (each: number | undefined) =>
    each !== undefined && isCopied(dueAt, { everyMinutes, copyEvery: Math.max(1, Math.round(each / everyMinutes)) });
  return {
    setId: recoverySetId(environment, dueAt),
    dueAt,
    copied: settings.copiedToStandby && regions.length > 1 && isCopied(dueAt, { everyMinutes, copyEvery }),
    full: settings.archiveYears !== undefined && isFull(settings, dueAt),
    volumes: settings.volumes
      .filter((store) => isDue(store.everyMinutes))
      .flatMap(({ store, replicas }) => Array.from({ length: replicas }, (_, replica) => ({ store, replica }))),
    clusterState: isDue(settings.clusterState?.everyMinutes),
    applicationData: isDue(settings.applicationData?.everyMinutes),
  };
}

/** The first set of a day at or after `fullDailyAtUtc`. */
export function isFull(settings: BackupSettings, dueAt: number): boolean {
  if (settings.fullDailyAtUtc === undefined) return false;
  const [hours = 0, minutesOfHour = 0] = settings.fullDailyAtUtc.split(':').map(Number);
  const midnight = dueAt - (dueAt % (1440 * minute));
  const at = midnight + (hours * 60 + minutesOfHour) * minute;
  return dueAt >= at && dueBetween(settings, at - 1, dueAt)[0] === dueAt;
}

/** How long after its minute a snapshot, and then a copy, may be under way. Both under the workflow's own limit of five and a half hours. */
export const snapshotDeadlineMinutes = 180;
export const copyDeadlineMinutes = 300;
