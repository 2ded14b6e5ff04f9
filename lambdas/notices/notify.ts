import type { Severity } from '../../domain/names.ts';
import type { NotifyInput } from '../../domain/workflows/shared.ts';
import type { Notifications } from '../ports/aws.ts';

type Outcome = NotifyInput['ending']['outcome'];

const severities: Readonly<Record<Outcome, Severity>> = {
  promoted: 'information',
  'rolled-back': 'warning',
  inconclusive: 'warning',
  failed: 'critical',
};

const sentences: Readonly<Record<Outcome, string>> = {
  promoted: 'is promoted',
  'rolled-back': 'is rolled back',
  inconclusive: 'is rolled back: nobody could say that it is no worse',
  failed: 'needs a person: its rollback did not come to its end',
};

/** Tells how a workflow ended, and why. A second delivery tells it twice. */
export async function notify(
  { plan, execution, ending }: NotifyInput,
  { environment, notifications }: { environment: string; notifications: Notifications },
): Promise<{ severity: Severity }> {
  const severity = severities[ending.outcome];
  const service = plan?.service ?? 'a service';
  const message = [
    `${service} ${ending.tag ? `'${ending.tag}' ` : ''}${sentences[ending.outcome]}.`,
    ending.reason,
    ...ending.remarks.map((remark) => `Remark: ${remark}`),
    `Execution: ${execution.arn}`,
  ].join('\n');
  await notifications.publish(severity, `${environment}: ${service} ${ending.outcome}`, message);
  return { severity };
}
