import type { LossMeasured } from './failover.ts';

/**
 * A database that does not answer within its region: RDS moves a Multi-AZ instance to its other zone by itself, when it notices; where it does not, it
 * is told to. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html
 */

export const databaseLookSeconds = 5;

export interface DatabaseSeen {
  /** Of RDS; undefined: RDS did not answer, or there is none. */
  readonly status?: string;
  readonly multipleZones: boolean;
  /** Whether a beat was written and read through a login. */
  readonly beats: boolean;
}

export type DatabaseStep =
  | { readonly do: 'done' }
  | { readonly do: 'wait'; readonly waitSeconds: number; readonly why: string }
  | { readonly do: 'force' | 'reboot'; readonly why: string }
  /** The time is over: a person, with the region's failover at hand. */
  | { readonly do: 'give-up'; readonly why: string };

/** What to do now. `forced`: a reboot was asked for in this execution. */
export function databaseStep({
  seen,
  since,
  forced,
  now,
  secondsMax,
}: {
  readonly seen: DatabaseSeen;
  /** When it was taken for dead. */
  readonly since: Date;
  readonly forced: boolean;
  readonly now: Date;
  readonly secondsMax: number;
}): DatabaseStep {
  if (seen.beats) return { do: 'done' };
  const seconds = (now.getTime() - since.getTime()) / 1000;
  if (seconds >= secondsMax) return { do: 'give-up', why: `It does not answer after ${Math.round(seconds)} s.` };
  const wait = (why: string): DatabaseStep => ({ do: 'wait', waitSeconds: databaseLookSeconds, why });
  if (forced) return wait('It was told to move.');
  // RDS refuses a reboot of an instance that is not at rest: while it moves one by itself, it is waited for. Where it does not, no second is lost: it
  // has had the half minute in which the database was silent.
  if (seen.status !== 'available') return wait(`RDS says '${seen.status ?? 'nothing'}'.`);
  return seen.multipleZones
    ? { do: 'force', why: 'RDS has not moved it.' }
    : { do: 'reboot', why: 'It has no instance in another zone; a restart is all there is.' };
}

/** Seconds without an answer, from the first failure on; absent: it answered. Failures are those of looks in a row. */
export function silentSeconds(firstFailure: Date | undefined, now: Date): number | undefined {
  return firstFailure && (now.getTime() - firstFailure.getTime()) / 1000;
}

/** Multi-AZ loses nothing that was acknowledged: the beat that was read last is there, or a later one. */
export function lostInZone(database: string, before: Date | undefined, after: Date): Omit<LossMeasured, 'secondsMin'> {
  if (before === undefined) return { database, seconds: 0 };
  return { database, seconds: Math.max(0, Math.ceil((before.getTime() - after.getTime()) / 1000)) };
}
