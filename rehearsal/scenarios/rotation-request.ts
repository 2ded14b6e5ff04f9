import type { RotationPlan } from '../../domain/rotation.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { HistoryEvent } from '../asl/index.ts';
import type { Violation } from '../checkers/index.ts';
import type { FaultPlan } from '../faults/fault.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';

export const rotationOutcomes = ['rotated', 'undone', 'finished-late', 'refused', 'failed'] as const;
export type RotationOutcome = (typeof rotationOutcomes)[number];

/** What makes the rotation begin: its window, which the seed chooses a moment of, or a person. */
export const rotationTriggers = ['schedule', 'request'] as const;
export type RotationTrigger = (typeof rotationTriggers)[number];

/** A rehearsal of the rotation of one secret. */
export interface RotationRequest {
  readonly platform: Platform;
  /** Name of the rotation; the definition's first secret that opens a database where it is left out. */
  readonly secret?: string;
  /** Names of `rotationFaults`. */
  readonly faults: readonly string[];
  readonly trigger?: RotationTrigger;
  /** In the standby, once the primary region is lost and the platform has moved. Takes no faults. */
  readonly afterFailover?: boolean;
  /** No service has a release yet: one reader logs in in their place, and the run is short. */
  readonly withoutConsumers?: boolean;
  readonly seed: number;
  readonly assemblyDirectory: string;
  /** A real server for each database. */
  readonly postgres?: boolean;
  /** Called with each event of the log as it is written. */
  readonly watch?: (event: RehearsalEvent) => void;
  /** Faults of the caller's own, beside the named ones, from the moment before the rotation on. */
  readonly plan?: FaultPlan;
}

/** The one object that `--json` prints. */
export interface RotationResult {
  readonly workflow: 'secret-rotation';
  readonly platform: string;
  readonly secret: string;
  readonly kind: RotationPlan['kind'];
  readonly users: RotationPlan['users'];
  readonly trigger: RotationTrigger;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly outcome: RotationOutcome;
  readonly reason: string;
  /** From the moment before the rotation until nothing was left to be done. */
  readonly virtualSeconds: number;
  /** Wall time of the run, the synth not counted. Not part of the log: it differs from run to run. */
  readonly wallSeconds: number;
  readonly loginsTried: number;
  readonly loginsDenied: number;
  /** The longest that one client was denied, from the first denial until it came in again. */
  readonly deniedSeconds: number;
  /** Deployments whose pods were replaced, in that order. */
  readonly consumersRestarted: readonly string[];
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

/** What a rehearsal leaves behind. */
export interface RotationRun {
  /** `wallSeconds` is 0: the caller has the clock. */
  readonly result: RotationResult;
  readonly log: EventLog;
  readonly command: string;
  readonly histories: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly events: readonly HistoryEvent[];
  }[];
  readonly callsAnswered: number;
  readonly transitions: number;
  /** Which granted rights were used, to be merged over many runs. */
  readonly grants: GrantLedgerRecord;
}

/** The one command that replays a run. */
export function rotationCommand(request: RotationRequest): string {
  const { platform, secret, faults, trigger, afterFailover, postgres, seed } = request;
  const words = ['npx mainstay rehearse rotation', `--platform ${platform.name}`];
  if (secret !== undefined) words.push(`--secret ${secret}`);
  if (trigger === 'schedule') words.push('--schedule');
  if (afterFailover) words.push('--after-failover');
  for (const name of faults) words.push(`--fault ${name}`);
  if (postgres) words.push('--postgres');
  return [...words, `--seed ${seed}`].join(' ');
}
