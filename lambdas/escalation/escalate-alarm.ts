import { type EscalationOutcome, type Firing, secondLook } from '../../domain/escalation.ts';
import { acknowledgedByTag } from '../../domain/names.ts';
import type { EscalateAlarmInput, EscalateAlarmOutput } from '../../domain/workflows/notification-escalation.ts';
import type { Firings, Topic } from '../ports/firings.ts';

export interface EscalateAlarmPorts {
  readonly environment: string;
  readonly firings: Firings;
  readonly escalation: Topic;
}

/** Tells the second contact of a firing that nobody has answered for. A second delivery tells it twice. */
export async function escalateAlarm(
  { alarm, since, waitSeconds, execution }: EscalateAlarmInput,
  { environment, firings, escalation }: EscalateAlarmPorts,
): Promise<EscalateAlarmOutput> {
  const firing = await firings.find(alarm);
  const outcome = secondLook(firing, since);
  const minutes = Math.round(waitSeconds / 60);
  if (outcome === 'escalated' && firing) {
    const message = [
      `${alarm} fires since ${since}, and nobody has answered for it in ${minutes} minutes.`,
      firing.reason,
      firing.description,
      `To answer for it:\naws cloudwatch tag-resource --resource-arn '${firing.arn}' --tags 'Key=${acknowledgedByTag},Value=your name'`,
      `Execution: ${execution.arn}`,
    ].join('\n\n');
    await escalation.publish(`${environment}: nobody answers for ${alarm}`, message);
  }
  return { alarm, outcome, reason: sentence(outcome, firing, minutes) };
}

function sentence(outcome: EscalationOutcome, firing: Firing | undefined, minutes: number): string {
  if (outcome === 'over') return 'The firing has ended by itself or by somebody’s work.';
  if (outcome === 'acknowledged') return `${firing?.acknowledgedBy} answers for it.`;
  return `Nobody answered in ${minutes} minutes; the second contact is told.`;
}
