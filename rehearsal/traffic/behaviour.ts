/** How a release behaves once it runs. What is left out is as `soundBehaviour`. */
export interface ReleaseBehaviour {
  /** Share of its own requests that it answers with 5xx, 0 to 1. */
  readonly errorRate?: number;
  /** Its latencies are this many times those below. */
  readonly latencyScale?: number;
  /** Median and sigma (of the logarithm) of its latency, lognormal. */
  readonly latencyMedianMilliseconds?: number;
  readonly latencySigma?: number;
  /** `loop`: it exits soon after its start, again and again. `never-ready`: it runs, and its readiness probe never answers. */
  readonly crash?: 'loop' | 'never-ready';
  /** Its memory passes the limit so many seconds after its container started. */
  readonly outOfMemoryAfterSeconds?: number;
  readonly cpuSecondsPerRequest?: number;
  /** From the container's start until the probes get their first good answer. */
  readonly startSeconds?: number;
}

/**
 * A sound release. 0.2 % errors: the stable version of the canary figures. Assumed: a median of 80 ms and a sigma of 0.5 (p95 182 ms, p99
 * 256 ms), 15 ms of CPU a request (100 requests a second on five pods of 500m: 60 %), 5 s to start.
 */
export const soundBehaviour: Required<Omit<ReleaseBehaviour, 'crash' | 'outOfMemoryAfterSeconds'>> = {
  errorRate: 0.002,
  latencyScale: 1,
  latencyMedianMilliseconds: 80,
  latencySigma: 0.5,
  cpuSecondsPerRequest: 0.015,
  startSeconds: 5,
};

/** Something that hits every version alike, from its start until it is ended. */
export interface Incident {
  /** Share of the requests that fail, beside each version's own. */
  readonly errorRate?: number;
  readonly latencyScale?: number;
}

/** How many requests a service gets. */
export interface Load {
  readonly requestsPerSecond: number;
  /** 24 factors on it, one for each hour of the day in UTC. */
  readonly dailyShape?: readonly number[];
}

/** What one release of a service did for its users. */
export interface ReleaseTotals {
  /** Of the route: `aeon-dt-api`. */
  readonly service: string;
  /** `sha256:…`; undefined for requests that met no target at all. */
  readonly digest: string | undefined;
  readonly requests: number;
  /** 5xx of any kind that its users saw. */
  readonly failed: number;
}

/** Who served a route's requests over a span of time. Milliseconds since 1970. */
export interface ServedSpan {
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly shares: readonly {
    readonly backend: string;
    readonly percent: number;
    readonly digests: readonly string[];
  }[];
}
