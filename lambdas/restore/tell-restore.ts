import { databaseEndpointParameterName, databaseInstanceName } from '../../domain/databases.ts';
import type { Severity } from '../../domain/names.ts';
import type { RestorePlan, TellRestoreInput } from '../../domain/workflows/restore.ts';
import type { Notifications } from '../ports/aws.ts';
import { type RestorePorts, withoutUse } from './ports.ts';

export interface TellRestorePorts extends Pick<RestorePorts, 'environment' | 'region' | 'records'> {
  readonly notifications: Notifications;
}

/** Ends the use of the set, and tells where the restored database answers and what is left to do. A second delivery tells it twice. */
export async function tellRestore(
  { plan, execution, ending }: TellRestoreInput,
  { environment, region, records, notifications }: TellRestorePorts,
): Promise<{ severity: Severity }> {
  if (plan?.setId) await records.change(region, plan.setId, (record) => withoutUse(record, execution.arn));
  const severity: Severity =
    ending.outcome === 'failed' ? 'critical' : ending.remarks.length > 0 ? 'warning' : 'information';
  const lines = [
    plan ? `The restore of ${plan.database} as ${plan.instance} in ${region}: ${ending.outcome}.` : 'A restore failed.',
    ending.reason,
    ...ending.remarks.map((remark) => `Remark: ${remark}`),
    ...(plan ? nextSteps(plan, ending, environment, region) : []),
    `Execution: ${execution.arn}`,
  ];
  const subject = `${environment}: restore of ${plan?.database ?? 'a database'} ${ending.outcome}`;
  await notifications.publish(severity, subject, lines.join('\n'));
  return { severity };
}

function nextSteps(
  { database, instance }: RestorePlan,
  { outcome, host, port }: TellRestoreInput['ending'],
  environment: string,
  region: string,
): readonly string[] {
  const remove =
    `aws rds modify-db-instance --region ${region} --db-instance-identifier ${instance} --no-deletion-protection --apply-immediately && ` +
    `aws rds delete-db-instance --region ${region} --db-instance-identifier ${instance} --skip-final-snapshot`;
  if (outcome === 'failed') return [`What RDS may have made of it stays, for you to look at. To remove it: ${remove}`];
  return [
    `It answers at ${host}:${port} with the passwords of that time; ${databaseInstanceName(environment, database)} runs on beside it.`,
    `Switch over when you have looked at the data: write {"host":"${host}","port":${port}} into the parameter ` +
      `${databaseEndpointParameterName(environment, database)}, rotate its logins, restart its services (docs/runbook.md#restore).`,
    `To remove it instead: ${remove}`,
  ];
}
