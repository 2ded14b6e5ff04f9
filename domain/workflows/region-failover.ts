import * as z from 'zod';
import { budgetedSteps } from '../failover-budget.ts';
import type { patterns, signals } from '../failover-signals.ts';
import { execution } from './shared.ts';

/*
 * region-failover, in the standby: begin-failover → claim-platform → assess-failover → (scale-compute, ask-for-failover) → fence-primary … →
 * measure-loss → beside each other: promote-database … of each database, scale-compute …, take-secrets → enter-reign → admit-application →
 * validate-region … → open-traffic … → end-failover → release-work. Until the first promotion every failure is taken back by open-lease.
 */

/** What a person types, or the watch starts it with. */
export const failoverRequest = z.strictObject({
  platform: z.string().min(1),
  reason: z.string().min(1),
  /** The environment's name once more: in spite of a blocking fault. */
  force: z.string().optional(),
  /** Left out by a person. */
  startedBy: z.literal('watch').optional(),
});
export type FailoverRequest = z.infer<typeof failoverRequest>;

/** What every task is told; the rest it reads in its own region. */
export const failoverRun = z.strictObject({
  execution,
  environment: z.string(),
  reason: z.string(),
  startedBy: z.enum(['watch', 'person']),
  forced: z.boolean(),
  /** The reign that ends. */
  epoch: z.int().min(1),
  /** The region that is left, and this one. */
  from: z.string(),
  to: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
  recoverySeconds: z.int(),
});
export type FailoverRun = z.infer<typeof failoverRun>;

/** begin-failover. Refuses by name and changes nothing. */
export const beginFailoverInput = z.strictObject({ input: z.unknown(), execution, startedAt: z.string() });
export type BeginFailoverInput = z.infer<typeof beginFailoverInput>;
export interface BeginFailoverOutput {
  readonly run: FailoverRun;
  readonly databases: readonly string[];
  /** This region has entered the reign already and a former execution did not come to its end: what is left is done, nothing is decided anew. */
  readonly resumes: boolean;
  readonly answerSeconds: number;
  readonly claimSeconds: number;
  /** What this failover leaves undone, in words. */
  readonly remarks: readonly string[];
}

const withRun = z.strictObject({ run: failoverRun });

/** claim-platform. `override`: rotations and restores have been waited for. Throws WorkInProgress, FailoverAlreadyRunning. */
export const claimPlatformInput = withRun.extend({ forSeconds: z.int(), override: z.boolean() });
export type ClaimPlatformInput = z.infer<typeof claimPlatformInput>;
export interface ClaimPlatformOutput {
  /** What was overridden, in words. */
  readonly remarks: readonly string[];
}

/** assess-failover: looks once more and decides. Throws StandbyNotReady. */
export const assessFailoverInput = withRun;
export type AssessFailoverInput = z.infer<typeof assessFailoverInput>;
export interface AssessFailoverOutput {
  readonly verdict: 'go' | 'ask' | 'stay';
  readonly why: string;
  readonly pattern: (typeof patterns)[number];
  readonly lost: readonly (typeof signals)[number][];
  /** Since when two signals are lost; null: they aren't. */
  readonly since: string | null;
  readonly question: string;
  readonly remarks: readonly string[];
}

/** ask-for-failover: asks a person and lets the workflow wait for the token. */
export const failoverQuestions = ['move', 'go-on-unfenced', 'accept-loss'] as const;
export const askForFailoverInput = withRun.extend({
  question: z.enum(failoverQuestions),
  detail: z.string(),
  token: z.string(),
  timeoutSeconds: z.int(),
});
export type AskForFailoverInput = z.infer<typeof askForFailoverInput>;

/** fence-primary: closes every record of the lease and says whether the old primary is fenced. Delivered again it finds them closed. */
export const fencePrimaryInput = withRun.extend({ accepted: z.boolean() });
export type FencePrimaryInput = z.infer<typeof fencePrimaryInput>;
export interface FencePrimaryOutput {
  readonly do: 'go-on' | 'wait' | 'ask';
  readonly waitSeconds: number;
  readonly fencing: 'proven' | 'unproven';
  readonly why: string;
  /** Until when something may have been written: the lease's end, or now where nothing proves one. */
  readonly writableUntil: string;
  /** When the old primary last renewed its lease, by its own clock; null: no record says. */
  readonly renewedAt: string | null;
}

/** open-lease: before any promotion, the records are opened again for the reign that goes on. */
export const openLeaseInput = withRun;
export type OpenLeaseInput = z.infer<typeof openLeaseInput>;
export interface OpenLeaseOutput {
  readonly opened: readonly string[];
}

