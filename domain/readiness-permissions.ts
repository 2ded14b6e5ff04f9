import type { FailoverDatabase, FailoverPlan } from './failover-plan.ts';
import { failoverMetrics } from './failover-settings.ts';
import { interlockTableName } from './interlock.ts';
import { leaseTableName } from './lease.ts';
import { clusterName, functionName } from './names.ts';
import { restoreTags } from './restores.ts';

/*
 * What a failover can't do without, function by function: asked of IAM's policy evaluation every day, so that a policy that somebody changed, a boundary
 * or an organisation's rule is found before the day it counts. What the stacks grant beyond it is shown by rehearsals.
 */

/** One question to the policies of a role. */
export interface RightNeeded {
  /** Whose role: a task's, or the workflow itself. */
  readonly task: string;
  readonly actions: readonly string[];
  /** ARN, or `*` where the actions have no resource level. */
  readonly resource: string;
  /** Values of the condition keys that the request would carry. */
  readonly context?: Readonly<Record<string, string>>;
}

/** The workflow, among the tasks: it calls them. */
export const failoverWorkflow = 'region-failover';

/** Tasks without which no failover ends well; the stack tells the roles of these. */
export const neededTasks = [
  failoverWorkflow,
  'assess-failover',
  'fence-primary',
  'promote-database',
  'restore-newest-set',
  'scale-compute',
  'take-secrets',
  'enter-reign',
  'validate-region',
  'open-traffic',
] as const;
type NeededTask = (typeof neededTasks)[number];

/** Secrets Manager ends the ARN of each secret with six characters that nobody can know. */
const anySuffix = '-a1B2c3';
/** EKS ends a node group's with an id. */
const anyId = '00000000-0000-0000-0000-000000000000';

export function failoverRights(
  {
    environment,
    regions,
    witness,
    nodeGroups,
  }: Pick<FailoverPlan, 'environment' | 'regions' | 'witness' | 'nodeGroups'>,
  databases: readonly FailoverDatabase[],
  here: { readonly account: string; readonly region: string },
): readonly RightNeeded[] {
  const arn = (service: string, resource: string, region = here.region) =>
    `arn:aws:${service}:${region}:${here.account}:${resource}`;
  const need = (task: NeededTask, resource: string, actions: readonly string[], context?: RightNeeded['context']) => ({
    task,
    actions,
    resource,
    ...(context && { context }),
  });
  const secret = (name: string) => arn('secretsmanager', `secret:${name}${anySuffix}`);
  const places = [here.region, ...(witness === null || Object.values(regions).includes(witness) ? [] : [witness])];
  return [
    ...neededTasks
      .filter((task) => task !== failoverWorkflow)
      .map((task) =>
        need(failoverWorkflow, arn('lambda', `function:${functionName(environment, task)}`), ['lambda:InvokeFunction']),
      ),
    need('assess-failover', arn('dynamodb', `table/${leaseTableName(environment)}`), ['dynamodb:GetItem']),
    ...places.map((place) =>
      need('fence-primary', arn('dynamodb', `table/${leaseTableName(environment)}`, place), ['dynamodb:UpdateItem']),
    ),
    ...databases.flatMap(({ instance, masterSecret }) => [
      need('promote-database', arn('rds', `db:${instance}`), ['rds:DescribeDBInstances', 'rds:PromoteReadReplica']),
      need('promote-database', secret(masterSecret), ['secretsmanager:GetSecretValue']),
      need('restore-newest-set', arn('rds', `db:${instance}`), ['rds:RestoreDBInstanceFromDBSnapshot'], {
        [`aws:RequestTag/${restoreTags.environment}`]: environment,
      }),
      need('take-secrets', secret(masterSecret), [
        'secretsmanager:StopReplicationToReplica',
        'secretsmanager:PutSecretValue',
        'secretsmanager:RotateSecret',
      ]),
      need('enter-reign', secret(masterSecret), ['secretsmanager:GetSecretValue']),
      need('validate-region', secret(masterSecret), ['secretsmanager:GetSecretValue']),
    ]),
    ...nodeGroups.map(({ name }) =>
      need('scale-compute', arn('eks', `nodegroup/${clusterName(environment)}/${name}/${anyId}`), [
        'eks:DescribeNodegroup',
        'eks:UpdateNodegroupConfig',
      ]),
    ),
    need('enter-reign', arn('dynamodb', `table/${interlockTableName(environment)}`), ['dynamodb:PutItem']),
    need('open-traffic', '*', ['cloudwatch:PutMetricData'], { 'cloudwatch:namespace': failoverMetrics.namespace }),
  ];
}
