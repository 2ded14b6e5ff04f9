import * as z from 'zod';
import type { ServiceDelivery } from '../delivery.ts';
import type { Hold } from '../release.ts';
import { execution, heldInput } from './shared.ts';

/** The three inputs that start a rollback: an alarm's change of state, a promotion's end, a person. */
export const rollbackRequest = z.union([
  z.strictObject({ alarmName: z.string(), state: z.string(), reason: z.string(), time: z.iso.datetime() }),
  z.strictObject({ executionArn: z.string(), status: z.string() }),
  z.strictObject({ service: z.string().min(1), reason: z.string().min(1), requestedBy: z.string().min(1) }),
]);
export type RollbackRequest = z.infer<typeof rollbackRequest>;

export const takeOverInput = z.strictObject({ input: z.unknown(), execution });
export type TakeOverInput = z.infer<typeof takeOverInput>;

/** What the rollback found. `plan` and `hold` are null when there is nothing to do. */
export interface TakeOverOutput {
  readonly found: 'nothing' | 'promotion' | 'previous';
  readonly reason: string;
  readonly plan: ServiceDelivery | null;
  readonly hold: Hold | null;
  /** Execution of the promotion that is over with this rollback: what it has claimed is given back at the end. */
  readonly holder: string | null;
}

export const stopPromotionInput = heldInput.extend({ execution, reason: z.string() });
export type StopPromotionInput = z.infer<typeof stopPromotionInput>;
export interface StopPromotionOutput {
  readonly stopped: string | null;
}