/** measure-loss */
export const measureLossInput = withRun.extend({
  writableUntil: z.string(),
  renewedAt: z.string().nullable(),
  accepted: z.boolean(),
});
export type MeasureLossInput = z.infer<typeof measureLossInput>;
export interface MeasureLossOutput {
  readonly do: 'go-on' | 'ask';
  /** At most. Null: nobody can say. */
  readonly seconds: number | null;
  /** At least. */
  readonly secondsMin: number;
  readonly why: string;
}

/** promote-database: one look and, where it is time, one call. Throws PromotionHangs. */
export const promoteDatabaseInput = withRun.extend({
  database: z.string(),
  /** When the step began, and when the promotion was asked for. */
  since: z.string(),
  askedAt: z.string().nullable(),
  told: z.boolean(),
});
export type PromoteDatabaseInput = z.infer<typeof promoteDatabaseInput>;
export interface PromoteDatabaseOutput {
  readonly state: 'waiting' | 'promoted' | 'restore';
  readonly waitSeconds: number;
  readonly askedAt: string | null;
  readonly told: boolean;
  readonly why: string;
}

/** restore-newest-set: one look and, where it is time, one call. `accepted`: a person took the loss. Throws NothingToRestore, LossBeyondObjective. */
export const restoreNewestSetInput = withRun.extend({ database: z.string(), why: z.string(), accepted: z.boolean() });
export type RestoreNewestSetInput = z.infer<typeof restoreNewestSetInput>;
export interface RestoreNewestSetOutput {
  readonly state: 'restoring' | 'restored';
  readonly waitSeconds: number;
  /** What it costs. */
  readonly remarks: readonly string[];
}

/** scale-compute: asks for what the definition wants, or (`back`) for what a standby has; answers how far it is. */
export const scaleComputeInput = withRun.extend({ since: z.string(), to: z.enum(['serve', 'stand-by']) });
export type ScaleComputeInput = z.infer<typeof scaleComputeInput>;
export interface ScaleComputeOutput {
  readonly state: 'ready' | 'waiting' | 'short';
  readonly waitSeconds: number;
  readonly remarks: readonly string[];
}

/** take-secrets: copies become secrets of this region, superusers first, with the host of this region and their schedules. */
export const takeSecretsInput = withRun;
export type TakeSecretsInput = z.infer<typeof takeSecretsInput>;
export interface TakeSecretsOutput {
  readonly taken: readonly string[];
  readonly remarks: readonly string[];
}

/** enter-reign: the epoch in every database's heartbeat, then the record of this region. */
export const enterReignInput = withRun;
export type EnterReignInput = z.infer<typeof enterReignInput>;
export interface EnterReignOutput {
  readonly epoch: number;
}

/** admit-application: the applications may log in, without an end. */
export const admitApplicationInput = withRun;
export type AdmitApplicationInput = z.infer<typeof admitApplicationInput>;
export interface AdmitApplicationOutput {
  readonly roles: number;
}

/** validate-region: heartbeat written and read, invariants, every service, one request end to end. */
export const validateRegionInput = withRun;
export type ValidateRegionInput = z.infer<typeof validateRegionInput>;
export interface ValidateRegionOutput {
  readonly valid: boolean;
  readonly wrong: readonly string[];
}

/** open-traffic: the switch, and whether the world's resolvers have followed. */
export const openTrafficInput = withRun;
export type OpenTrafficInput = z.infer<typeof openTrafficInput>;
export interface OpenTrafficOutput {
  /** What the public name answers here. */
  readonly followed: boolean;
  readonly openedAt: string;
}

/** How a failover ends. `asked`: nobody answered. */
export const failoverOutcomes = ['failed-over', 'stayed', 'asked', 'refused', 'failed'] as const;
export type FailoverOutcome = (typeof failoverOutcomes)[number];

export const stepSeen = z.strictObject({
  name: z.enum(budgetedSteps),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});

/** tell-failover: to people, at the start, at a question's end, when a step is over its share, at the end; the last keeps the decision. */
export const tellFailoverInput = z.strictObject({
  /** Null: it ended before a run was known. */
  run: failoverRun.nullable(),
  execution,
  /** `not-begun`: another failover has the platform; nothing is decided. */
  moment: z.enum(['started', 'decided', 'over-budget', 'not-begun', 'ended']),
  outcome: z.enum(failoverOutcomes).nullable(),
  reason: z.string(),
  /** Null: it did not come to it. */
  fencing: z.enum(['proven', 'unproven']).nullable(),
  /** Of writes, at most; `lossSecondsMin` at least. */
  lossSeconds: z.number().nullable(),
  lossSecondsMin: z.number().nullable(),
  approvedBy: z.array(z.string()),
  steps: z.array(stepSeen),
  remarks: z.array(z.string()),
});
export type TellFailoverInput = z.infer<typeof tellFailoverInput>;
