import { evidenceOf, logEvidence, logEvidenceThroughout, type Trials } from './evidence.ts';
import type { JudgedStep, Judgement, JudgePolicy, MinuteObservation, VersionObservation } from './judgement.ts';

/**
 * How much worse than expected the odds may be that the tests look for. Differences well below the first stay unpunished: at
 * 1.2 times the odds no term grows.
 */
const worseOdds = [1.5, 2.5, 5, 15] as const;
/** The same for 'under the limit': how far under. */
const healthyOdds = [1 / 2, 1 / 5, 1 / 20, 1 / 100] as const;
/** A minute whose p95 stands above the limit, against an even chance: in 9, 19 or 99 of 10, 20 or 100 minutes. */
const p95Odds = [9, 19, 99] as const;
/**
 * Each test's part of α. Evidence is multiplied by it, so that every test rolls back at the same 1/α and all together keep to α.
 * Errors against the stable version count for most: nothing else tells a bad release from a bad minute as fast.
 */
const partOfAlpha = { errors: 1 / 2, slow: 1 / 4, errorLimit: 1 / 8, p95Limit: 1 / 8 } as const;
/** Evidence (so multiplied) of 10 is no proof, but neither a reason to give the canary more traffic while it can still be dispelled. */
const suspicion = 10;
/** The stable version breaks the limit too as soon as its minutes speak more for that than against it, or its rate lies above. */
const sharedIncidentEvidence = 1.01;

interface Tests {
  readonly errors: number;
  readonly slow: number;
  readonly errorLimit: number;
  readonly stableErrorLimit: number;
  readonly p95Limit: number;
  readonly health: number;
  /** More than half of the step's minutes have their 95th percentile above the limit, which alone says nothing good. */
  readonly p95MostlyAbove: boolean;
}

/**
 * Whether a release is worse, healthy or neither, from every closed minute since the canary first took traffic. Keeps no
 * state: the same minutes give the same judgement.
 *
 * `worse`: one of four sequential tests reached 1/α (formulas: `docs/reference/judge.md`), so that over a whole promotion a
 * release that is no worse than the stable version, and within the limits, is rolled back with a chance of at most α. When the
 * stable version breaks the error limit in the same minutes it is a shared incident: held as inconclusive, not rolled back.
 * `healthy`: none is suspicious, the step's 95th percentiles mostly keep their limit, and its own requests show the error rate to
 * lie under the other.
 * `inconclusive`: neither, so far.
 *
 * Throws RangeError when a count is no count or the policy no policy.
 */
export function judge(minutes: readonly MinuteObservation[], policy: JudgePolicy, step: JudgedStep): Judgement {
  checkPolicy(policy);
  minutes.forEach(checkMinute);
  const ordered = minutes.toSorted((a, b) => a.startsAt - b.startsAt);
  const ofStep = ordered.filter((minute) => minute.startsAt >= step.startsAt);
  const tests = runTests(ordered, ofStep, policy);
  const evidence = describeEvidence(ordered, ofStep, tests, policy);
  return { ...decide(tests, evidence, policy, step), evidence };
}

function runTests(
  minutes: readonly MinuteObservation[],
  ofStep: readonly MinuteObservation[],
  policy: JudgePolicy,
): Tests {
  const limit = policy.errorRatePercentMax / 100;
  const overLimit = (versions: readonly VersionObservation[]) =>
    logEvidence(
      versions.map((version) => limitTrials(version, limit)),
      worseOdds,
    );
  const p95Of = (seen: readonly MinuteObservation[]) =>
    seen.flatMap((minute) => p95Trials(minute, policy.p95MillisecondsMax));
  const p95OfStep = p95Of(ofStep);
  return {
    errors: logEvidence(minutes.flatMap(errorTrials), worseOdds) + Math.log(partOfAlpha.errors),
    slow: logEvidence(minutes.flatMap(slowTrials), worseOdds) + Math.log(partOfAlpha.slow),
    errorLimit: overLimit(minutes.map((minute) => minute.canary)) + Math.log(partOfAlpha.errorLimit),
    p95Limit: logEvidence(p95Of(minutes), p95Odds) + Math.log(partOfAlpha.p95Limit),
    stableErrorLimit: overLimit(minutes.map((minute) => minute.stable)),
    health: logEvidenceThroughout(
      ofStep.map((minute) => limitTrials(minute.canary, limit)),
      healthyOdds,
    ),
    p95MostlyAbove: 2 * p95OfStep.filter((minute) => minute.hits > 0).length > p95OfStep.length,
  };
}

