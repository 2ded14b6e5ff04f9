import type { BackupSettings } from './backups.ts';
import type { SetState } from './recovery-set.ts';
import { dueBetween, judgeHour, lateAfterMinutes, missedAfterMinutes } from './recovery-set-schedule.ts';
import { isCopied } from './snapshot-copies.ts';

/* When somebody looks whether the backups were made, what is looked at, and what is counted. */

const minute = 60_000;
const minutesPerDay = 1440;
/** A copied set is to be verified in the other region within the hour. */
export const copyDueMinutes = 60;

/** CloudWatch's; one value a look, dimension `Environment`. */
export const backupMetrics = {
  namespace: 'Mainstay',
  missed: 'BackupsMissed',
  late: 'BackupsLate',
  failed: 'BackupsFailed',
  copies: 'BackupCopiesNotVerified',
} as const;

export type BackupSchedule = Pick<BackupSettings, 'everyMinutes' | 'startsAtUtc' | 'copyEvery' | 'copiedToStandby'>;

/**
 * EventBridge's expression of the looks: when a set that has not begun is missed, and when one that is not whole is late. Copies are looked at by the same looks of the
 * following hour. So many different minutes that an hour would be full of them become every five.
 */
export function watchExpression({
  everyMinutes,
  startsAtUtc,
}: Pick<BackupSchedule, 'everyMinutes' | 'startsAtUtc'>): string {
  const midnight = 0;
  const due = dueBetween({ everyMinutes, startsAtUtc }, midnight - 1, midnight + minutesPerDay * minute - 1);
  // Further than a day apart there may be none today: the time of day is the same.
  const times = due.length > 0 ? due : [timeOfDay(startsAtUtc)];
  const looks = times.flatMap((at) => [missedAfterMinutes, lateAfterMinutes].map((after) => at / minute + after));
  const ofHour = [...new Set(looks.map((at) => at % 60))].sort((a, b) => a - b);
  if (ofHour.length > 12) return 'rate(5 minutes)';
  return `cron(${ofHour.join(',')} * * * ? *)`;
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * minute;
}

/** Due minutes that a look judges: the latest, and those whose copies are due. */
export function hoursLookedAt(
  schedule: BackupSchedule,
  now: number,
): { latest: readonly number[]; before: readonly number[] } {
  const every = schedule.everyMinutes * minute;
  const copied = now - copyDueMinutes * minute;
  return { latest: dueBetween(schedule, now - every, now), before: dueBetween(schedule, copied - every, copied) };
}

export interface BackupCounts {
  readonly missed: number;
  readonly late: number;
  readonly failed: number;
  readonly copies: number;
}

/** The state of a set as the region's table has it, or undefined. */
export type StateOf = (dueAt: number) => { readonly state: SetState } | undefined;

/**
 * What is wrong in a region that backs up: the latest sets by `judgeHour`, earlier ones that are still being taken, copies of whole sets that are not verified when they should be.
 * In one that is copied to: copies that it does not have, whatever the reason.
 */
export function judgeBackups(
  schedule: BackupSchedule,
  seen: { readonly now: number; readonly reigns: boolean; readonly stateOf: StateOf },
): BackupCounts {
  const { now, reigns, stateOf } = seen;
  const { latest, before } = hoursLookedAt(schedule, now);
  const isDue = (at: number) => schedule.copiedToStandby && isCopied(at, schedule);
  const lacks = (at: number) => {
    const state = stateOf(at)?.state;
    return reigns ? state === 'complete' : state !== 'verified' && state !== 'deleting';
  };
  const copies = before.filter((at) => isDue(at) && lacks(at)).length;
  if (!reigns) return { missed: 0, late: 0, failed: 0, copies };
  const verdicts = latest.map((at) => judgeHour(at, stateOf(at), now));
  const count = (verdict: string) => verdicts.filter((one) => one === verdict).length;
  const stuck = before.filter((at) => !latest.includes(at) && stateOf(at)?.state === 'taking').length;
  return { missed: count('missed'), late: count('late') + stuck, failed: count('failed'), copies };
}
