import { runbookLink, type Severity } from '../../domain/names.ts';
import type { TellFailbackInput } from '../../domain/workflows/region-failback.ts';
import type { Notifications } from '../ports/aws.ts';

/** Tells people where the failback is, and how it ended. Throws AwsUnavailable, AwsRefused. */
export async function tellFailback(
  input: TellFailbackInput,
  { environment, notifications }: { readonly environment: string; readonly notifications: Notifications },
): Promise<{ readonly told: true }> {
  await notifications.publish(severityOf(input), `${environment}: ${headline(input)}`, textOf(input));
  return { told: true };
}

/** Who had no writes, or has none now, is woken; what was refused or only built is not. */
function severityOf({ moment, outcome }: TellFailbackInput): Severity {
  if (moment === 'started') return 'information';
  if (moment === 'quiet') return 'critical';
  if (outcome === 'rebuilt') return 'information';
  return outcome === 'refused' || outcome === 'asked' ? 'warning' : 'critical';
}

function headline({ run, moment, outcome }: TellFailbackInput): string {
  const way = run ? ` from ${run.from} to ${run.to}` : '';
  if (moment === 'started') return `a failback${way} begins`;
  if (moment === 'quiet') return `the failback${way} stops the writes now`;
  return `failback${way}: ${outcome ?? 'ended'}`;
}

function textOf({ execution, reason, quietSeconds, approvedBy, steps, remarks }: TellFailbackInput): string {
  return [
    reason,
    ...(quietSeconds === null
      ? []
      : [`Nobody could write for ${Math.round(quietSeconds)} s. Nothing that was acknowledged is lost.`]),
    ...(approvedBy.length === 0 ? [] : [`Approved by ${approvedBy.join(', ')}.`]),
    ...steps.map(
      ({ name, startedAt, endedAt }) =>
        `${name}: ${Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)} s`,
    ),
    ...remarks,
    `Execution: ${execution.arn}`,
    runbookLink('region-failback'),
  ].join('\n');
}
