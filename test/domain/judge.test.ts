import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../domain/judge.ts';
import type { JudgePolicy, MinuteObservation, VersionObservation } from '../../domain/judgement.ts';
import { RandomStream } from '../../rehearsal/kernel/random.ts';

const policy: JudgePolicy = { errorRatePercentMax: 5, p95MillisecondsMax: 500, falseRollbackProbabilityMax: 0.01 };
const step = { startsAt: 0, weightPercent: 10 };

/** Minutes that are all alike; slow requests at the 1 % that the statistic's definition gives. */
function minutes(count: number, canary: VersionObservation, stable: VersionObservation, from = 0): MinuteObservation[] {
  return Array.from({ length: count }, (_, index) => ({ startsAt: (from + index) * 60_000, canary, stable }));
}
const goodCanary = { requests: 600, errors: 1, slow: 6, p95Milliseconds: 210 };
const goodStable = { requests: 5400, errors: 11, slow: 54, p95Milliseconds: 208 };

describe('a release that is no worse', () => {
  it('is healthy after ten minutes of 100 requests a second', () => {
    expect(judge(minutes(10, goodCanary, goodStable), policy, step).verdict).toBe('healthy');
  });

  it('is healthy in a shared incident under the limit', () => {
    const both = minutes(10, { ...goodCanary, errors: 18 }, { ...goodStable, errors: 162 });
    expect(judge(both, policy, step).verdict).toBe('healthy');
  });

  it('is held, not rolled back, in a shared incident over the limit', () => {
    const both = minutes(10, { ...goodCanary, errors: 60 }, { ...goodStable, errors: 540 });
    expect(judge(both, policy, step)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/shared incident/),
    });
  });

  it('is held when the incident begins in the twentieth minute', () => {
    const run = [
      ...minutes(20, goodCanary, goodStable),
      ...minutes(2, { ...goodCanary, errors: 60 }, { ...goodStable, errors: 540 }, 20),
    ];
    expect(judge(run, policy, step).verdict).toBe('inconclusive');
  });

  it('is not blamed for slowness that both share', () => {
    const slow = minutes(
      15,
      { ...goodCanary, slow: 60, p95Milliseconds: 900 },
      { ...goodStable, slow: 540, p95Milliseconds: 880 },
    );
    expect(judge(slow, policy, step).verdict).toBe('healthy');
  });
});

describe('a release that is worse', () => {
  it('is rolled back after one minute of 5 % errors', () => {
    const judgement = judge(minutes(1, { ...goodCanary, errors: 30 }, goodStable), policy, step);
    expect(judgement.verdict).toBe('worse');
    expect(judgement.reason).toMatch(
      /More errors than the stable version.*5 % errors of 600 requests, stable 0\.204 %/,
    );
  });

  it('is rolled back within a minute when it turns bad in its twentieth', () => {
    const run = [...minutes(20, goodCanary, goodStable), ...minutes(1, { ...goodCanary, errors: 30 }, goodStable, 20)];
    expect(judge(run, policy, step).verdict).toBe('worse');
  });

  it('is rolled back when three times as many of its requests are slow', () => {
    const judgement = judge(minutes(3, { ...goodCanary, slow: 18 }, goodStable), policy, step);
    expect(judgement).toMatchObject({ verdict: 'worse', reason: expect.stringMatching(/slow requests/) });
  });

  it('is rolled back over the limit with all the traffic, when there is nothing to compare it with', () => {
    const alone = minutes(1, { requests: 6000, errors: 500 }, { requests: 0, errors: 0 });
    expect(judge(alone, policy, { startsAt: 0, weightPercent: 100 })).toMatchObject({
      verdict: 'worse',
      reason: expect.stringMatching(/limit of 5 %/),
    });
  });

  it('is held, then rolled back, when its 95th percentile stays above the limit and the stable one does not', () => {
    const above = { ...goodCanary, p95Milliseconds: 700 };
    expect(judge(minutes(1, above, goodStable), policy, step).verdict).toBe('inconclusive');
    expect(judge(minutes(10, above, goodStable), policy, step).verdict).toBe('inconclusive');
    expect(judge(minutes(15, above, goodStable), policy, step)).toMatchObject({
      verdict: 'worse',
      reason: expect.stringMatching(/95th percentile stays above 500 ms: last minute 700 ms/),
    });
  });
});

