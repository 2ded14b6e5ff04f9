import * as z from 'zod';
import { type ServiceDelivery, serviceDelivery } from '../delivery.ts';
import type { InterlockSubject } from '../interlock.ts';
import { type Slot, slots } from '../names.ts';
import { type RotationPlan, rotationPlan } from '../rotation.ts';
import { execution } from './shared.ts';

/**
 * What starts the rollout of a rotated secret: `finishSecret`, the watchdog, or a person. `secret` is the rotation's name. The
 * execution's name is `rolloutName(secret, versionId)`, so that a second start finds the first.
 */
export const rolloutRequest = z.strictObject({
  secret: z.string().min(1),
  versionId: z.string().min(1),
  previousVersionId: z.string().min(1),
});
export type RolloutRequest = z.infer<typeof rolloutRequest>;

/** At most 80 characters, the length of an execution's name: a version's id is a UUID of 36. */
export function rolloutName(secret: string, versionId: string): string {
  return `${secret.slice(0, 43)}-${versionId.slice(0, 36)}`;
}

/** Holder of a rotation's claims, from `createSecret` until its rollout has ended. */
export function rotationHolder(secretName: string, versionId: string): string {
  return `${secretName}/${versionId}`;
}

/** How a rollout ends when it does not end in a Fail state. */
export interface RolloutOutcome {
  readonly outcome: 'rotated' | 'undone';
  readonly reason: string;
  readonly secret: string;
  readonly environment: string;
  readonly versionId: string;
  /** Services whose pods were replaced, in that order. */
  readonly restarted: readonly string[];
  /** What did not work and did not stop the rollout. */
  readonly remarks: readonly string[];
}

/** read-rotation. `input` is the workflow's own, checked here. */
export const readRotationInput = z.strictObject({ input: z.unknown(), execution });
export type ReadRotationInput = z.infer<typeof readRotationInput>;
export interface ReadRotationOutput {
  readonly plan: RotationPlan;
  readonly request: RolloutRequest;
  /** How each consumer is delivered, in the order of the definition. */
  readonly consumers: readonly ServiceDelivery[];
  /** Of the rotation's claims, with what they are of: claimed again before each restart, given back at the end. */
  readonly holder: string;
  readonly subjects: readonly InterlockSubject[];
  readonly claimSeconds: number;
}

/** restart-consumer: the stable slot's pods are replaced, so that they read the version. Delivered again, it changes nothing. */
export const restartConsumerInput = z.strictObject({
  consumer: serviceDelivery,
  secret: z.string(),
  versionId: z.string(),
});
export type RestartConsumerInput = z.infer<typeof restartConsumerInput>;
export interface RestartConsumerOutput {
  /** Whose pods are replaced. */
  readonly slot: Slot;
  /** ISO 8601. */
  readonly restartedAt: string;
}

/** look-at-consumer: whether every pod of the slot runs with the version. */
export const lookAtConsumerInput = restartConsumerInput.extend({ slot: z.enum(slots), since: z.string() });
export type LookAtConsumerInput = z.infer<typeof lookAtConsumerInput>;
export interface LookAtConsumerOutput {
  readonly state: 'waiting' | 'ready' | 'broken';
  readonly reason: string;
}

/**
 * undo-rotation: the previous version logs in again and is AWSCURRENT; the version that failed has no stage. Delivered again, it
 * finds that done.
 */
export const undoRotationInput = z.strictObject({ plan: rotationPlan, request: rolloutRequest, reason: z.string() });
export type UndoRotationInput = z.infer<typeof undoRotationInput>;
export interface UndoRotationOutput {
  /** AWSCURRENT now. */
  readonly currentVersionId: string;
}

/** tell-rotation: how a rollout ended. `plan` is null when it ended before one was known. */
export const tellRotationInput = z.strictObject({
  plan: rotationPlan.nullable(),
  execution,
  ending: z.strictObject({
    outcome: z.enum(['rotated', 'undone', 'failed']),
    reason: z.string(),
    restarted: z.array(z.string()),
    remarks: z.array(z.string()),
  }),
});
export type TellRotationInput = z.infer<typeof tellRotationInput>;
