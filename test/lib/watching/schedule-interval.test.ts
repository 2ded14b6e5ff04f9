import { describe, expect, it } from 'vitest';
import { longestPauseSeconds, missedRunWindow } from '../../../lib/watching/schedule-interval.ts';

describe('the longest pause of a schedule', () => {
  it.each([
    ['rate(1 minute)', 60],
    ['rate(5 minutes)', 300],
    ['rate(2 hours)', 7_200],
    ['rate(1 day)', 86_400],
    ['cron(40 2 * * ? *)', 86_400],
    ['cron(0 4 ? * SUN *)', 604_800],
    // Friday's last run to Monday's first.
    ['cron(0 9-17 ? * MON-FRI *)', 230_400],
  ])('%s is %i s', (expression, seconds) => {
    expect(longestPauseSeconds(expression)).toBe(seconds);
  });

  it('of what runs once, or is no schedule, is refused', () => {
    expect(() => longestPauseSeconds('at(2027-01-01T00:00:00)')).toThrow('neither rate(…) nor cron(…)');
    expect(() => longestPauseSeconds('cron(0 4 1 1 ? 2027)')).toThrow('runs once or never');
  });
});

describe('the window in which a run is missed', () => {
  it.each([
    [60, { periodSeconds: 60, evaluationPeriods: 2, warmUpMinutes: 3 }],
    [300, { periodSeconds: 60, evaluationPeriods: 6, warmUpMinutes: 7 }],
    [3_600, { periodSeconds: 300, evaluationPeriods: 13, warmUpMinutes: 70 }],
    [86_400, { periodSeconds: 3_600, evaluationPeriods: 25, warmUpMinutes: 1_560 }],
  ])('after a pause of %i s', (pause, window) => {
    expect(missedRunWindow(pause)).toEqual(window);
  });

  it('stays within what CloudWatch allows, however long the pause', () => {
    for (const pause of [60, 90, 300, 3_600, 43_200, 50_000, 86_400, 604_800, 2_678_400]) {
      const { periodSeconds, evaluationPeriods, warmUpMinutes } = missedRunWindow(pause);
      const range = periodSeconds * evaluationPeriods;
      expect([
        pause,
        periodSeconds % 60,
        range <= (periodSeconds >= 3_600 ? 604_800 : 86_400),
        warmUpMinutes <= 2_880,
      ]).toEqual([pause, 0, true, true]);
    }
  });
});
