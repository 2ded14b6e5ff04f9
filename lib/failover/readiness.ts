import { backupsKeyAlias } from '../../domain/backups.ts';
import { databasesKeyAlias, secretsKeyAlias } from '../../domain/databases.ts';
import { drillParameterName, readinessParameterName } from '../../domain/failover-plan.ts';
import { neededTasks } from '../../domain/readiness-permissions.ts';
import type { ReadinessSettings } from '../../domain/readiness-settings.ts';
import { rotationPlanParameterPath } from '../../domain/rotation.ts';
import { backupSettingsOf } from '../backup/settings.ts';
import type { Grant } from '../constructs/grant.ts';
import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { Environment } from '../environment.ts';
import { FailoverRights } from './rights.ts';

/** What looks, and keeps what it saw. Nothing in it can change what it looks at. */
export class ReadinessRights extends FailoverRights {
  /** Under the names of this region alone. */
  readonly keys: readonly string[];

  constructor(...given: ConstructorParameters<typeof FailoverRights>) {
    super(...given);
    const [{ name }] = given;
    this.keys = keysOf(name);
  }

  lookAtAll(): Grant[] {
    return [
      ...this.readWholePlan(),
      ...this.readReign(),
      ...this.ownLeases('dynamodb:GetItem'),
      ...this.logIn('heartbeat'),
      ...this.readSets(),
      ...this.readAllPlans(),
      ...this.resolveImages(),
      ...this.readRotations(),
      ...this.describeKeys(),
      ...this.describeNodeGroups(),
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
      {
        actions: ['rds:DescribeAccountAttributes', 'secretsmanager:ListSecrets'],
        resources: ['*'],
        because: 'noResourceLevel',
      },
    ];
  }

  keepReport(): Grant[] {
    const { name } = this.environment;
    const report = this.arn('ssm', `parameter${readinessParameterName(name)}`);
    return [
      { actions: ['ssm:GetParameter'], resources: [report, this.arn('ssm', `parameter${drillParameterName(name)}`)] },
      { actions: ['ssm:PutParameter'], resources: [report] },
    ];
  }

  /** Of the failover's own roles: what their policies say, and nobody else's. */
  evaluatePolicies(roleArns: readonly string[]): Grant[] {
    return [{ actions: ['iam:SimulatePrincipalPolicy'], resources: roleArns }];
  }

  private readRotations(): Grant[] {
    const path = this.arn('ssm', `parameter${rotationPlanParameterPath(this.environment.name)}`);
    return [
      {
        actions: ['ssm:GetParametersByPath'],
        resources: [path.replace(/\/$/, ''), `${path}*`],
        because: 'rotationPlans',
      },
    ];
  }

  private describeKeys(): Grant[] {
    return [
      {
        actions: ['kms:DescribeKey'],
        resources: [this.arn('kms', 'key/*')],
        conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': this.keys.map((key) => `alias/${key}`) } },
        because: 'failoverKeys',
      },
    ];
  }

  private describeNodeGroups(): Grant[] {
    return this.scale().map((grant) => ({ ...grant, actions: ['eks:DescribeNodegroup'] }));
  }
}

/** Without these no replica is promoted, no secret is read and no set is restored. */
function keysOf(environment: string): readonly string[] {
  return [databasesKeyAlias, secretsKeyAlias, backupsKeyAlias].map((alias) => alias(environment));
}

/** Looks at every part in turn, one of which is some twenty questions to IAM. */
const lookTimeoutSeconds = 120;

export const readinessTaskName = 'look-at-readiness';

/** `roleArns`: whose policies are evaluated. */
export function readinessTask(roleArns: readonly string[]): TaskDefinition<ReadinessRights> {
  return define(readinessTaskName, 'Looks every day whether this region could take over', {
    settings: ['reign', 'authorities', 'cluster', 'topics'],
    timeoutSeconds: lookTimeoutSeconds,
    rights: (r) => [
      ...r.lookAtAll(),
      ...r.evaluatePolicies(roleArns),
      ...r.keepReport(),
      ...r.measure(),
      ...r.publish('warning', 'information'),
    ],
  });
}

/** `roleOf`: the ARN of a task's role, or of the workflow's. */
export function readinessSettingsOf(
  environment: Environment,
  roleOf: (task: (typeof neededTasks)[number]) => string,
): ReadinessSettings {
  const { everyMinutes, copyEvery } = backupSettingsOf(environment);
  return {
    account: environment.account,
    keys: [...keysOf(environment.name)],
    setsEverySeconds: everyMinutes * copyEvery * 60,
    roles: Object.fromEntries(neededTasks.map((task) => [task, roleOf(task)])),
  };
}
