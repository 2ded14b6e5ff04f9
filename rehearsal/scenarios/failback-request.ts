import type { FailbackOutcome } from '../../domain/workflows/region-failback.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { Violation } from '../checkers/index.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';
import type { Answer } from './failover-request.ts';

export interface FailbackRequest {
  readonly platform: Platform;
  readonly approve: Answer;
  /** Names of `failbackFaults`. */
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  /** A real server for each database. */
  readonly postgres?: boolean;
  /** Left out: until the failback has ended. The next hour's backups are waited for, and the region that is left is built anew as standby. */
  readonly afterwards?: boolean;
  readonly watch?: (event: RehearsalEvent) => void;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface FailbackResult {
  readonly workflow: 'region-failback';
  readonly platform: string;
  readonly approve: Answer;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly outcome: FailbackOutcome;
  readonly reason: string;
  /** What executions beside it were refused with. */
  readonly refusals: readonly string[];
  /** The longest time in which no write was acknowledged anywhere, from the start of the failback on. */
  readonly quietSeconds: number;
  readonly acknowledgedWrites: number;
  readonly lostWrites: number;
  readonly approvedBy: readonly string[];
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
  /** Whether the region that was left follows as standby in its turn; null where that was not waited for. */
  readonly standbyRebuilt: boolean | null;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface FailbackRun {
  readonly result: FailbackResult;
  readonly log: EventLog;
  readonly command: string;
  readonly grants: GrantLedgerRecord;
}

/** What replays the run. */
export function failbackCommand({ platform, approve, faults, seed, postgres, afterwards }: FailbackRequest): string {
  const words = ['npx mainstay rehearse failback', `--platform ${platform.name}`];
  if (approve !== 'yes') words.push(`--approve ${approve}`);
  if (postgres) words.push('--postgres');
  if (afterwards) words.push('--afterwards');
  for (const name of faults) words.push(`--fault ${name}`);
  return [...words, `--seed ${seed}`].join(' ');
}
