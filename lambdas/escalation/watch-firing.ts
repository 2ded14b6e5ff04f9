import { type EscalationDelays, firstLook } from '../../domain/escalation.ts';
import {
  escalationInput,
  type WatchFiringInput,
  type WatchFiringOutput,
} from '../../domain/workflows/notification-escalation.ts';
import { parseInput } from '../handling/task.ts';
import type { Firings } from '../ports/firings.ts';

export interface WatchFiringPorts {
  readonly firings: Firings;
  readonly criticalTopicArn: string;
  readonly delays: EscalationDelays;
}

/**
 * Says whether somebody has to answer for the alarm and by when, and forgets who answered for an earlier firing. Delivered a second
 * time it also forgets an answer of the seconds between. Throws InvalidInput.
 */
export async function watchFiring(
  { input }: WatchFiringInput,
  { firings, criticalTopicArn, delays }: WatchFiringPorts,
): Promise<WatchFiringOutput> {
  const { alarm } = parseInput(escalationInput, input);
  const firing = await firings.find(alarm);
  const look = firstLook(alarm, firing, criticalTopicArn, delays);
  if (look.escalates && firing?.acknowledgedBy !== undefined) await firings.forgetAnswer(firing.arn);
  return { alarm, ...look };
}
