import * as z from 'zod';

/** How long a critical alarm may stand without an answer. Minutes; ours where the platform names none for an alarm. */
export const escalationDelays = z.strictObject({
  minutes: z.int().min(1),
  /** By alarm name, where one waits for another time. */
  minutesByAlarm: z.record(z.string(), z.int().min(1)),
});
export type EscalationDelays = z.infer<typeof escalationDelays>;

/** As long as `critter` names; aeon names none. */
export const escalateAfterMinutesDefault = 15;

/** An alarm as it stands, with what says whether somebody has to be told. */
export interface Firing {
  readonly arn: string;
  readonly state: string;
  /** Since when it is in that state. */
  readonly since: Date;
  readonly reason: string;
  /** Where its descriptions leads: the runbook entry. */
  readonly description: string;
  /** ARNs of the topics that it tells. */
  readonly tells: readonly string[];
  readonly acknowledgedBy?: string;
}

/** What an escalation begins with. `escalates: false` ends it: `because` says why. */
export type FirstLook =
  | { readonly escalates: false; readonly because: string }
  | { readonly escalates: true; readonly since: string; readonly waitSeconds: number };

/**
 * Whether anybody has to answer for this alarm, and within which time. Warnings are nobody's night; an alarm of another environment
 * tells another topic.
 */
export function firstLook(
  alarm: string,
  firing: Firing | undefined,
  criticalTopicArn: string,
  delays: EscalationDelays,
): FirstLook {
  if (!firing) return { escalates: false, because: `There is no alarm '${alarm}' any more.` };
  if (!firing.tells.includes(criticalTopicArn)) {
    return { escalates: false, because: `'${alarm}' is not critical here: it does not tell ${criticalTopicArn}.` };
  }
  if (firing.state !== 'ALARM') return { escalates: false, because: `'${alarm}' is ${firing.state} again.` };
  const minutes = delays.minutesByAlarm[alarm] ?? delays.minutes;
  return { escalates: true, since: firing.since.toISOString(), waitSeconds: minutes * 60 };
}

/** `over`: the firing that was watched has ended, whatever came after it: that has a watch of its own. */
export type EscalationOutcome = 'over' | 'acknowledged' | 'escalated';

/** What has become of the firing that began at `since` (ISO 8601), once its time is up. */
export function secondLook(firing: Firing | undefined, since: string): EscalationOutcome {
  if (firing?.state !== 'ALARM' || firing.since.toISOString() !== since) return 'over';
  return firing.acknowledgedBy === undefined ? 'escalated' : 'acknowledged';
}