/** A minute's errors of both versions, of which the canary's. Without requests to both there is nothing to compare. */
function errorTrials({ canary, stable }: MinuteObservation): Trials[] {
  if (canary.requests === 0 || stable.requests === 0) return [];
  return [{ trials: canary.errors + stable.errors, hits: canary.errors, probability: shareOf(canary, stable) }];
}

function slowTrials({ canary, stable }: MinuteObservation): Trials[] {
  if (canary.requests === 0 || stable.requests === 0) return [];
  if (canary.slow === undefined || stable.slow === undefined) return [];
  return [{ trials: canary.slow + stable.slow, hits: canary.slow, probability: shareOf(canary, stable) }];
}

function shareOf(canary: VersionObservation, stable: VersionObservation): number {
  return canary.requests / (canary.requests + stable.requests);
}

/** A failed connection is an error that the load balancer does not count as a request, so errors can exceed requests. */
function limitTrials(version: VersionObservation, limit: number): Trials {
  return { trials: Math.max(version.requests, version.errors), hits: version.errors, probability: limit };
}

/**
 * One trial a minute: is the canary's 95th percentile above the limit? While the true one is not, the chance is at most 1/2: the
 * median of a binomial lies at its mean. A minute in which the stable version is above the limit too says nothing.
 */
function p95Trials({ canary, stable }: MinuteObservation, limit: number | undefined): Trials[] {
  if (limit === undefined || canary.p95Milliseconds === undefined || canary.requests === 0) return [];
  if (stable.p95Milliseconds !== undefined && stable.p95Milliseconds > limit) return [];
  return [{ trials: 1, hits: canary.p95Milliseconds > limit ? 1 : 0, probability: 1 / 2 }];
}

function describeEvidence(
  minutes: readonly MinuteObservation[],
  ofStep: readonly MinuteObservation[],
  tests: Tests,
  policy: JudgePolicy,
): Judgement['evidence'] {
  const canary = total(minutes.map((minute) => minute.canary));
  const stable = total(minutes.map((minute) => minute.stable));
  const p95 = minutes.at(-1)?.canary.p95Milliseconds;
  return {
    canaryRequests: canary.requests,
    canaryErrors: canary.errors,
    canaryErrorRatePercent: ratePercent(canary),
    stableErrorRatePercent: ratePercent(stable),
    errorEvidence: evidenceOf(tests.errors),
    slowEvidence: evidenceOf(tests.slow),
    errorLimitEvidence: evidenceOf(tests.errorLimit),
    p95LimitEvidence: evidenceOf(tests.p95Limit),
    rollbackEvidence: 1 / policy.falseRollbackProbabilityMax,
    healthEvidence: evidenceOf(tests.health),
    healthEvidenceNeeded: 1 / policy.falseRollbackProbabilityMax,
    stepCanaryRequests: total(ofStep.map((minute) => minute.canary)).requests,
    ...(p95 === undefined ? {} : { canaryP95Milliseconds: p95 }),
  };
}

function decide(
  tests: Tests,
  evidence: Judgement['evidence'],
  policy: JudgePolicy,
  step: JudgedStep,
): Pick<Judgement, 'verdict' | 'reason'> {
  const proof = Math.log(evidence.rollbackEvidence);
  const rates =
    `canary ${shown(evidence.canaryErrorRatePercent)} % errors of ${evidence.canaryRequests} requests, ` +
    `stable ${shown(evidence.stableErrorRatePercent)} %`;
  const against = (logarithm: number) =>
    `evidence ${shown(evidenceOf(logarithm))}, ${shown(evidence.rollbackEvidence)} rolls back`;
  const limit = `the limit of ${shown(policy.errorRatePercentMax)} %`;

  if (tests.errors >= proof) {
    return {
      verdict: 'worse',
      reason: `More errors than the stable version in the same minutes: ${rates} (${against(tests.errors)}).`,
    };
  }
  if (tests.slow >= proof) {
    return {
      verdict: 'worse',
      reason: `More slow requests than the stable version in the same minutes (${against(tests.slow)}; ${rates}).`,
    };
  }
  const shared =
    tests.stableErrorLimit >= Math.log(sharedIncidentEvidence) ||
    evidence.stableErrorRatePercent > policy.errorRatePercentMax;
  if (tests.errorLimit >= proof && !shared) {
    return { verdict: 'worse', reason: `More errors than ${limit} allows: ${rates} (${against(tests.errorLimit)}).` };
  }
  if (tests.p95Limit >= proof) {
    return {
      verdict: 'worse',
      reason: `The canary's 95th percentile stays above ${policy.p95MillisecondsMax} ms: last minute ${shown(evidence.canaryP95Milliseconds ?? Number.NaN)} ms (${against(tests.p95Limit)}).`,
    };
  }
  if (tests.errorLimit >= proof) {
    return {
      verdict: 'inconclusive',
      reason: `Both versions break ${limit}: ${rates}. A shared incident; the release is not to blame.`,
    };
  }
  const most = Math.max(...suspicions(tests, step));
  if (most >= Math.log(suspicion)) {
    return { verdict: 'inconclusive', reason: `Suspicious, not proven: ${rates} (${against(most)}).` };
  }
  if (tests.p95MostlyAbove) {
    return {
      verdict: 'inconclusive',
      reason: `The canary's 95th percentile lies above ${policy.p95MillisecondsMax} ms in most minutes of this step, not yet proven (${against(tests.p95Limit)}).`,
    };
  }
  return decideHealth(tests, evidence, `${limit} at ${step.weightPercent} %`, rates);
}

