import type { Severity } from '../../domain/names.ts';
import type { TellRotationInput } from '../../domain/workflows/secret-rollout.ts';
import type { Notifications } from '../ports/aws.ts';

type Outcome = TellRotationInput['ending']['outcome'];

const severities: Readonly<Record<Outcome, Severity>> = {
  rotated: 'information',
  // Whoever reads it has what works: somebody finds out why by day.
  undone: 'warning',
  failed: 'critical',
};

const sentences: Readonly<Record<Outcome, string>> = {
  rotated: 'is rotated, and who reads it runs with the new version',
  undone: 'is back at its former version: a service that reads it did not become ready with the new one',
  failed: 'needs a person: its rollout did not come to its end',
};

/** Tells how a rollout ended, and why. A second delivery tells it twice. */
export async function tellRotation(
  { plan, execution, ending }: TellRotationInput,
  { environment, notifications }: { environment: string; notifications: Notifications },
): Promise<{ severity: Severity }> {
  const severity = severities[ending.outcome];
  const secret = plan?.secret ?? 'A secret';
  const message = [
    `${secret} ${sentences[ending.outcome]}.`,
    ending.reason,
    ...(ending.restarted.length > 0 ? [`Restarted: ${ending.restarted.join(', ')}.`] : []),
    ...ending.remarks.map((remark) => `Remark: ${remark}`),
    `Execution: ${execution.arn}`,
  ].join('\n');
  await notifications.publish(severity, `${environment}: secret ${plan?.secret ?? ''} ${ending.outcome}`, message);
  return { severity };
}
