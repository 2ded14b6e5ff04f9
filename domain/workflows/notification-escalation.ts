import * as z from 'zod';
import type { EscalationOutcome, FirstLook } from '../escalation.ts';
import { execution } from './shared.ts';

/** What starts an escalation: the event of an alarm that fires, or a person. */
export const escalationInput = z.object({ alarm: z.string().min(1) });

/** watch-firing: whether somebody has to answer, and by when. */
export const watchFiringInput = z.strictObject({ input: z.unknown(), execution });
export type WatchFiringInput = z.infer<typeof watchFiringInput>;
export type WatchFiringOutput = FirstLook & { readonly alarm: string };

/** escalate-alarm: tells the second contact unless somebody has answered. */
export const escalateAlarmInput = z.strictObject({
  alarm: z.string().min(1),
  /** Begin of the firing, as watch-firing saw it. */
  since: z.string().min(1),
  waitSeconds: z.int().min(60),
  execution,
});
export type EscalateAlarmInput = z.infer<typeof escalateAlarmInput>;
export interface EscalateAlarmOutput {
  readonly alarm: string;
  readonly outcome: EscalationOutcome;
  /** A sentence for who looks at the execution. */
  readonly reason: string;
}