/**
 * What may hold the step, because minutes to come can dispel it or prove it. With all the traffic on the canary nothing is left to
 * compare it with: a comparison stands for ever where the last minutes of the step before, which come late, have left it.
 */
function suspicions({ errors, slow, errorLimit, p95Limit }: Tests, step: JudgedStep): readonly number[] {
  return step.weightPercent < 100 ? [errors, slow, errorLimit, p95Limit] : [errorLimit, p95Limit];
}

function decideHealth(
  tests: Tests,
  evidence: Judgement['evidence'],
  limit: string,
  rates: string,
): Pick<Judgement, 'verdict' | 'reason'> {
  if (tests.health >= Math.log(evidence.healthEvidenceNeeded)) {
    return { verdict: 'healthy', reason: `Under ${limit} and no worse than the stable version: ${rates}.` };
  }
  const measure =
    `${evidence.stepCanaryRequests} requests in this step ` +
    `(evidence ${shown(evidence.healthEvidence)} of ${shown(evidence.healthEvidenceNeeded)})`;
  // Below 1 the requests seen speak against it; above, for it but not yet enough.
  const what =
    tests.health < 0
      ? `The canary is not shown to lie under ${limit}`
      : `Too few requests to show the canary under ${limit}`;
  return { verdict: 'inconclusive', reason: `${what}: ${measure}; ${rates}.` };
}

function total(versions: readonly VersionObservation[]): { requests: number; errors: number } {
  return {
    requests: versions.reduce((sum, version) => sum + version.requests, 0),
    errors: versions.reduce((sum, version) => sum + version.errors, 0),
  };
}

function ratePercent({ requests, errors }: { requests: number; errors: number }): number {
  return requests + errors === 0 ? 0 : (100 * errors) / Math.max(requests, errors);
}

/** Three significant digits. */
function shown(value: number): string {
  return value >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

function checkPolicy(policy: JudgePolicy): void {
  const { errorRatePercentMax, falseRollbackProbabilityMax, p95MillisecondsMax } = policy;
  if (!(errorRatePercentMax > 0 && errorRatePercentMax < 100)) {
    throw new RangeError(`errorRatePercentMax is ${errorRatePercentMax}; allowed is above 0 and below 100.`);
  }
  if (!(falseRollbackProbabilityMax > 0 && falseRollbackProbabilityMax < 1)) {
    throw new RangeError(
      `falseRollbackProbabilityMax is ${falseRollbackProbabilityMax}; allowed is above 0 and below 1.`,
    );
  }
  if (p95MillisecondsMax !== undefined && !(p95MillisecondsMax > 0)) {
    throw new RangeError(`p95MillisecondsMax is ${p95MillisecondsMax}; allowed is above 0.`);
  }
}

function checkMinute(minute: MinuteObservation): void {
  for (const [version, observed] of Object.entries({ canary: minute.canary, stable: minute.stable })) {
    const { requests, errors, slow = 0, p95Milliseconds = 0 } = observed;
    for (const [name, value] of Object.entries({ requests, errors, slow, p95Milliseconds })) {
      if (Number.isFinite(value) && value >= 0) continue;
      throw new RangeError(
        `${version}.${name} of the minute at ${minute.startsAt} is ${value}; allowed is a finite number of 0 or more.`,
      );
    }
  }
}
