import type { Stage as DeployStage } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import type { HistoryEvent } from '../asl/index.ts';
import type { FaultDescription } from '../faults/described.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';
import type { ReleaseUnderRehearsal } from './releases.ts';
import type { CanaryResult } from './result.ts';

/** A rehearsal of one promotion. */
export interface CanaryRequest {
  readonly platform: Platform;
  readonly stage: DeployStage;
  readonly service: string;
  readonly release: ReleaseUnderRehearsal;
  readonly faults: readonly FaultDescription[];
  readonly seed: number;
  /** The definition's own where it is left out. */
  readonly strategy?: string;
  readonly tag?: string;
  readonly assemblyDirectory: string;
  /** A real server for each database. */
  readonly postgres?: boolean;
  /** Called with each event of the log as it is written. */
  readonly watch?: (event: RehearsalEvent) => void;
}

/** What a rehearsal leaves behind. */
export interface CanaryRun {
  /** `wallSeconds` is 0: the caller has the clock. */
  readonly result: CanaryResult;
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
