import * as z from 'zod';
import { execution } from './shared.ts';

/*
 * database-failover, in the region that reigns: begin-database-failover → claim-work over database/<name> → look-at-failed-database … →
 * tell-database-failover → release-work. `guard-primary` starts it; a person may.
 */

export const databaseFailoverRequest = z.strictObject({
  platform: z.string().min(1),
  database: z.string().min(1),
  reason: z.string().min(1),
  startedBy: z.literal('watch').optional(),
  /** The last beat that the guard saw, ISO 8601. */
  beatBefore: z.string().optional(),
});
export type DatabaseFailoverRequest = z.infer<typeof databaseFailoverRequest>;

export const databaseRun = z.strictObject({
  execution,
  environment: z.string(),
  database: z.string(),
  instance: z.string(),
  reason: z.string(),
  startedAt: z.string(),
  secondsMax: z.int(),
  /** The last beat that somebody saw; null: nobody did. */
  beatBefore: z.string().nullable(),
});
export type DatabaseRun = z.infer<typeof databaseRun>;

export const beginDatabaseFailoverInput = z.strictObject({ input: z.unknown(), execution, startedAt: z.string() });
export type BeginDatabaseFailoverInput = z.infer<typeof beginDatabaseFailoverInput>;
export interface BeginDatabaseFailoverOutput {
  readonly run: DatabaseRun;
  /** This region does not reign: it ends quietly. */
  readonly reigns: boolean;
  readonly claimSeconds: number;
}

/** look-at-failed-database: one look and, where it is time, one call. */
export const lookAtDatabaseInput = z.strictObject({ run: databaseRun, forcedAt: z.string().nullable() });
export type LookAtDatabaseInput = z.infer<typeof lookAtDatabaseInput>;
export interface LookAtDatabaseOutput {
  readonly state: 'answers' | 'waiting' | 'given-up';
  readonly waitSeconds: number;
  readonly forcedAt: string | null;
  /** Acknowledged seconds that are missing; null before it answers. */
  readonly lostSeconds: number | null;
  readonly why: string;
}

export const tellDatabaseFailoverInput = z.strictObject({
  run: databaseRun.nullable(),
  execution,
  outcome: z.enum(['failed-over', 'stayed', 'refused', 'failed']),
  reason: z.string(),
  lostSeconds: z.number().nullable(),
});
export type TellDatabaseFailoverInput = z.infer<typeof tellDatabaseFailoverInput>;
