import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { EventField, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import {
  backedUpDatabaseParameters,
  backupBucketName,
  backupsKeyAlias,
  backupsKeyParameterName,
  exportRoleName,
} from '../../domain/backups.ts';
import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { cronExpressions } from '../../domain/recovery-set-schedule.ts';
import { ManifestRights, manifestTasks } from '../backup/manifest-tasks.ts';
import { PartRights } from '../backup/part-rights.ts';
import { partTasks, watchBackupsTask } from '../backup/part-tasks.ts';
import { backupSettingsOf } from '../backup/settings.ts';
import { recoverySetTasks } from '../backup/tasks.ts';
import { BackupWatch } from '../backup/watching.ts';
import { BackupBucket } from '../constructs/backup-bucket.ts';
import type { DatabaseDoor } from '../constructs/database-instance.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { acknowledgeWildcards, type Grant, policiesOf } from '../constructs/grant.ts';
import { LoginSecurityGroup } from '../constructs/login-security-group.ts';
import { retentionOf } from '../constructs/retention.ts';
import { StateTable } from '../constructs/state-table.ts';
import type { TaskFunction } from '../constructs/task-function.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { SharedControlPlane } from '../delivery/shared.ts';
import { definedTasks } from '../delivery/task-functions.ts';
import { type Environment, partOf, type Site } from '../environment.ts';
import type { ClusterAccess } from './cluster-stack.ts';
import { PlatformStack } from './platform-stack.ts';

export interface BackupStackProps {
  readonly cluster: ClusterAccess;
  readonly shared: SharedControlPlane;
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
  /** By the database's name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;
  readonly functions: ReadonlyMap<string, string>;
}

/**
 * Recovery sets in one region: where they stand, and the workflow that takes them. The same in both, and enabled in both: which of them takes
 * sets is the reign's to say, so that nothing has to be switched on in a failover. Nothing here refers to the other region but by name.
 */
export class BackupStack extends PlatformStack {
  readonly key: EncryptionKey;
  readonly workflow: Workflow;
  /** By task. */
  readonly tasks: ReadonlyMap<string, TaskFunction>;
  private readonly definition: Environment;

  constructor(scope: Construct, environment: Environment, site: Site, props: BackupStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: site.place.name,
      part: partOf(site, 'Backups'),
      description: `${platform.title} (${environment.stage}): recovery sets in ${site.place.name}`,
    });
    this.definition = environment;
    this.key = new EncryptionKey(this, 'Key', {
      alias: backupsKeyAlias(name),
      description: `Recovery sets of ${name} in ${site.place.name}`,
    });
    this.describe();
    new StateTable(this, 'RecoverySets', {
      tableName: recoverySetsTableName(name),
      key: 'setId',
      encryptionKey: this.key,
    });
    this.buckets();
    this.tasks = this.functions(site, props);
    this.workflow = new Workflow(this, 'HourlyBackup', {
      workflow: 'hourly-backup',
      environmentName: name,
      functions: this.tasks,
      encryptionKey: props.shared.encryptionKey,
      logRetention: retentionOf(platform.cluster.logRetentionDays),
    });
    this.schedule();
    const watcher = this.tasks.get(watchBackupsTask.task);
    if (watcher) new BackupWatch(this, 'Watch', { environment, watcher });
    this.describeNextSteps();
  }

  /** What functions of either region ask of this one. */
  private describe(): void {
    const { name, platform } = this.definition;
    new StringParameter(this, 'KeyParameter', {
      parameterName: backupsKeyParameterName(name),
      description: 'The key of the recovery sets in this region',
      stringValue: this.key.keyArn,
    });
    let part = 0;
    for (const [parameterName, stringValue] of backedUpDatabaseParameters(name, platform.databases)) {
      new StringParameter(this, `Databases${part++}`, {
        parameterName,
        description: 'Databases that recovery sets hold',
        stringValue,
      });
    }
  }

  private buckets(): void {
    const { clusterState, applicationData, recoverySets, archive } = this.definition.platform.backups;
    const { keep, everyMinutes } = recoverySets;
    const longestDays = Math.max((keep.hourly * everyMinutes) / 1440, keep.daily, keep.weekly * 7, keep.monthly * 31);
    // Ages count periods that have a set: after a gap one stays longer than its days. A year more than that goes too.
    const keptDays = Math.ceil(longestDays) + 366;
    this.bucket('Sets', 'sets', {
      'manifests/': keptDays,
      'configuration/': keptDays,
      ...(clusterState ? { 'cluster-state/': clusterState.retentionDays } : {}),
      ...(applicationData ? { 'application-data/': applicationData.retentionDays } : {}),
    });
    if (!archive) return;
    // Without a lock: no page says that RDS sends the checksum that a locked bucket asks for. Copied to the archive within the day.
    const exports = this.bucket('Exports', 'exports', { 'exports/': 1 });
    this.exportRole(exports);
    this.bucket('Archive', 'archive', {}, archive.years);
  }

  private bucket(
    id: string,
    bucket: 'sets' | 'exports' | 'archive',
    expires: Readonly<Record<string, number>>,
    lockedYears?: number,
  ): BackupBucket {
    const { name, account } = this.definition;
    return new BackupBucket(this, id, {
      bucketName: backupBucketName(name, account, this.region, bucket),
      encryptionKey: this.key,
      expires,
      ...(lockedYears === undefined ? {} : { lockedYears }),
    });
  }

  /** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.Setup.html */
  private exportRole(exports: BackupBucket): void {
    const arn = `arn:aws:s3:::${backupBucketName(this.environmentName, this.definition.account, this.region, 'exports')}`;
    const grants: Record<string, readonly Grant[]> = {
      Export: [
        { actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [arn] },
        {
          actions: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
          resources: [`${arn}/*`],
          because: 'recoverySetObjects',
        },
        // The bucket encrypts with it, by way of S3; an upload in parts reads it too.
        {
          actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
          resources: [this.key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `s3.${this.region}.amazonaws.com` } },
        },
      ],
    };
    const role = new Role(this, 'ExportRole', {
      roleName: exportRoleName(this.environmentName, this.region),
      assumedBy: new ServicePrincipal('export.rds.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
      description: 'RDS writes exports of snapshots',
      inlinePolicies: policiesOf(grants),
    });
    role.node.addDependency(exports);
    acknowledgeWildcards(role, grants);
  }

  private functions(site: Site, props: BackupStackProps): ReadonlyMap<string, TaskFunction> {
    const { shared, secretsKeyArn, cluster } = props;
    const places = {
      keyArn: this.key.keyArn,
      otherControlPlaneAlias: `mainstay/${this.environmentName}/${site.role === 'primary' ? 'standby' : 'delivery'}`,
      volumesKeyArn: cluster.volumesKeyArn,
      secretsKeyArn,
    };
    const of = [this.definition, shared.stores, this.region, places] as const;
    const made = {
      ...props,
      environment: this.definition,
      encryptionKey: shared.encryptionKey,
      loginSecurityGroup: this.loginSecurityGroup(cluster.vpc, props.doors),
    };
    return new Map([
      ...definedTasks(this, [...recoverySetTasks, ...partTasks], new PartRights(...of), made),
      ...definedTasks(this, manifestTasks, new ManifestRights(...of), made),
    ]);
  }

  private loginSecurityGroup(vpc: IVpc, doors: ReadonlyMap<string, DatabaseDoor>): LoginSecurityGroup {
    return new LoginSecurityGroup(this, 'LoginSecurityGroup', {
      vpc,
      description: 'Functions that read manifests: out to the databases and to AWS, nothing in',
      doors,
      purpose: 'The functions that read manifests',
    });
  }

  /** The rule's own time is the set's due minute. What could not be delivered in time is a missed hour, which has its alarm. */
  private schedule(): void {
    const role = new Role(this, 'StartRole', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: `EventBridge starts ${this.workflow.name}`,
    });
    const machine = StateMachine.fromStateMachineArn(this, 'Machine', this.workflow.stateMachineArn);
    const expressions = cronExpressions(backupSettingsOf(this.definition));
    for (const [index, expression] of expressions.entries()) {
      const suffix = index === 0 ? '' : `-${index + 1}`;
      new Rule(this, `Schedule${suffix}`, {
        ruleName: `mainstay-${this.environmentName}-hourly-backup${suffix}`,
        description: 'Takes a recovery set, where the region reigns',
        schedule: Schedule.expression(expression),
        targets: [
          new SfnStateMachine(machine, {
            role,
            input: RuleTargetInput.fromObject({ dueAt: EventField.time }),
            maxEventAge: Duration.hours(1),
            retryAttempts: 20,
          }),
        ],
      });
    }
  }

  private describeNextSteps(): void {
    new CfnOutput(this, 'HourlyBackupConsole', {
      value: this.workflow.consoleUrl(),
      description: 'Recovery sets: each execution is one',
    });
    new CfnOutput(this, 'TakeARecoverySet', {
      value: `aws stepfunctions start-execution --region ${this.region} --state-machine-arn ${this.workflow.stateMachineArn} --input '{}'`,
      description: 'Takes the set that was due last, if nobody has',
    });
  }
}
