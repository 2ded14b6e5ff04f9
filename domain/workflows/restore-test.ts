import * as z from 'zod';
import { databaseChecks, failureKinds } from '../manifest.ts';
import { execution } from './shared.ts';

/*
 * restore-test, in this order:
 *
 *   choose-set → beside each other: databases (Map: restore-database …, look-at-restored-database …, warm-database …, compare-database),
 *   volumes (Map: restore-volume, look-at-restored-volume …) → clean-up … → record-verdict
 *
 * Whatever fails is a result of its database or volume, so that the way always leads over clean-up to the verdict.
 */

/** The scheduler gives its time; a person nothing, or a region or a set as well. */
export const restoreTestRequest = z.strictObject({
  dueAt: z.iso.datetime().optional(),
  region: z.string().optional(),
  set: z.string().optional(),
});
export type RestoreTestRequest = z.infer<typeof restoreTestRequest>;

/** choose-set: the newest whole one in the region; writes its use until the test's deadline. `idle`: another region's turn, or tested already. */
export const chooseSetInput = z.strictObject({ input: z.unknown(), execution, startedAt: z.iso.datetime() });
export type ChooseSetInput = z.infer<typeof chooseSetInput>;
export interface ChooseSetOutput {
  readonly verdict: 'go' | 'idle';
  readonly reason: string;
  readonly setId: string;
  readonly region: string;
  readonly databases: readonly z.infer<typeof chosenDatabase>[];
  readonly volumes: readonly z.infer<typeof chosenVolume>[];
}
const chosenDatabase = z.strictObject({
  database: z.string(),
  engine: z.string(),
  /** RDS identifier that it is restored under. */
  instance: z.string(),
  /** What is asked of it beside its contents. */
  checks: databaseChecks,
});
const chosenVolume = z.strictObject({ member: z.string(), snapshot: z.string(), gibibytes: z.int() });

/** Who restores what, for tests and for a person alike. `since`: begin of the step that is looked at. */
export const restoredInput = z.strictObject({
  /** Null for a point in time. */
  setId: z.string().nullable(),
  pointInTime: z.iso.datetime().nullable(),
  database: z.string(),
  instance: z.string(),
  purpose: z.enum(['test', 'restore']),
  since: z.iso.datetime(),
  execution,
});
export type RestoredInput = z.infer<typeof restoredInput>;
/** restore-database (`ready`: it is being made) and look-at-restored-database (`ready`: it answers at host and port). */
export interface RestoredOutput {
  readonly state: 'waiting' | 'ready' | 'broken';
  readonly reason: string;
  readonly waitSeconds: number;
}
export interface LookedAtOutput extends RestoredOutput {
  readonly host: string | null;
  readonly port: number | null;
}

/** warm-database: reads; `waiting`: deliver it again, with what it has `read`. */
export const warmDatabaseInput = restoredInput.extend({
  host: z.string(),
  port: z.int(),
  /** Tables in their order that earlier deliveries have read. */
  read: z.int().min(0),
});
export type WarmDatabaseInput = z.infer<typeof warmDatabaseInput>;
export interface WarmDatabaseOutput extends RestoredOutput {
  readonly read: number;
  /** What a `broken` one is called in the verdict. */
  readonly kind: 'cold' | 'login' | 'time';
}

export const testFailureKinds = [...failureKinds, 'query', 'login', 'cold', 'time', 'restore', 'volume'] as const;
export const testFailure = z.strictObject({
  kind: z.enum(testFailureKinds),
  table: z.string(),
  expected: z.string(),
  found: z.string(),
});
export type TestFailure = z.infer<typeof testFailure>;

/** compare-database: manifest against what is there, the platform's own queries, logins with the set's secret versions. */
export const compareDatabaseInput = restoredInput.extend({ host: z.string(), port: z.int(), checks: databaseChecks });
export type CompareDatabaseInput = z.infer<typeof compareDatabaseInput>;
export const compareDatabaseOutput = z.strictObject({
  verdict: z.enum(['proven', 'failed']),
  /** The first hundred. */
  failures: z.array(testFailure),
  failuresInAll: z.int(),
  tablesCompared: z.int(),
  tablesUnbounded: z.int(),
  rowsCompared: z.int(),
  loginsTried: z.int(),
  queriesAsked: z.int(),
});
export type CompareDatabaseOutput = z.infer<typeof compareDatabaseOutput>;

/** restore-volume and look-at-restored-volume. */
export const restoreVolumeInput = z.strictObject({
  setId: z.string(),
  member: z.string(),
  snapshot: z.string(),
  gibibytes: z.int(),
  since: z.iso.datetime(),
  execution,
});
export type RestoreVolumeInput = z.infer<typeof restoreVolumeInput>;

/** clean-up: everything that carries the execution's tag; answers what is still there. */
export const cleanUpInput = z.strictObject({ since: z.iso.datetime(), execution });
export type CleanUpInput = z.infer<typeof cleanUpInput>;
export interface CleanUpOutput {
  readonly leftBehind: readonly string[];
  /** 0: nothing is left, or it is left to the sweeper. */
  readonly waitSeconds: number;
}

const moment = z.iso.datetime().nullable();
/** How one database or volume came out. `compared` is null where it did not get that far; then `failure` says why. */
export const testResult = z.strictObject({
  member: z.string(),
  compared: compareDatabaseOutput.nullable(),
  failure: testFailure.nullable(),
  startedAt: moment,
  availableAt: moment,
  warmAt: moment,
  comparedAt: moment,
});
export type TestResult = z.infer<typeof testResult>;

/** record-verdict: marks proven in the tables of both regions or alarms, ends the use, writes durations by step as metrics. */
export const recordVerdictInput = z.strictObject({
  setId: z.string(),
  region: z.string(),
  databases: z.array(z.string()),
  volumes: z.array(z.string()),
  results: z.array(testResult),
  /** What kept the run from results, such as a catch; null where nothing did. */
  failure: z.strictObject({ error: z.string(), reason: z.string() }).nullable(),
  leftBehind: z.array(z.string()),
  recordedAt: z.iso.datetime(),
  execution,
});
export type RecordVerdictInput = z.infer<typeof recordVerdictInput>;
export interface RecordVerdictOutput {
  readonly verdict: 'proven' | 'failed';
  readonly reason: string;
  readonly setId: string;
  readonly region: string;
  /** The first hundred, each with its database or volume. */
  readonly failures: readonly (TestFailure & { readonly member: string })[];
  readonly seconds: Readonly<Partial<Record<string, number>>>;
  readonly tablesCompared: number;
  readonly rowsCompared: number;
  readonly leftBehind: readonly string[];
}

/** sweep-restore-tests: removes what ended tests have left, and measures how old the last proof is. */
export const sweepRestoreTestsInput = z.object({});
export interface SweepRestoreTestsOutput {
  readonly removed: readonly string[];
  /** Of tests that ended more than two hours ago. */
  readonly leftBehind: readonly string[];
  readonly provenAgeHours: number | null;
}
