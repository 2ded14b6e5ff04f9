import type { MinuteObservation } from '../../domain/judgement.ts';
import type { RandomStream } from '../../rehearsal/kernel/random.ts';

/** What is true of both versions while a trace is taken. Rates in percent of requests. */
export interface Truth {
  readonly name: string;
  readonly stableErrorPercent: number;
  readonly canaryErrorPercent: number;
  /** Whether the release is to blame for anything. */
  readonly worse: boolean;
  /** Minute from which the rates hold; before it both have 0.2 % errors. */
  readonly fromMinute: number;
  /** Share of the canary's requests slower than the stable version's 99th percentile; 1 % is no difference. */
  readonly canarySlowPercent: number;
  readonly requestsPerSecond: number;
}

const stepsPerSecond = { requests: 100, canaryShare: 0.1 };
const usualErrorPercent = 0.2;
/** By the statistic's own definition. */
const stableSlowPercent = 1;

const quiet: Omit<Truth, 'name'> = {
  stableErrorPercent: usualErrorPercent,
  canaryErrorPercent: usualErrorPercent,
  worse: false,
  fromMinute: 0,
  canarySlowPercent: stableSlowPercent,
  requestsPerSecond: stepsPerSecond.requests,
};

/** The rows of the table: no difference, shared incidents, worse releases. */
export const truths: readonly Truth[] = [
  { ...quiet, name: 'no difference, both 0.2 %' },
  { ...quiet, name: 'no difference, both 0.8 %', stableErrorPercent: 0.8, canaryErrorPercent: 0.8 },
  { ...quiet, name: 'shared incident, both 1.1 %', stableErrorPercent: 1.1, canaryErrorPercent: 1.1 },
  { ...quiet, name: 'shared incident, both 3 %', stableErrorPercent: 3, canaryErrorPercent: 3 },
  {
    ...quiet,
    name: 'shared incident, both 3 % from minute 15',
    stableErrorPercent: 3,
    canaryErrorPercent: 3,
    fromMinute: 15,
  },
  { ...quiet, name: 'no difference, both 0.2 %, 1 request/s', requestsPerSecond: 1 },
  { ...quiet, name: 'canary 0.6 %', canaryErrorPercent: 0.6, worse: true },
  { ...quiet, name: 'canary 1 %', canaryErrorPercent: 1, worse: true },
  { ...quiet, name: 'canary 2 %', canaryErrorPercent: 2, worse: true },
  { ...quiet, name: 'canary 5 %', canaryErrorPercent: 5, worse: true },
  { ...quiet, name: 'canary 2 % from minute 15', canaryErrorPercent: 2, worse: true, fromMinute: 15 },
  { ...quiet, name: 'canary slow: 3 % above p99', canarySlowPercent: 3, worse: true },
];

/** One trace: each request goes to the canary with probability 0.1 and fails, or is slow, with its version's. */
export function trace(truth: Truth, minutes: number, random: RandomStream): MinuteObservation[] {
  return Array.from({ length: minutes }, (_, minute) => {
    const begun = minute >= truth.fromMinute;
    const total = truth.requestsPerSecond * 60;
    const requests = binomial(total, stepsPerSecond.canaryShare, random);
    const version = (count: number, errorPercent: number, slowPercent: number) => ({
      requests: count,
      errors: binomial(count, (begun ? errorPercent : usualErrorPercent) / 100, random),
      slow: binomial(count, (begun ? slowPercent : stableSlowPercent) / 100, random),
    });
    return {
      startsAt: minute * 60_000,
      canary: version(requests, truth.canaryErrorPercent, truth.canarySlowPercent),
      stable: version(total - requests, truth.stableErrorPercent, stableSlowPercent),
    };
  });
}

/** How many of `count` trials succeed: jumps from success to success, whose distances are geometric. */
function binomial(count: number, probability: number, random: RandomStream): number {
  if (probability <= 0) return 0;
  const scale = Math.log1p(-probability);
  let position = 0;
  for (let successes = 0; ; successes++) {
    position += Math.floor(Math.log(1 - random.uniform()) / scale) + 1;
    if (position > count) return successes;
  }
}
