import { describe, expect, it } from 'vitest';
import { type BackupSchedule, hoursLookedAt, judgeBackups, watchExpression } from '../../domain/backup-watch.ts';
import type { SetState } from '../../domain/recovery-set.ts';

const at = (text: string) => Date.parse(`2026-11-21T${text}:00Z`);
const hourly: BackupSchedule = { everyMinutes: 60, startsAtUtc: '00:00', copyEvery: 1, copiedToStandby: true };

function judged(
  time: string,
  states: Readonly<Record<string, SetState>>,
  more: { reigns?: boolean; schedule?: BackupSchedule } = {},
) {
  const stateOf = (dueAt: number) => {
    const state = states[new Date(dueAt).toISOString().slice(11, 16)];
    return state === undefined ? undefined : { state };
  };
  return judgeBackups(more.schedule ?? hourly, { now: at(time), reigns: more.reigns ?? true, stateOf });
}

const nothing = { missed: 0, late: 0, failed: 0, copies: 0 };

describe('the looks', () => {
  it.each([
    [60, '00:00', 'cron(5,12 * * * ? *)'],
    [1440, '02:50', 'cron(2,55 * * * ? *)'],
    [2880, '02:00', 'cron(5,12 * * * ? *)'],
    [30, '00:10', 'cron(15,22,45,52 * * * ? *)'],
    [7, '00:00', 'rate(5 minutes)'],
  ])('every %d minutes from %s are %s', (everyMinutes, startsAtUtc, expression) => {
    expect(watchExpression({ everyMinutes, startsAtUtc })).toBe(expression);
  });

  it('judge the latest hour, and the one before for its copy', () => {
    expect(hoursLookedAt(hourly, at('10:05'))).toEqual({ latest: [at('10:00')], before: [at('09:00')] });
    expect(hoursLookedAt(hourly, at('10:12'))).toEqual({ latest: [at('10:00')], before: [at('09:00')] });
  });
});

describe('a region that backs up', () => {
  it('counts nothing where the sets are made, copied and verified', () => {
    expect(judged('10:05', { '10:00': 'taking', '09:00': 'verified' })).toEqual(nothing);
    expect(judged('10:12', { '10:00': 'complete', '09:00': 'verified' })).toEqual(nothing);
  });

  it('counts a set that was not begun within five minutes', () => {
    expect(judged('10:05', { '09:00': 'verified' })).toEqual({ ...nothing, missed: 1 });
    expect(judged('10:04', { '09:00': 'verified' })).toEqual(nothing);
  });

  it('counts one that is not whole within twelve, and goes on while it is not', () => {
    expect(judged('10:12', { '10:00': 'taking', '09:00': 'verified' })).toEqual({ ...nothing, late: 1 });
    expect(judged('11:05', { '11:00': 'taking', '10:00': 'taking' })).toEqual({ ...nothing, late: 1 });
  });

  it('counts one that failed', () => {
    expect(judged('10:12', { '10:00': 'failed', '09:00': 'verified' })).toEqual({ ...nothing, failed: 1 });
  });

  it('counts a whole set whose copy is not verified an hour later; one without a copy to make is none', () => {
    expect(judged('10:05', { '10:00': 'taking', '09:00': 'complete' })).toEqual({ ...nothing, copies: 1 });
    expect(judged('10:05', { '10:00': 'taking', '09:00': 'failed' })).toEqual(nothing);
    const seldom = { ...hourly, copyEvery: 5 };
    const states = { '10:00': 'taking', '09:00': 'complete' } as const;
    const copied = Math.floor(at('09:00') / 3_600_000) % 5 === 0 ? 1 : 0;
    expect(judged('10:05', states, { schedule: seldom }).copies).toBe(copied);
    expect(judged('10:05', states, { schedule: { ...hourly, copiedToStandby: false } })).toEqual(nothing);
  });
});

describe('a region that is copied to', () => {
  it('says nothing of hours, and counts every copy that it lacks', () => {
    expect(judged('10:05', { '09:00': 'verified' }, { reigns: false })).toEqual(nothing);
    expect(judged('10:05', {}, { reigns: false })).toEqual({ ...nothing, copies: 1 });
  });
});
