import * as z from 'zod';
import { execution } from './shared.ts';

/*
 * region-failback, in the region that reigns, a person's: begin-failback → claim-platform → set-stale-aside → build-replica … → arm-standby →
 * (window) look-at-followers … → ask-for-failover → quiesce-primary → look-at-replay … → then as a failover, in the other region, by its own
 * functions: promote, enter the reign, admit, validate, open. Until the promotion every failure lets the application in again.
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

export const failbackRun = z.strictObject({
  execution,
  environment: z.string(),
  reason: z.string(),
  epoch: z.int().min(1),
  from: z.string(),
  to: z.string(),
  startedAt: z.string(),
});
export type FailbackRun = z.infer<typeof failbackRun>;

export const beginFailbackInput = z.strictObject({ input: z.unknown(), execution, startedAt: z.string() });
export interface BeginFailbackOutput {
  readonly run: FailbackRun;
  readonly databases: readonly string[];
  readonly now: boolean;
  readonly rebuildOnly: boolean;
}

const withRun = z.strictObject({ run: failbackRun });

/** set-stale-aside and build-replica: one look and, where it is time, one call. */
export const rebuildDatabaseInput = withRun.extend({ database: z.string() });
export interface RebuildDatabaseOutput {
  readonly state: 'setting-aside' | 'creating' | 'following';
  readonly waitSeconds: number;
  readonly why: string;
}

/** look-at-followers: what stands against the switch now. */
export const lookAtFollowersInput = withRun.extend({ now: z.boolean() });
export interface LookAtFollowersOutput {
  readonly obstacles: readonly string[];
  readonly waitSeconds: number;
}

/** quiesce-primary: nobody may log in any more, sessions end, and what the log's last position is. */
export const quiescePrimaryInput = withRun;
export interface QuiescePrimaryOutput {
  readonly quietAt: string;
  readonly positions: readonly { readonly database: string; readonly position: string }[];
}

/** look-at-replay */
export const lookAtReplayInput = withRun.extend({
  quietAt: z.string(),
  positions: z.array(z.strictObject({ database: z.string(), position: z.string() })),
});
export interface LookAtReplayOutput {
  readonly do: 'promote' | 'wait' | 'let-in-again';
  readonly why: string;
}
