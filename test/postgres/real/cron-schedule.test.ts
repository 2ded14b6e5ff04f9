import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../rehearsal/postgres/real/cron-schedule.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const next = (schedule: string, after: string, last = after): string =>
  new Date(parseSchedule(schedule).next(at(after), at(last))).toISOString().slice(0, 19);

describe('a schedule', () => {
  it.each([
    ['every minute', '* * * * *', '2026-11-02T08:00:30', '2026-11-02T08:01:00'],
    ['at the moment itself: not again', '* * * * *', '2026-11-02T08:01:00', '2026-11-02T08:02:00'],
    ['every fifteen minutes', '*/15 * * * *', '2026-11-02T08:46:00', '2026-11-02T09:00:00'],
    ['at an hour of some days', '30 3 * * sat', '2026-11-02T08:00:00', '2026-11-07T03:30:00'],
    ['on Sunday, which is 0 and 7', '0 0 * * 7', '2026-11-02T08:00:00', '2026-11-08T00:00:00'],
    ['in some months', '0 0 1 jan,jul *', '2026-11-02T08:00:00', '2027-01-01T00:00:00'],
    ['on the last day of a month', '0 0 $ * *', '2027-02-01T00:00:00', '2027-02-28T00:00:00'],
    ['on a day of the month or of the week', '0 0 13 * 5', '2026-11-02T08:00:00', '2026-11-06T00:00:00'],
    ['in a range', '0 9-11 * * *', '2026-11-02T10:00:00', '2026-11-02T11:00:00'],
    ['@hourly', '@hourly', '2026-11-02T08:00:00', '2026-11-02T09:00:00'],
  ])('%s', (_what, schedule, after, expected) => {
    expect(next(schedule, after)).toBe(expected);
  });

  it('of seconds counts from the last run', () => {
    expect(next('10 seconds', '2026-11-02T08:00:00', '2026-11-02T07:59:53')).toBe('2026-11-02T08:00:03');
    expect(next('10 seconds', '2026-11-02T08:00:03', '2026-11-02T08:00:03')).toBe('2026-11-02T08:00:13');
  });

  it('that never comes is never due', () => {
    expect(parseSchedule('0 0 30 2 *').next(at('2026-11-02T08:00:00'), 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each(['* * * *', '@reboot', '61 * * * *', '0 0 * * someday'])('%s is not modelled', (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow(/not modelled/);
  });
});
