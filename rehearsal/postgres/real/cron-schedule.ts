import { Unmodelled } from '../../aws/service.ts';

/** When a job is due. */
export interface CronSchedule {
  /** The first moment after `after` at which the job is due; `last` is when it ran last, or was made. Milliseconds since 1970. */
  next(after: number, last: number): number;
}

const minuteMilliseconds = 60_000;
/** A schedule that is never due within so long (the 30th of February) is never due. */
const horizonMinutes = 5 * 366 * 24 * 60;
const macros: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};
const names = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Reads a schedule as pg_cron does, in GMT: https://github.com/citusdata/pg_cron#cron-syntax Throws Unmodelled. */
export function parseSchedule(text: string): CronSchedule {
  const seconds = /^\s*(\d+)\s+seconds?\s*$/i.exec(text)?.[1];
  if (seconds !== undefined) {
    const period = Number(seconds) * 1000;
    return { next: (after, last) => last + period * (Math.floor((after - last) / period) + 1) };
  }
  const fields = (macros[text.trim().toLowerCase()] ?? text).trim().split(/\s+/);
  const [minute, hour, day, month, weekday] = fields;
  if (fields.length !== 5 || !minute || !hour || !day || !month || !weekday) {
    throw new Unmodelled(`The schedule '${text}' of a job in a database is not modelled.`);
  }
  const due = matcher({ minute, hour, day, month, weekday });
  return {
    next(after) {
      const first = Math.floor(after / minuteMilliseconds) + 1;
      for (let at = first; at < first + horizonMinutes; at++) {
        if (due(new Date(at * minuteMilliseconds))) return at * minuteMilliseconds;
      }
      return Number.POSITIVE_INFINITY;
    },
  };
}

function matcher(
  fields: Readonly<Record<'minute' | 'hour' | 'day' | 'month' | 'weekday', string>>,
): (at: Date) => boolean {
  const minutes = valuesOf(fields.minute, 0, 59);
  const hours = valuesOf(fields.hour, 0, 23);
  const lastDay = fields.day === '$';
  const days = valuesOf(lastDay ? '*' : fields.day, 1, 31);
  const months = valuesOf(fields.month, 1, 12, names, 1);
  const weekdays = new Set([...valuesOf(fields.weekday, 0, 7, dayNames)].map((day) => day % 7));
  const dayMatches = (at: Date): boolean => {
    if (lastDay) return new Date(at.getTime() + 86_400_000).getUTCDate() === 1;
    const byDay = days.has(at.getUTCDate());
    const byWeekday = weekdays.has(at.getUTCDay());
    // Where both are given, one is enough: https://man7.org/linux/man-pages/man5/crontab.5.html
    if (fields.day.startsWith('*') || fields.weekday.startsWith('*')) return byDay && byWeekday;
    return byDay || byWeekday;
  };
  return (at) =>
    minutes.has(at.getUTCMinutes()) &&
    hours.has(at.getUTCHours()) &&
    months.has(at.getUTCMonth() + 1) &&
    dayMatches(at);
}

function valuesOf(
  field: string,
  least: number,
  most: number,
  words: readonly string[] = [],
  base = 0,
): ReadonlySet<number> {
  const numberOf = (text: string): number => {
    const word = words.indexOf(text.toLowerCase());
    const value = word >= 0 ? word + base : Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Unmodelled(`The field '${field}' of a job's schedule is not modelled: ${least} to ${most} are.`);
    }
    return value;
  };
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to] = range.split('-');
    const first = range === '*' ? least : numberOf(from);
    const last = range === '*' || (to === undefined && part.includes('/')) ? most : numberOf(to ?? from);
    for (let value = first; value <= last; value += Math.max(1, Number(step))) found.add(value);
  }
  return found;
}
