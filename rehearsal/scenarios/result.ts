import type { Violation } from '../checkers/index.ts';

export const outcomes = ['promoted', 'rolled-back', 'inconclusive', 'refused', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** The new release's share of the requests from a moment on, counted from the start of the promotion. */
export interface WeightAt {
  readonly atSeconds: number;
  readonly canaryPercent: number;
}

/** The one object that `--json` prints. */
export interface CanaryResult {
  readonly workflow: 'canary-promotion';
  readonly platform: string;
  readonly service: string;
  readonly release: string;
  readonly strategy: 'canary' | 'blue-green' | 'rolling';
  readonly faults: readonly string[];
  readonly seed: number;
  readonly outcome: Outcome;
  readonly reason: string;
  /** From the start of the promotion to the end of the last execution. */
  readonly virtualSeconds: number;
  /** Wall time of the run, the synth not counted. Not part of the log: it differs from run to run. */
  readonly wallSeconds: number;
  readonly weights: readonly WeightAt[];
  /** From the first alarm that fired while the canary served until the data plane sent it nothing more; null where none did. */
  readonly alarmToStableSeconds: number | null;
  readonly requests: { readonly total: number; readonly failed: number; readonly failedByRelease: number };
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}
