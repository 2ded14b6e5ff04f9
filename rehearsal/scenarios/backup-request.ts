import type { Platform } from '../../platforms/schema.ts';
import type { Violation } from '../checkers/index.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';

export interface BackupRequest {
  readonly platform: Platform;
  /** In whole hours: 0.5 are twelve. */
  readonly days: number;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  /** Nothing is left out: the schedules of every workflow, and the stacks of failovers. */
  readonly everything?: boolean;
  readonly watch?: (event: RehearsalEvent) => void;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface BackupResult {
  readonly workflow: 'hourly-backup';
  readonly platform: string;
  readonly days: number;
  readonly faults: readonly string[];
  readonly seed: number;
  /** Minutes at which a set was due while it was counted. */
  readonly hoursDue: number;
  /** Whole in their own region within a quarter of an hour. */
  readonly setsMade: number;
  /** Of those that were due, however late: checked in the standby as well. */
  readonly setsVerified: number;
  /** Begun and not whole by then: later, or never. */
  readonly setsLate: number;
  readonly setsFailed: number;
  readonly setsMissed: number;
  /** Alarms of backups and restore tests that began to ring. */
  readonly alarmsRaised: number;
  /** Manual snapshots, the highest count of any region. */
  readonly snapshotsPeak: number;
  readonly quota: number;
  /** Due minute of the oldest set that is still whole in the primary; null without one. */
  readonly oldestKept: string | null;
  /** Sets that a restore test has proven and that still stand. */
  readonly provenKept: number;
  /** Allocated storage of their snapshots that went to the standby: what AWS says, a copy may carry less. */
  readonly bytesCopied: number;
  readonly functionsInvoked: number;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface BackupRun {
  readonly result: BackupResult;
  readonly log: EventLog;
  readonly command: string;
  /** Which granted rights were needed: merged over scenarios it shows those that none needs. */
  readonly grants: GrantLedgerRecord;
}

/** Days as hours, whole. */
export function hoursOf(days: number): number {
  return Math.round(days * 24);
}

/** What replays the run. */
export function backupCommand({ platform, days, faults, seed, everything }: BackupRequest): string {
  const long = Number.isInteger(days) ? `--days ${days}` : `--hours ${hoursOf(days)}`;
  const words = ['npx mainstay rehearse backup', `--platform ${platform.name}`, long];
  for (const name of faults) words.push(`--fault ${name}`);
  if (everything) words.push('--everything');
  return [...words, `--seed ${seed}`].join(' ');
}
