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

/** The step of a promotion that is being watched. */
export interface JudgedStep {
  /** When the canary took this step's share, in milliseconds since 1970. Only minutes from then on can show it healthy. */
  readonly startsAt: number;
  /** The canary's share of the requests, as asked of the route. */
  readonly weightPercent: number;
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
    /**
     * E-values of the sequential tests: more errors, and more slow requests, than the stable version in the same minutes;
     * more errors than the limit; a 95th percentile above the limit. Each is multiplied by its part of α, so that all roll
     * back at `rollbackEvidence`, 1/α.
     */
    readonly errorEvidence: number;
    readonly slowEvidence: number;
    readonly errorLimitEvidence: number;
    readonly p95LimitEvidence: number;
    readonly rollbackEvidence: number;
    /** E-value for an error rate under the limit in this step; goes on at `healthEvidenceNeeded`. */
    readonly healthEvidence: number;
    readonly healthEvidenceNeeded: number;
    /** The canary's requests since this step began. */
    readonly stepCanaryRequests: number;
    readonly canaryP95Milliseconds?: number;
  };
}
