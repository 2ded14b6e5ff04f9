import * as z from 'zod';
import { failoverRun } from './region-failover.ts';
import { execution } from './shared.ts';

/*
 * region-failback, in the region that reigns, a person's: begin-failback → share-secrets → rebuild-database … of each database → arm-standby → (window)
 * look-at-followers … → ask-for-failover → claim-platform in both regions → scale-compute … → quiesce-primary … → look-at-replay … → then as a
 * failover, by the other region's own functions: promote-database …, take-secrets, enter-reign, admit-application, validate-region …, open-traffic ….
 * What runs in the other region is invoked by ask-other-region. Until the reign is entered every failure ends with let-in-again.
 */

export const failbackRequest = z.strictObject({
  platform: z.string().min(1),
  reason: z.string().min(1),
  /** Now, instead of in the definition's window. */
  now: z.boolean().optional(),
  /** Only build the standby and arm it; another execution switches. */
  only: z.literal('rebuild').optional(),
});
export type FailbackRequest = z.infer<typeof failbackRequest>;

/** A run of a failover from the region that reigns to the other one: the functions there take it as their own. */
export const failbackRun = failoverRun;
export type FailbackRun = z.infer<typeof failbackRun>;

export const beginFailbackInput = z.strictObject({ input: z.unknown(), execution, startedAt: z.string() });
export type BeginFailbackInput = z.infer<typeof beginFailbackInput>;
export interface BeginFailbackOutput {
  readonly run: FailbackRun;
  readonly databases: readonly string[];
  readonly now: boolean;
  readonly rebuildOnly: boolean;
  /** The definition has a person decide. */
  readonly asks: boolean;
  readonly answerSeconds: number;
  readonly claimSeconds: number;
}

const withRun = z.strictObject({ run: failbackRun });

/** Tasks of the other region that a failback may invoke there. */
export const tasksOfOtherRegion = [
  'look-at-left-region',
  'rebuild-database',
  'look-at-followers',
  'look-at-replay',
  'claim-platform',
  'release-work',
  'scale-compute',
  'promote-database',
  'take-secrets',
  'enter-reign',
  'admit-application',
  'validate-region',
  'open-traffic',
  'tell-failover',
] as const;
export type TaskOfOtherRegion = (typeof tasksOfOtherRegion)[number];

/** ask-other-region: one task of the other region, and its answer. Throws what it threw, by name. */
export const askOtherRegionInput = z.strictObject({
  run: failbackRun,
  task: z.enum(tasksOfOtherRegion),
  payload: z.unknown(),
});
export type AskOtherRegionInput = z.infer<typeof askOtherRegionInput>;

/** look-at-left-region, there: what it says of itself. */
export const lookAtLeftRegionInput = z.strictObject({ environment: z.string() });
export type LookAtLeftRegionInput = z.infer<typeof lookAtLeftRegionInput>;
export const leftRegion = z.strictObject({
  /** Null: not in the last minutes. */
  answersSince: z.iso.datetime().nullable(),
  epoch: z.int(),
  writable: z.array(z.string()),
  unseen: z.array(z.string()),
  /** Claims in its interlock, in words. */
  working: z.array(z.string()),
});
export type LeftRegion = z.infer<typeof leftRegion>;

/** share-secrets: every secret of the region that reigns has a copy in the other, which follows it from then on. */
export const shareSecretsInput = withRun;
export type ShareSecretsInput = z.infer<typeof shareSecretsInput>;
export interface ShareSecretsOutput {
  readonly shared: readonly string[];
}

/** rebuild-database, there: one look and, where it is time, one call. Throws RebuildImpossible. */
export const rebuildDatabaseInput = withRun.extend({ database: z.string() });
export type RebuildDatabaseInput = z.infer<typeof rebuildDatabaseInput>;
export interface RebuildDatabaseOutput {
  readonly state: 'setting-aside' | 'creating' | 'following';
  readonly waitSeconds: number;
  readonly why: string;
}

/** arm-standby: the guard renews the lease in the other region from its next round on. */
export const armStandbyInput = withRun;
export type ArmStandbyInput = z.infer<typeof armStandbyInput>;
export interface ArmStandbyOutput {
  readonly armed: number;
}

const follows = z.array(z.strictObject({ database: z.string(), since: z.iso.datetime().nullable() }));

/** look-at-followers, there: what stands against the switch now. `follows`: what the look before answered. */
export const lookAtFollowersInput = withRun.extend({ now: z.boolean(), follows });
export type LookAtFollowersInput = z.infer<typeof lookAtFollowersInput>;
export interface LookAtFollowersOutput {
  readonly obstacles: readonly string[];
  readonly waitSeconds: number;
  /** Since when each replica is without lag; null: it is not. */
  readonly follows: z.infer<typeof follows>;
  readonly remarks: readonly string[];
}

const positions = z.array(z.strictObject({ database: z.string(), position: z.string() }));

/** quiesce-primary: nobody may log in any more, sessions end; and when nothing can be written, the log's last positions. Throws FencingUnproven. */
export const quiescePrimaryInput = withRun.extend({ since: z.string() });
export type QuiescePrimaryInput = z.infer<typeof quiescePrimaryInput>;
export interface QuiescePrimaryOutput {
  readonly state: 'stopping' | 'quiet';
  readonly waitSeconds: number;
  readonly readAt: string;
  readonly positions: z.infer<typeof positions>;
  readonly why: string;
}

/** look-at-replay, there. */
export const lookAtReplayInput = withRun.extend({ readAt: z.string(), positions });
export type LookAtReplayInput = z.infer<typeof lookAtReplayInput>;
export interface LookAtReplayOutput {
  readonly do: 'promote' | 'wait' | 'let-in-again';
  readonly waitSeconds: number;
  readonly why: string;
}

/** let-in-again: the lease is opened wherever this failback closed it. Of a place that does not answer the next look asks again. */
export const letInAgainInput = withRun.extend({ since: z.string() });
export type LetInAgainInput = z.infer<typeof letInAgainInput>;
export interface LetInAgainOutput {
  readonly state: 'open' | 'waiting';
  readonly waitSeconds: number;
  readonly why: string;
}

/** end-failback: of an execution that was stopped or ran out of time. From EventBridge. */
export const endFailbackInput = z.object({ executionArn: z.string(), status: z.string() });
export type EndFailbackInput = z.infer<typeof endFailbackInput>;

/** How a failback ends. `rebuilt`: no more was asked for. `asked`: a person said no, or nothing. */
export const failbackOutcomes = ['failed-back', 'rebuilt', 'asked', 'refused', 'let-in-again', 'failed'] as const;
export type FailbackOutcome = (typeof failbackOutcomes)[number];

/** Steps of a failback, in their order. */
export const failbackSteps = [
  'rebuild',
  'wait',
  'prepare',
  'quiesce',
  'replay',
  'promote',
  'admit',
  'validate',
  'open-traffic',
] as const;

const stepTaken = z.strictObject({ name: z.enum(failbackSteps), startedAt: z.string(), endedAt: z.string() });

/** tell-failback */
export const tellFailbackInput = z.strictObject({
  /** Null: it ended before a run was known. */
  run: failbackRun.nullable(),
  execution,
  moment: z.enum(['started', 'quiet', 'ended']),
  outcome: z.enum(failbackOutcomes).nullable(),
  reason: z.string(),
  /** How long nobody could write; null: it did not come to it. */
  quietSeconds: z.number().nullable(),
  approvedBy: z.array(z.string()),
  steps: z.array(stepTaken),
  remarks: z.array(z.string()),
});
export type TellFailbackInput = z.infer<typeof tellFailbackInput>;
