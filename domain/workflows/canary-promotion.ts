import * as z from 'zod';
import { type ServiceDelivery, serviceDelivery, strategies } from '../delivery.ts';
import type { Judgement } from '../judgement.ts';
import type { Hold } from '../release.ts';
import type { WatchDecision } from '../watch.ts';
import { execution, heldInput, image, watched } from './shared.ts';

/** What a person types to start a promotion. */
export const promotionRequest = z.strictObject({
  service: z.string().min(1),
  tag: z.string().min(1),
  strategy: z.string().optional(),
  reason: z.string().optional(),
  requestedBy: z.string().optional(),
});
export type PromotionRequest = z.infer<typeof promotionRequest>;

/** How a promotion ends when it does not end in a Fail state. */
export interface PromotionOutcome {
  readonly outcome: 'promoted' | 'rolled-back' | 'inconclusive';
  readonly reason: string;
  readonly service: string;
  readonly environment: string;
  readonly tag: string;
  readonly digest: string;
  readonly strategy: (typeof strategies)[number];
  /** What did not work and did not stop the promotion: a standby that was not told, a slot that still runs. */
  readonly remarks: readonly string[];
}

/** read-plan. `input` is the workflow's own, checked here. */
export const readPlanInput = z.strictObject({ input: z.unknown(), execution });
export type ReadPlanInput = z.infer<typeof readPlanInput>;

const request = z.strictObject({
  tag: z.string(),
  strategy: z.enum(strategies).nullable(),
  reason: z.string(),
  requestedBy: z.string(),
});
export interface ReadPlanOutput {
  readonly plan: ServiceDelivery;
  readonly request: z.infer<typeof request>;
  /** How long the promotion holds the service at most. */
  readonly claimSeconds: number;
}

export const resolveImageInput = z.strictObject({ plan: serviceDelivery, request });
export type ResolveImageInput = z.infer<typeof resolveImageInput>;

export const checkImageInput = z.strictObject({ plan: serviceDelivery, image });
export type CheckImageInput = z.infer<typeof checkImageInput>;
export interface CheckImageOutput {
  readonly ask: boolean;
  readonly summary: string;
}

export const checkPlatformInput = z.strictObject({ plan: serviceDelivery, image, execution });
export type CheckPlatformInput = z.infer<typeof checkPlatformInput>;
export interface CheckPlatformOutput {
  readonly firstRelease: boolean;
  readonly stableTag: string | null;
}

export const takeReleaseInput = z.strictObject({ plan: serviceDelivery, image, request, execution });
export type TakeReleaseInput = z.infer<typeof takeReleaseInput>;
export type TakeReleaseOutput = Hold;

/** keep-alarms: one service as a task of the workflow, or every service by schedule (`plan` left out). */
export const keepAlarmsInput = z.looseObject({ plan: serviceDelivery.optional() });
export type KeepAlarmsInput = z.infer<typeof keepAlarmsInput>;
export interface KeepAlarmsOutput {
  /** Dimensions of the one service asked for; null where every service was kept, or this one has no route. */
  readonly watched: z.infer<typeof watched> | null;
  /** Names of the alarms that were put because they were missing or stood otherwise. */
  readonly put: readonly string[];
  /** Services whose target groups the controller has not made yet (by schedule only). */
  readonly waiting: readonly string[];
}

export const measureStableInput = heldInput.extend({ watched });
export type MeasureStableInput = z.infer<typeof measureStableInput>;
export interface MeasureStableOutput {
  /** null: stable answered nothing in the ten minutes before, so nothing can be called slow. */
  readonly slowThresholdMilliseconds: number | null;
}

/** judge-canary. Times as ISO 8601; `trafficSince` and `watched` are null where traffic does not shift (rolling). */
export const judgeCanaryInput = heldInput.extend({
  step: z.int().min(0),
  stepSince: z.string(),
  trafficSince: z.string().nullable(),
  watched: watched.nullable(),
  slowThresholdMilliseconds: z.number().nullable(),
});
export type JudgeCanaryInput = z.infer<typeof judgeCanaryInput>;
export interface JudgeCanaryOutput extends WatchDecision {
  readonly verdict: Judgement['verdict'];
  readonly reason: string;
  readonly evidence: Judgement['evidence'] | null;
  readonly weightPercent: number;
}
