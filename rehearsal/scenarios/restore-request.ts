import type { Platform } from '../../platforms/schema.ts';
import type { Violation } from '../checkers/index.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';

/** `cold`: its storage loads so slowly that it is not warm in time. The others: what is restored is not what was there. */
export const restoreCorruptions = ['table', 'schema', 'missing', 'cold'] as const;
export type RestoreCorruption = (typeof restoreCorruptions)[number];

export interface RestoreTestRequest {
  readonly platform: Platform;
  readonly region: 'primary' | 'standby';
  readonly corrupt?: RestoreCorruption;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  /** A real server for each database. */
  readonly postgres?: boolean;
  readonly watch?: (event: RehearsalEvent) => void;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface RestoreTestResult {
  readonly workflow: 'restore-test';
  readonly platform: string;
  readonly region: string;
  readonly corrupt: RestoreCorruption | null;
  readonly faults: readonly string[];
  readonly seed: number;
  /** `none`: the run ended without one. */
  readonly verdict: 'proven' | 'failed' | 'none';
  readonly reason: string;
  readonly set: string | null;
  readonly failures: readonly {
    readonly kind: string;
    readonly table: string;
    readonly expected: string;
    readonly found: string;
  }[];
  /** From the start of the test until everything was restored, warm and compared. */
  readonly restoreSeconds: number | null;
  readonly secondsByStep: Readonly<Record<string, number>>;
  readonly tablesCompared: number;
  readonly rowsCompared: number;
  readonly leftBehind: readonly string[];
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface RestoreTestRun {
  readonly result: RestoreTestResult;
  readonly log: EventLog;
  readonly command: string;
  readonly grants: GrantLedgerRecord;
}

/** What replays the run. */
export function restoreTestCommand({ platform, region, corrupt, faults, seed, postgres }: RestoreTestRequest): string {
  const words = ['npx mainstay rehearse restore-test', `--platform ${platform.name}`, `--region ${region}`];
  if (corrupt !== undefined) words.push(`--corrupt ${corrupt}`);
  if (postgres) words.push('--postgres');
  for (const name of faults) words.push(`--fault ${name}`);
  return [...words, `--seed ${seed}`].join(' ');
}
