import type { SetState } from './recovery-set.ts';

const minute = 60_000;
const day = 1440 * minute;

/** A set whose run has not begun so long after its minute is missed: the alarm comes well within 15 minutes. */
export const missedAfterMinutes = 5;
/**
 * A set that is not whole in its own region by then is late, and has alarmed within 15: a look may die and come again a minute later, its minute has to be over,
 * and CloudWatch evaluates within the minute after that.
 */
export const lateAfterMinutes = 12;

/** What the definition says of times. */
export interface BackupSchedule {
  readonly everyMinutes: number;
  /** `HH:MM`, of the first one of a day. */
  readonly startsAtUtc: string;
}

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * minute;
}

/**
 * Due minutes after `from` up to and with `to`, in milliseconds since 1970. Up to a day apart they begin anew each day at
 * `startsAtUtc`; further apart they count from 1970-01-01 at that time.
 */
export function dueBetween({ everyMinutes, startsAtUtc }: BackupSchedule, from: number, to: number): readonly number[] {
  const every = everyMinutes * minute;
  const offset = timeOfDay(startsAtUtc);
  const due: number[] = [];
  const period = Math.max(day, every);
  const first = Math.floor((from - offset) / period) * period + offset;
  for (let start = first; start <= to; start += period) {
    for (let at = start; at < start + period && at <= to; at += every) if (at > from) due.push(at);
  }
  return due;
}

export type HourVerdict = 'waiting' | 'made' | 'late' | 'missed' | 'failed';

/** How an hour stands: no set at all within five minutes is missed, not whole within twelve is late. `made` however late it became whole. */
export function judgeHour(dueAt: number, set: { readonly state: SetState } | undefined, now: number): HourVerdict {
  if (!set) return now - dueAt >= missedAfterMinutes * minute ? 'missed' : 'waiting';
  if (set.state === 'failed') return 'failed';
  if (set.state !== 'taking') return 'made';
  return now - dueAt >= lateAfterMinutes * minute ? 'late' : 'waiting';
}

/** Whose turn it is: the regions one after the other, a period each, without remembering who was last. Throws RangeError without a region. */
export function restoreTestRegion(regions: readonly string[], everyDays: number, dueAt: number): string {
  const turn = Math.floor(dueAt / (everyDays * day));
  const region = regions[((turn % regions.length) + regions.length) % regions.length];
  if (region === undefined) throw new RangeError('A restore test needs a region; none came. Allowed: one or more.');
  return region;
}

/**
 * EventBridge's expressions that meet every due minute and no other: one for each minute of the hour that has any. Sets that are further apart than a day are
 * met each day; all but one of these find their set made. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html
 */
export function cronExpressions(schedule: BackupSchedule): readonly string[] {
  const daily = { ...schedule, everyMinutes: Math.min(schedule.everyMinutes, 1440) };
  const offset = timeOfDay(schedule.startsAtUtc);
  const due = dueBetween(daily, offset - 1, offset + day - 1).map((at) => (at / minute) % 1440);
  const hours = Map.groupBy(due, (at) => at % 60);
  return [...hours].map(([of, all]) => {
    const listed = all.map((at) => Math.floor(at / 60)).sort((a, b) => a - b);
    return `cron(${of} ${listed.length === 24 ? '*' : listed.join(',')} * * ? *)`;
  });
}
