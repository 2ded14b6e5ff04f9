import * as z from 'zod';
import { databaseInstanceName, databaseInstanceNameLengthMax } from './databases.ts';
import { snapshotTags } from './recovery-set.ts';

/*
 * Names, tags and hours of what is restored: by a test, in a network of its own and removed afterwards; or by a person, beside the running
 * database and left there.
 */

/** The variable of the functions' environment with `restoreSettings` as JSON. */
export const restoreVariables = { settings: 'MAINSTAY_RESTORES' } as const;

/** From the platform's definition and the stack of one region. */
export const restoreSettings = z.strictObject({
  account: z.string(),
  /** Both regions, the definition's primary first; one where the stage has no standby. */
  regions: z.array(z.string()).min(1).max(2),
  everyDays: z.int().min(1),
  /** What the platform allows for its recovery: a trend is told against it. */
  recoveryTimeSeconds: z.int().min(1),
  /** Whether a person's restore has to be approved, and how long is waited for it. */
  approval: z.strictObject({ required: z.boolean(), timeoutSeconds: z.int() }),
  /** The network of tests: no route leads out of it. */
  isolated: z.strictObject({
    subnetGroup: z.string(),
    securityGroup: z.string(),
    /** Of volumes. */
    zone: z.string(),
    /** By database; `*` for all that are not named. */
    parameterGroups: z.record(z.string(), z.string()),
  }),
  /** The platform's own network, for what a person restores while no instance of that database stands there. */
  beside: z.strictObject({ subnetGroup: z.string(), securityGroup: z.string() }),
});
export type RestoreSettings = z.infer<typeof restoreSettings>;

/** Tags of what a restore makes. One with `test` may be removed by us, and nothing else may. */
export const restoreTags = {
  environment: snapshotTags.environment,
  set: snapshotTags.set,
  member: snapshotTags.member,
  /** ARN of the test's execution. */
  test: 'mainstay.dev/restore-test',
  /** ARN of the execution that a person started. */
  restore: 'mainstay.dev/restore',
} as const;

/** The workflow's own limit: a restore of many terabytes takes hours. */
export const restoreTimeoutSeconds = 12 * 3600;
/** How long a test binds its set: an hour beyond the workflow's limit, for what comes after it. */
export const useSeconds = restoreTimeoutSeconds + 3600;
/** Databases of a platform that one test restores; the next one goes on with those after them. Ten are half of an execution's history. */
export const databasesATest = 10;
/** What a test made and is still there so long after its end alarms. */
export const leftBehindAfterSeconds = 2 * 3600;

/** How long each step may take, from its begin, before it counts as a failure. */
export const stepSecondsMax = { accept: 3600, restore: 4 * 3600, warm: 4 * 3600, cleanUp: 3600 } as const;

/** Until the next look: often at first, seldom later, so that a day of looks fits an execution's history. */
export function pauseSeconds(sinceSeconds: number): number {
  if (sinceSeconds < 600) return 30;
  return sinceSeconds < 3600 ? 60 : 300;
}

/** Prefix of every instance that a test makes: beside the tag, what the right to remove names. */
export function testInstancePrefix(environment: string): string {
  return `mst-${environment}-`;
}

/** The same for each delivery of the same test, another for each test and database. Throws RangeError for a name that RDS does not take. */
export function testInstanceName(environment: string, executionName: string, database: string): string {
  return fitting(`${testInstancePrefix(environment)}${shortHash(`${executionName}/${database}`)}`);
}

/** What a person's restore is called unless they say it. */
export function restoredInstanceName(environment: string, executionName: string, database: string): string {
  const suffix = `-restored-${shortHash(`${executionName}/${database}`).slice(0, 7)}`;
  const name = databaseInstanceName(environment, database).slice(0, databaseInstanceNameLengthMax - suffix.length);
  return fitting(`${name.replace(/-+$/, '')}${suffix}`);
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html */
export const instanceIdentifierForm = /^(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

function fitting(name: string): string {
  if (instanceIdentifierForm.test(name)) return name;
  throw new RangeError(
    `'${name}' is no RDS identifier. Allowed: 1 to 63 lower-case letters, digits and single hyphens.`,
  );
}

/** Idempotency token of a test's volume: 'up to 64 ASCII characters'. */
export function volumeToken(executionName: string, member: string): string {
  return `mst-${shortHash(`${executionName}/volume/${member}`)}`;
}

/** 62 bits of two FNV-1a hashes, as letters and digits. */
export function shortHash(text: string): string {
  return [0x811c9dc5, 0x6c62272e]
    .map((basis) => {
      let hash = basis;
      for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
      return (hash >>> 0).toString(36).padStart(7, '0');
    })
    .join('');
}

const day = 86_400_000;

/**
 * The schedule comes each day; of those days this is the first of its period. A weekly schedule would be watched by nobody: CloudWatch looks
 * back seven days at most, and an alarm's warm-up ends after two.
 */
export function isTestDue(everyDays: number, dueAt: number): boolean {
  const period = everyDays * day;
  return Math.floor(dueAt / period) !== Math.floor((dueAt - day) / period);
}

/** Which databases this test takes: all where they are few, else a stretch that moves on with each turn. */
export function databasesOfTurn<Of>(databases: readonly Of[], turn: number): readonly Of[] {
  if (databases.length <= databasesATest) return databases;
  const from = (turn * databasesATest) % databases.length;
  return Array.from({ length: databasesATest }, (_, index) => databases[(from + index) % databases.length] as Of);
}

/** Steps of a restore whose seconds are measured. */
export const restoreSteps = ['restore', 'warm', 'compare', 'total'] as const;
export type RestoreStep = (typeof restoreSteps)[number];

/** When a database reached each step, ISO 8601; absent where it did not. */
export interface StepTimes {
  readonly startedAt: string;
  readonly availableAt?: string | undefined;
  readonly warmAt?: string | undefined;
  readonly comparedAt?: string | undefined;
}

/** Seconds of the slowest database by step: they run beside each other. A step that none has reached is left out. */
export function secondsByStep(times: readonly StepTimes[]): Partial<Record<RestoreStep, number>> {
  const spans = (from: keyof StepTimes, to: keyof StepTimes): readonly number[] =>
    times.flatMap((each) => {
      const [begin, end] = [each[from], each[to]];
      return begin === undefined || end === undefined ? [] : [(Date.parse(end) - Date.parse(begin)) / 1000];
    });
  const all: Record<RestoreStep, readonly number[]> = {
    restore: spans('startedAt', 'availableAt'),
    warm: spans('availableAt', 'warmAt'),
    compare: spans('warmAt', 'comparedAt'),
    total: spans('startedAt', 'comparedAt'),
  };
  const reached = restoreSteps.filter((step) => all[step].length > 0);
  return Object.fromEntries(reached.map((step) => [step, Math.round(Math.max(...all[step]))]));
}

/** The middle of an odd number, the higher middle of an even one; undefined of none. */
export function medianOf(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** CloudWatch metrics of tests; dimension `Environment`, of `RestoreTestSeconds` also `Step`. */
export const restoreMetrics = {
  namespace: 'Mainstay',
  seconds: 'RestoreTestSeconds',
  /** Of the recovery time that the platform allows. */
  share: 'RestoreTestPercentOfRecoveryTime',
  failed: 'RestoreTestFailed',
  leftBehind: 'RestoreTestLeftBehind',
  provenAge: 'ProvenSetAgeHours',
} as const;
