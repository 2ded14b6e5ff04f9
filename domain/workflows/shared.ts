import * as z from 'zod';
import { serviceDelivery } from '../delivery.ts';
import type { slots } from '../names.ts';
import { hold } from '../release.ts';

/** Who runs: the state machine's context object. */
export const execution = z.strictObject({ name: z.string(), arn: z.string() });
export type ExecutionContext = z.infer<typeof execution>;

/** An image that was found under its tag. `reference` is what a Deployment runs: `…/aeon/aeon-dt-api@sha256:…`. */
export const image = z.strictObject({
  tag: z.string(),
  digest: z.string(),
  reference: z.string(),
  /** The digests that are scanned: those of the platforms when the digest is an index over several, otherwise itself. */
  platformDigests: z.array(z.string()),
  /** What the index is built for; null for an image without one, of which the registry does not say it. */
  architectures: z.array(z.string()).nullable(),
  /** Compressed, as the registry holds it; of an index its largest image. */
  sizeBytes: z.number(),
});
export type Image = z.infer<typeof image>;

export const watched = z.strictObject({
  loadBalancer: z.string(),
  targetGroups: z.strictObject({ blue: z.string(), green: z.string() }),
});

export const heldInput = z.strictObject({ plan: serviceDelivery, hold });
export type HeldInput = z.infer<typeof heldInput>;

/** raise-canary: image, and at least the replicas that a share of the requests needs. */
export const raiseCanaryInput = heldInput.extend({ weightPercent: z.int().min(1).max(100) });
export type RaiseCanaryInput = z.infer<typeof raiseCanaryInput>;
export interface RaiseCanaryOutput {
  readonly raisedAt: string;
  readonly replicas: number;
}

/** look-at-pods, of the canary's or the stable version's slot; `since` is when it was changed last (ISO 8601). */
export const lookAtPodsInput = heldInput.extend({ role: z.enum(['canary', 'stable']), since: z.string() });
export type LookAtPodsInput = z.infer<typeof lookAtPodsInput>;
export interface LookAtPodsOutput {
  readonly state: 'waiting' | 'ready' | 'broken';
  readonly reason: string;
  readonly seenAt: string;
  /** Until the first look of a watch that begins now. */
  readonly waitSeconds: number;
}

/** shift-traffic, from the share that the step before left to this step's. */
export const shiftTrafficInput = heldInput.extend({
  weightPercent: z.int().min(1).max(100),
  fromPercent: z.int().min(0).max(100),
  step: z.int().min(0),
});
export type ShiftTrafficInput = z.infer<typeof shiftTrafficInput>;
export interface ShiftTrafficOutput {
  readonly shiftedAt: string;
  readonly waitSeconds: number;
  readonly weights: Readonly<Record<(typeof slots)[number], number>>;
}

/** return-traffic: all of it to the stable slot, whatever the route says now. */
export const returnTrafficInput = heldInput.extend({ execution, reason: z.string() });
export type ReturnTrafficInput = z.infer<typeof returnTrafficInput>;

/** give-back: what has to stand before the hold is given back. */
export const giveBackInput = heldInput.extend({ expected: z.enum(['promoted', 'restored', 'unchanged']) });
export type GiveBackInput = z.infer<typeof giveBackInput>;

/** notify: how a workflow ended. `plan` is null when it ended before a service was known. */
export const notifyInput = z.strictObject({
  plan: serviceDelivery.nullable(),
  execution,
  ending: z.strictObject({
    outcome: z.enum(['promoted', 'rolled-back', 'inconclusive', 'failed']),
    tag: z.string(),
    reason: z.string(),
    remarks: z.array(z.string()),
  }),
});
export type NotifyInput = z.infer<typeof notifyInput>;
