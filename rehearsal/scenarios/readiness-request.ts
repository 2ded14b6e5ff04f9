import type { ReadinessFault, ReadinessPart } from '../../domain/readiness.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Violation } from '../checkers/index.ts';
import { type FaultDescription, knownFaults } from '../faults/described.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';

/** With its name as its type: what each does is looked up by it. */
const world = <Name extends string>(name: Name, meaning: string) => ({ name, class: 'world', meaning }) as const;

/** Everything that can be wrong with a standby before anybody looks. */
export const readinessRunFaults = [
  world('replica-gone', 'somebody has deleted the replica of the database'),
  world('lag', 'the replica is two minutes behind'),
  world('lease-not-armed', 'the guard of the primary may not write to the standby, so its lease there ends'),
  world('image-missing', 'the image that a service runs was deleted in the registry of the standby'),
  world('secret-missing', 'somebody has ended the replication of a secret'),
  world('key-disabled', "the standby's key of databases was disabled just now"),
  world('permission-denied', 'somebody denies the promotion to the function that asks for it'),
  world('quota-short', 'the account has as many database instances as it may have'),
  world('no-capacity', 'a node group of the standby gets no more instances'),
  world('no-set', 'the standby holds no recovery set'),
  world('release-behind', 'no promotion has left a release of a service for the standby'),
  world('drill-old', 'the last drill is four months old'),
  world('drill-failed', 'the last drill failed'),
  world('not-seen', 'IAM does not let the look ask for policies: nobody knows'),
] as const satisfies readonly FaultDescription[];
export type ReadinessRunFault = (typeof readinessRunFaults)[number]['name'];

export interface ReadinessRequest {
  readonly platform: Platform;
  /** Names of `readinessRunFaults`. */
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  readonly watch?: (event: RehearsalEvent) => void;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface ReadinessResult {
  readonly workflow: 'look-at-readiness';
  readonly platform: string;
  /** Region that would take over. */
  readonly region: string;
  readonly injected: readonly string[];
  readonly seed: number;
  readonly outcome: 'ready' | 'not-ready';
  readonly score: number;
  /** What would break, or go slower, and what to do about it. */
  readonly faults: readonly ReadinessFault[];
  /** Parts that nobody could look at: they block. */
  readonly unseen: readonly ReadinessPart[];
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface ReadinessRun {
  readonly result: ReadinessResult;
  readonly log: EventLog;
  readonly command: string;
  readonly grants: GrantLedgerRecord;
}

/** Throws UnknownFault. */
export function requireReadinessFaults(names: readonly string[]): void {
  knownFaults(names, readinessRunFaults, 'a standby');
}

/** What replays the run. */
export function readinessCommand({ platform, faults, seed }: ReadinessRequest): string {
  const words = ['npx mainstay readiness', `--platform ${platform.name}`, ...faults.map((name) => `--fault ${name}`)];
  return [...words, `--seed ${seed}`].join(' ');
}