describe('too few requests', () => {
  it('are inconclusive, not a rollback: one error in three', () => {
    const few = minutes(1, { requests: 3, errors: 1 }, { requests: 27, errors: 0 });
    expect(judge(few, policy, step).verdict).toBe('inconclusive');
  });

  it('are inconclusive, not healthy: thirty without an error', () => {
    const few = minutes(10, { requests: 3, errors: 0 }, { requests: 27, errors: 0 });
    expect(judge(few, policy, step)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/Too few requests.*: 30 requests in this step/),
    });
  });

  it('suffice at 110 without an error under a limit of 5 %', () => {
    const run = (requests: number) => minutes(1, { requests, errors: 0 }, { requests: 1200, errors: 0 });
    expect(judge(run(100), policy, step).verdict).toBe('inconclusive');
    expect(judge(run(110), policy, step).verdict).toBe('healthy');
  });

  it('in a step are not made up for by the step before', () => {
    const busyThenQuiet = [
      ...minutes(10, goodCanary, goodStable),
      ...minutes(10, { requests: 1, errors: 0 }, { requests: 3, errors: 0 }, 10),
    ];
    expect(judge(busyThenQuiet, policy, { startsAt: 600_000, weightPercent: 25 }).verdict).toBe('inconclusive');
  });

  it('of none at all are inconclusive', () => {
    expect(judge([], policy, step)).toMatchObject({
      verdict: 'inconclusive',
      evidence: { canaryRequests: 0, errorEvidence: 0.5 },
    });
  });
});

it('holds a release that is suspicious', () => {
  const judgement = judge(minutes(4, { ...goodCanary, errors: 4 }, goodStable), policy, step);
  expect(judgement.evidence.errorEvidence).toBeGreaterThan(10);
  expect(judgement.evidence.errorEvidence).toBeLessThan(100);
  expect(judgement).toMatchObject({ verdict: 'inconclusive', reason: expect.stringMatching(/Suspicious, not proven/) });
});

describe('with all the traffic on the canary', () => {
  const whole = { startsAt: 10 * 60_000, weightPercent: 100 };
  const alone = (canary: VersionObservation) => minutes(3, canary, { requests: 0, errors: 0 }, 10);
  /** 48 errors where 24 were due: evidence between 10 and 100, which no minute to come can change. */
  const suspicious = minutes(10, { requests: 3000, errors: 9 }, { requests: 3000, errors: 5 });

  it('a comparison without proof holds no longer what nothing can be compared with', () => {
    const judgement = judge([...suspicious, ...alone({ requests: 6000, errors: 12 })], policy, whole);
    expect(judgement.evidence.errorEvidence).toBeGreaterThan(10);
    expect(judgement.evidence.errorEvidence).toBeLessThan(100);
    expect(judgement.verdict).toBe('healthy');
    expect(judge(suspicious, policy, { startsAt: 0, weightPercent: 50 }).verdict).toBe('inconclusive');
  });

  it('a comparison that a late minute proves still rolls back', () => {
    const late = minutes(1, { requests: 3000, errors: 60 }, { requests: 3000, errors: 6 }, 9);
    const run = [...suspicious.slice(0, 9), ...late, ...alone({ requests: 6000, errors: 12 })];
    expect(judge(run, policy, whole)).toMatchObject({
      verdict: 'worse',
      reason: expect.stringMatching(/More errors than the stable version/),
    });
  });

  it('a limit that may be broken holds', () => {
    const run = alone({ requests: 300, errors: 24 });
    expect(judge(run, policy, whole)).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/Suspicious/),
    });
  });
});

