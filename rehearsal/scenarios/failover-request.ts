import type { Platform } from '../../platforms/schema.ts';
import type { Violation } from '../checkers/index.ts';
import type { FaultPlan } from '../faults/fault.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog, RehearsalEvent } from '../kernel/log.ts';
import type { FailoverScene } from './failover-outages.ts';

/**
 * `region`: the primary region is gone. `database`: the host of its database alone. `partition`: the two regions don't hear each other. `degraded`: a third of
 * all calls in the primary fail. `flapping`: it is gone for less than half a minute, again and again. `false-alarm`: the world says that it is down, and it is not.
 */
export const outages = ['region', 'database', 'partition', 'degraded', 'flapping', 'false-alarm'] as const;
export type Outage = (typeof outages)[number];

/** What a person who is asked says. `late`: after the question's deadline. */
export const answers = ['yes', 'no', 'late'] as const;
export type Answer = (typeof answers)[number];

export interface FailoverRequest {
  readonly platform: Platform;
  readonly outage: Outage;
  readonly approve: Answer;
  /** Names of `failoverFaults`. */
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  /** A real server for each database. */
  readonly postgres?: boolean;
  /** The region returns, and the next hour of backups is waited for; left out: until the failover has ended and what it left is looked at. */
  readonly afterwards?: boolean;
  /** What is played on when the platform has moved, before anything is looked at. */
  readonly onceMoved?: (scene: FailoverScene) => Promise<void>;
  /** What replays the run, where it is part of another one. */
  readonly command?: string;
  readonly watch?: (event: RehearsalEvent) => void;
  /** Faults of the caller's own, beside the named ones. */
  readonly plan?: FaultPlan;
}

export const failoverRunOutcomes = ['failed-over', 'stayed', 'asked', 'refused', 'failed'] as const;
export type FailoverRunOutcome = (typeof failoverRunOutcomes)[number];

export interface StepTaken {
  readonly name: string;
  readonly seconds: number;
  readonly budgetSeconds: number;
}

/** A wait that nobody but AWS, a clock or a person could have made shorter. */
export interface ImposedWait {
  readonly name: string;
  readonly seconds: number;
}

/** The one object that `--json` prints. `wallSeconds` is 0: the caller has the clock. */
export interface FailoverResult {
  readonly workflow: 'region-failover' | 'database-failover';
  readonly platform: string;
  readonly outage: Outage;
  readonly approve: Answer;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly outcome: FailoverRunOutcome;
  readonly reason: string;
  /** What executions were refused with, beside or as that outcome. */
  readonly refusals: readonly string[];
  /** From the outage until clients that obey a record's time to live write again; null where nothing moved. */
  readonly rtoSeconds: number | null;
  /** From the last acknowledged write that is kept to the last that is missing; 0 where none is. */
  readonly rpoSeconds: number;
  /** What people were told: at most so much. Null: nobody could say, or nothing moved. */
  readonly reportedLossSeconds: number | null;
  /** And at least. */
  readonly reportedLossSecondsMin: number | null;
  readonly acknowledgedWrites: number;
  readonly lostWrites: number;
  readonly fencing: 'proven' | 'unproven' | null;
  /** Of the functions on the path; `callsBesideThePath` are of the others there. */
  readonly callsToLostRegion: number;
  readonly callsBesideThePath: number;
  readonly approvedBy: readonly string[];
  readonly steps: readonly StepTaken[];
  readonly imposedWaits: readonly ImposedWait[];
  readonly criticalPathSeconds: number | null;
  /** Null where no region came back in the run. */
  readonly staleStaysFenced: boolean | null;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: { readonly held: readonly string[]; readonly violated: readonly Violation[] };
  readonly logSha256: string;
}

export interface FailoverRun {
  readonly result: FailoverResult;
  readonly log: EventLog;
  readonly command: string;
  readonly grants: GrantLedgerRecord;
}

/** What replays the run. */
export function failoverCommand(request: FailoverRequest): string {
  const { platform, outage, approve, faults, seed, postgres, afterwards, command } = request;
  if (command !== undefined) return command;
  const words = ['npx mainstay rehearse failover', `--platform ${platform.name}`, `--outage ${outage}`];
  if (approve !== 'yes') words.push(`--approve ${approve}`);
  if (postgres) words.push('--postgres');
  if (afterwards) words.push('--afterwards');
  for (const name of faults) words.push(`--fault ${name}`);
  return [...words, `--seed ${seed}`].join(' ');
}
