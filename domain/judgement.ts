/** What was seen of one version in one minute. Counts, not rates, so that minutes can be added. */
export interface VersionObservation {
  readonly requests: number;
  /** Responses 5xx by the version's own targets, and connections to them that failed. */
  readonly errors: number;
  /** Requests slower than the stable version's 99th percentile before the promotion; undefined where it isn't known. */
  readonly slow?: number;
  readonly p95Milliseconds?: number;
}

/** One closed minute of both versions. `startsAt` in milliseconds since 1970. */
export interface MinuteObservation {
  readonly startsAt: number;
  readonly canary: VersionObservation;
  readonly stable: VersionObservation;
}

/** What the judge is asked to hold a release to. */
export interface JudgePolicy {
  readonly errorRatePercentMax: number;
  readonly p95MillisecondsMax?: number;
  /** α: chance of ever rolling back a release that is no worse. */
  readonly falseRollbackProbabilityMax: number;
}

/**
 * `worse`: roll back. `healthy`: the evidence suffices to go on. `inconclusive`: neither; too few requests so far.
 */
export type Verdict = 'healthy' | 'worse' | 'inconclusive';

export interface Judgement {
  readonly verdict: Verdict;
  /** One sentence with the numbers, for a person. */
  readonly reason: string;
  readonly evidence: {
    readonly canaryRequests: number;
    readonly canaryErrors: number;
    readonly canaryErrorRatePercent: number;
    readonly stableErrorRatePercent: number;
    /** E-values of the two sequential tests; rolled back at 1/α. */
    readonly errorEvidence: number;
    readonly slowEvidence: number;
    readonly canaryP95Milliseconds?: number;
  };
}
