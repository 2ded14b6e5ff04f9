import * as z from 'zod';
import { databaseChecks } from '../manifest.ts';
import { instanceIdentifierForm } from '../restores.ts';
import { execution } from './shared.ts';

/*
 * restore, a person's: preflight-restore → ask-for-restore, answered by approval-answer → claim-work over database/<name> → restore-database …,
 * look-at-restored-database …, warm-database …, compare-database (of a set) → tell-restore → release-work. The switch-over is the person's.
 */

const name = z
  .string()
  .regex(instanceIdentifierForm, '1 to 63 lower-case letters, digits and single hyphens')
  .refine((as) => !as.startsWith('mst-'), "a name that does not begin with 'mst-': those are removed by the sweeper");
const common = {
  database: z.string().min(1),
  /** Of the new instance; derived from the execution unless told. */
  as: name.optional(),
  /** Refuse a set from before. */
  notBefore: z.iso.datetime().optional(),
  requestedBy: z.string().min(1).optional(),
};

/** A person names a set, or a point in time that the automated backups reach. */
export const restoreRequest = z.union([
  z.strictObject({ ...common, set: z.string().min(1) }),
  z.strictObject({ ...common, pointInTime: z.iso.datetime() }),
]);
export type RestoreRequest = z.infer<typeof restoreRequest>;

/** preflight-restore: refuses by name, or says what comes. Changes nothing. */
export const preflightRestoreInput = z.strictObject({ input: z.unknown(), execution });
export type PreflightRestoreInput = z.infer<typeof preflightRestoreInput>;
export interface RestorePlan {
  readonly setId: string | null;
  readonly pointInTime: string | null;
  readonly database: string;
  readonly instance: string;
  /** Whether somebody has to approve. */
  readonly approval: boolean;
  readonly approvalSeconds: number;
  readonly claimSeconds: number;
  readonly checks: z.infer<typeof databaseChecks>;
  /** By the last restore tests of this region; null before the first. */
  readonly expectedSeconds: number | null;
  /** Between the restored point and now. */
  readonly lostSeconds: number;
  /** For the person who is asked. */
  readonly summary: string;
}
export const restorePlan = z.strictObject({
  setId: z.string().nullable(),
  pointInTime: z.string().nullable(),
  database: z.string(),
  instance: z.string(),
  approval: z.boolean(),
  approvalSeconds: z.int(),
  claimSeconds: z.int(),
  checks: databaseChecks,
  expectedSeconds: z.number().nullable(),
  lostSeconds: z.number(),
  summary: z.string(),
}) satisfies z.ZodType<RestorePlan>;

/** ask-for-restore: asks a person and lets the workflow wait for the token. */
export const askForRestoreInput = z.strictObject({
  plan: restorePlan,
  execution,
  token: z.string(),
  timeoutSeconds: z.int(),
});
export type AskForRestoreInput = z.infer<typeof askForRestoreInput>;

/** tell-restore: where the restored database answers, and how to switch over; or why there is none. */
export const tellRestoreInput = z.strictObject({
  plan: restorePlan.nullable(),
  execution,
  ending: z.strictObject({
    outcome: z.enum(['restored', 'failed']),
    reason: z.string(),
    host: z.string().nullable(),
    port: z.int().nullable(),
    remarks: z.array(z.string()),
  }),
});
export type TellRestoreInput = z.infer<typeof tellRestoreInput>;