it('takes no evidence from minutes in which one version had no requests', () => {
  const lone = minutes(5, { requests: 0, errors: 40 }, goodStable);
  expect(judge(lone, policy, step).evidence.errorEvidence).toBe(0.5);
});

const version = fc.record(
  {
    requests: fc.nat(1_000_000),
    errors: fc.nat(1_000_000),
    slow: fc.nat(1_000_000),
    p95Milliseconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
  },
  { requiredKeys: ['requests', 'errors'] },
);
const anyRun = fc.array(fc.record({ startsAt: fc.nat(10_000_000), canary: version, stable: version }), {
  maxLength: 40,
});

it('never gives anything but finite numbers', () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const { evidence, reason } = judge(run, policy, step);
      for (const value of Object.values(evidence)) expect(Number.isFinite(value)).toBe(true);
      expect(reason).not.toMatch(/NaN|Infinity|undefined/);
    }),
  );
});

it('judges the same minutes the same in whatever order they come', () => {
  const distinct = fc.uniqueArray(fc.record({ startsAt: fc.nat(10_000_000), canary: version, stable: version }), {
    selector: (minute) => minute.startsAt,
    maxLength: 20,
  });
  fc.assert(
    fc.property(distinct, (run) => {
      expect(judge(run.toReversed(), policy, step)).toEqual(judge(run, policy, step));
    }),
  );
});

it.each([
  ['errors', { requests: 10, errors: -1 }],
  ['requests', { requests: Number.NaN, errors: 0 }],
  ['slow', { requests: 10, errors: 0, slow: Number.POSITIVE_INFINITY }],
])('refuses %s that is no count', (field, canary) => {
  expect(() => judge(minutes(1, canary, goodStable), policy, step)).toThrow(new RegExp(`canary\\.${field}.*allowed`));
});

it('refuses a policy that is none', () => {
  expect(() => judge([], { ...policy, errorRatePercentMax: 0 }, step)).toThrow(/errorRatePercentMax is 0/);
  expect(() => judge([], { ...policy, falseRollbackProbabilityMax: 1 }, step)).toThrow(
    /falseRollbackProbabilityMax is 1/,
  );
});

describe("Ville's inequality", () => {
  /** Share of runs without a difference that are ever rolled back, looked at every minute. */
  function falseRollbackShare(options: { alpha: number; errorRate: number; runs: number; seed: number }): number {
    const random = new RandomStream(options.seed, 'judge');
    const lenient = { errorRatePercentMax: 5, falseRollbackProbabilityMax: options.alpha };
    const count = (requests: number, rate: number) => {
      let hits = 0;
      for (let index = 0; index < requests; index++) hits += random.chance(rate) ? 1 : 0;
      return hits;
    };
    let rolledBack = 0;
    for (let run = 0; run < options.runs; run++) {
      const seen: MinuteObservation[] = [];
      for (let minute = 0; minute < 20; minute++) {
        const version = (requests: number) => ({
          requests,
          errors: count(requests, options.errorRate),
          slow: count(requests, 0.01),
        });
        seen.push({ startsAt: minute * 60_000, canary: version(60), stable: version(240) });
        if (judge(seen, lenient, step).verdict !== 'worse') continue;
        rolledBack++;
        break;
      }
    }
    return rolledBack / options.runs;
  }

  it.each([
    [0.01, 0.002],
    [0.1, 0.002],
    [0.1, 0.04],
    [0.3, 0.02],
  ])('holds at α = %d with %d errors a request', (alpha, errorRate) => {
    const runs = 400;
    // Three standard errors above α is what chance may add to a share of that size.
    const allowed = alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs);
    expect(falseRollbackShare({ alpha, errorRate, runs, seed: 7 })).toBeLessThanOrEqual(allowed);
  });

  it('is not kept by a judge that finds nothing: a difference is found', () => {
    const run = minutes(5, { requests: 60, errors: 12 }, { requests: 240, errors: 1 });
    expect(judge(run, policy, step).verdict).toBe('worse');
  });
});
