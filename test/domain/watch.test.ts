import { describe, expect, it } from 'vitest';
import { judge } from '../../domain/judge.ts';
import type { MinuteObservation } from '../../domain/judgement.ts';
import { decideWatch } from '../../domain/watch.ts';
import { aeon } from '../../platforms/aeon.ts';
import { RandomStream } from '../../rehearsal/kernel/random.ts';
import { binomial } from '../../rehearsal/traffic/draws.ts';

const step = { weightPercent: 25, watchSeconds: 600 };

describe('a watched step', () => {
  it.each([
    ['worse', 0, 'roll-back', 0],
    ['healthy', 540, 'watch', 60],
    ['healthy', 570, 'watch', 30],
    ['healthy', 600, 'go-on', 0],
    ['inconclusive', 600, 'watch', 60],
    ['healthy', 720, 'go-on', 0],
    ['inconclusive', 1199.5, 'watch', 1],
    ['inconclusive', 1200, 'ask', 0],
  ] as const)('that is %s after %d s: %s', (verdict, elapsedSeconds, next, waitSeconds) => {
    expect(decideWatch(verdict, elapsedSeconds, step, 600)).toEqual({ next, waitSeconds });
  });
});

describe("a promotion of aeon's api at 100 requests a second", () => {
  it('does not hang on the second at which it begins, nor on the draw, where the release is no worse', () => {
    const random = new RandomStream(1, 'promotions');
    const endings = Array.from({ length: 600 }, (_, run) => endingOf(run % 60, 0.2, random));
    // One in a hundred may be rolled back by α; held for a person, with traffic as ample as this, none.
    expect(endings.filter((ending) => ending.startsWith('rolled back')).length).toBeLessThanOrEqual(6);
    expect(endings.filter((ending) => ending.startsWith('asked'))).toEqual([]);
  });

  it('ends on the stable version where the release fails three times as often', () => {
    const random = new RandomStream(2, 'promotions');
    const endings = Array.from({ length: 60 }, (_, second) => endingOf(second, 0.6, random));
    expect(endings.filter((ending) => ending === 'promoted')).toEqual([]);
  });
});

const requestsPerMinute = 6000;
/** A minute's metrics are there a minute after its end. */
const metricDelaySeconds = 60;

/**
 * One promotion as the workflow watches it: a look every minute from a second within the minute, every closed minute since the first
 * request, of which the last has no data yet. The stable version fails 0.2 % of its requests.
 */
function endingOf(second: number, errorPercent: number, random: RandomStream): string {
  const { canarySteps, falseRollbackPercentMax, inconclusive, successPercentMin } = aeon.promotion;
  const policy = {
    errorRatePercentMax: 100 - successPercentMin,
    falseRollbackProbabilityMax: falseRollbackPercentMax / 100,
  };
  const published: MinuteObservation[] = [];
  const shifts: { readonly at: number; readonly percent: number }[] = [];
  let now = second;
  for (const watched of canarySteps) {
    const stepSince = now;
    shifts.push({ at: now, percent: watched.weightPercent });
    for (;;) {
      now += 60;
      while ((published.length + 1) * 60 + metricDelaySeconds <= now) {
        published.push(drawn(published.length, canaryShare(published.length, shifts), errorPercent, random));
      }
      const startsAt = Math.floor(stepSince / 60) * 60_000;
      const { verdict } = judge(published, policy, { startsAt, weightPercent: watched.weightPercent });
      const { next } = decideWatch(verdict, now - stepSince, watched, inconclusive.holdSeconds);
      if (next === 'roll-back') return `rolled back at ${watched.weightPercent} %`;
      if (next === 'ask') return `asked at ${watched.weightPercent} %`;
      if (next === 'go-on') break;
    }
  }
  return 'promoted';
}

/** Of a minute's requests, by the seconds that each weight had in it. */
function canaryShare(minute: number, shifts: readonly { at: number; percent: number }[]): number {
  const seconds = Array.from({ length: 60 }, (_, second) => minute * 60 + second);
  const percent = (at: number) => shifts.findLast((shift) => shift.at <= at)?.percent ?? 0;
  return seconds.reduce((sum, at) => sum + percent(at), 0) / 6000;
}

function drawn(minute: number, share: number, errorPercent: number, random: RandomStream): MinuteObservation {
  const canary = binomial(random, requestsPerMinute, share);
  const version = (requests: number, percent: number) => ({
    requests,
    errors: binomial(random, requests, percent / 100),
    slow: binomial(random, requests, 0.01),
  });
  return {
    startsAt: minute * 60_000,
    canary: version(canary, errorPercent),
    stable: version(requestsPerMinute - canary, 0.2),
  };
}
