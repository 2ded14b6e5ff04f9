import { backupsKeyAlias } from '../../domain/backups.ts';
import {
  applicationSecretName,
  databaseChecksParameterName,
  databaseEndpointParameterName,
  databaseInstanceName,
  heartbeatSecretName,
  manifestSecretName,
  masterSecretName,
} from '../../domain/databases.ts';
import { failoverParameterPath, readinessParameterName } from '../../domain/failover-plan.ts';
import { failoverMetrics, restoredInstanceName } from '../../domain/failover-settings.ts';
import { leaseTableName } from '../../domain/lease.ts';
import { clusterName, functionName, stateMachineName, type WorkflowName } from '../../domain/names.ts';
import { restoreTags } from '../../domain/restores.ts';
import { type RotationPlan, rotationPlanParameterPath, rotationTask } from '../../domain/rotation.ts';
import { rotationsOf } from '../../platforms/rotation.ts';
import { BackupRights } from '../backup/rights.ts';
import type { Grant } from '../constructs/grant.ts';
import { interlockActions } from '../constructs/interlock-table.ts';
import type { SharedStores } from '../delivery/rights.ts';
import type { Environment } from '../environment.ts';

export interface FailoverPlaces {
  /** Of the region's own table of leases. */
  readonly leasesArn: string;
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
  /** Of the region's own key of recovery sets. */
  readonly keyArn: string;
  /** KMS alias of the key that encrypts the control plane's tables in the other region. */
  readonly otherControlPlaneAlias: string;
}

const secretNames = { master: masterSecretName, heartbeat: heartbeatSecretName, manifest: manifestSecretName } as const;

/** KMS alias of the key of the witness's table. */
export function witnessKeyAlias(environment: string): string {
  return `mainstay/${environment}/witness`;
}

/** Of the functions that move a platform, in one region. Over the other and the witness: one item of one table, and nothing else. */
export class FailoverRights extends BackupRights {
  protected readonly own: FailoverPlaces;
  private readonly plans: readonly RotationPlan[];
  private readonly planPath: string;

  constructor(environment: Environment, stores: SharedStores, region: string, places: FailoverPlaces) {
    super(environment, stores, region, places);
    this.own = places;
    this.planPath = this.arn('ssm', `parameter${failoverParameterPath(environment.name)}`);
    this.plans = rotationsOf(environment.platform, environment.name);
  }

  /** How the platform moves, its databases and services: all at once, or single ones by their names. */
  override readPlan(): Grant[] {
    return [...this.readWholePlan(), ...this.readPartsOfPlan()];
  }

  readWholePlan(): Grant[] {
    const resources = [this.planPath.replace(/\/$/, ''), `${this.planPath}*`];
    return [{ actions: ['ssm:GetParametersByPath'], resources, because: 'failoverParameters' }];
  }

  readPartsOfPlan(): Grant[] {
    return [{ actions: ['ssm:GetParameter'], resources: [`${this.planPath}*`], because: 'failoverParameters' }];
  }

  readReadiness(): Grant[] {
    const name = readinessParameterName(this.environment.name);
    return [{ actions: ['ssm:GetParameter'], resources: [this.arn('ssm', `parameter${name}`)] }];
  }

  readChecks(): Grant[] {
    const names = this.moved().map((database) => databaseChecksParameterName(this.environment.name, database));
    return [{ actions: ['ssm:GetParameter'], resources: names.map((name) => this.arn('ssm', `parameter${name}`)) }];
  }

  enterReign(): Grant[] {
    return this.useTable(this.stores.interlockTableArn, ['dynamodb:GetItem', 'dynamodb:PutItem']);
  }

  /** Whether who holds the platform still runs. */
  describeFailovers(): Grant[] {
    const executions = `execution:${stateMachineName(this.environment.name, 'region-failover')}:*`;
    const resources = [this.arn('states', executions)];
    return [{ actions: ['states:DescribeExecution'], resources, because: 'releasingExecutions' }];
  }

  /** Takes claims away as well: a region that is left can't finish what holds them. */
  overrideClaims(): Grant[] {
    const actions = [...new Set([...interlockActions.claim, ...interlockActions.release])];
    return this.useTable(this.stores.interlockTableArn, actions);
  }

  ownLeases(...actions: string[]): Grant[] {
    return this.useTable(this.own.leasesArn, actions);
  }

  /** Where the primary of the other region renews its lease: here and at the witness. Nothing in the region that is left. */
  leases(...actions: string[]): Grant[] {
    return [...this.ownLeases(...actions), ...this.atWitness(...actions)];
  }

  /** Of the primary: where others hold it. */
  renewLeases(...actions: string[]): Grant[] {
    const asked = actions.length === 0 ? ['dynamodb:GetItem', 'dynamodb:PutItem'] : actions;
    const there = this.other === undefined ? [] : this.leasesAt(this.other, this.own.otherControlPlaneAlias, asked);
    return [...there, ...this.atWitness(...asked)];
  }

  /** What a look at the primary asks: the lease and the watch's memory here, and the heartbeat of the replicas. */
  look(): Grant[] {
    const leases = [...this.ownLeases('dynamodb:GetItem', 'dynamodb:PutItem'), ...this.atWitness('dynamodb:GetItem')];
    return [...this.readWholePlan(), ...leases, ...this.logIn('heartbeat')];
  }

  /** Of the lease in the third region, where there is one. */
  private atWitness(...actions: string[]): Grant[] {
    const { witness } = this.environment.platform.recovery.fencing ?? {};
    return witness === undefined ? [] : this.leasesAt(witness, witnessKeyAlias(this.environment.name), actions);
  }

  /** The user of a kind in each database of this region, at the endpoint here. */
  logIn(as: keyof typeof secretNames): Grant[] {
    const { name } = this.environment;
    const secrets = this.moved().map((database) => this.secret(secretNames[as](name, database)));
    return [
      { actions: ['secretsmanager:GetSecretValue'], resources: secrets },
      { actions: ['ssm:GetParameter'], resources: this.endpoints() },
      ...this.useSecretsKey('kms:Decrypt'),
    ];
  }

  /** How old the newest set is, where there is nothing to promote. */
  readSets(): Grant[] {
    return [
      { actions: ['rds:DescribeDBInstances'], resources: this.instances() },
      ...this.records(['dynamodb:Scan', 'dynamodb:GetItem'], [this.region]),
    ];
  }

  promote(): Grant[] {
    return [{ actions: ['rds:DescribeDBInstances', 'rds:PromoteReadReplica'], resources: this.instances() }];
  }

  reboot(): Grant[] {
    return [{ actions: ['rds:DescribeDBInstances', 'rds:RebootDBInstance'], resources: this.instances() }];
  }

  /** Of the newest set of each database, beside the instance that is gone. */
  restore(): Grant[] {
    const { name } = this.environment;
    const tagged = { StringEquals: { [`aws:RequestTag/${restoreTags.environment}`]: name } };
    // Under the instance's own name where that is free, else beside it.
    const restored = this.instances().flatMap((arn) => [arn, restoredInstanceName(arn)]);
    return [
      ...this.records(['dynamodb:Scan', 'dynamodb:GetItem', 'dynamodb:PutItem'], [this.region]),
      // The region's endpoint leads to what was restored.
      { actions: ['ssm:PutParameter'], resources: this.endpoints() },
      { actions: ['rds:DescribeDBInstances'], resources: restored },
      {
        actions: ['rds:RestoreDBInstanceFromDBSnapshot'],
        resources: [
          ...restored,
          this.arn('rds', `snapshot:mainstay-${name}-*`),
          this.arn('rds', 'pg:*'),
          this.arn('rds', 'og:default:*'),
          this.arn('rds', `subgrp:${name}`),
        ],
        conditions: tagged,
        because: 'failoverRestores',
      },
      { actions: ['rds:AddTagsToResource'], resources: restored, conditions: tagged },
      {
        actions: ['kms:CreateGrant', 'kms:DescribeKey'],
        resources: [this.arn('kms', 'key/*')],
        conditions: {
          StringEquals: { 'kms:ViaService': `rds.${this.region}.amazonaws.com` },
          'ForAnyValue:StringEquals': {
            'kms:ResourceAliases': [`alias/${backupsKeyAlias(name)}`, `alias/mainstay/${name}/databases`],
          },
        },
        because: 'restoredKeys',
      },
    ];
  }

  scale(): Grant[] {
    const { name: environment, platform } = this.environment;
    const groups = platform.cluster.nodeGroups.map(({ name }) =>
      this.arn('eks', `nodegroup/${clusterName(environment)}/${name}/*`),
    );
    return [
      { actions: ['eks:DescribeNodegroup', 'eks:UpdateNodegroupConfig'], resources: groups, because: 'nodeGroups' },
    ];
  }

  /** Every secret of the platform, and who rotates it. */
  takeSecrets(): Grant[] {
    const { name } = this.environment;
    const path = this.arn('ssm', `parameter${rotationPlanParameterPath(name)}`);
    return [
      {
        actions: ['ssm:GetParametersByPath'],
        resources: [path.replace(/\/$/, ''), `${path}*`],
        because: 'rotationPlans',
      },
      { actions: ['ssm:GetParameter'], resources: this.endpoints() },
      { actions: ['secretsmanager:ListSecrets'], resources: ['*'], because: 'noResourceLevel' },
      {
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:StopReplicationToReplica',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:RotateSecret',
        ],
        resources: this.allSecrets(),
      },
      // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
      {
        actions: ['lambda:InvokeFunction'],
        resources: this.plans.map(({ secret }) =>
          this.arn('lambda', `function:${functionName(name, rotationTask(secret))}`),
        ),
      },
      ...this.useSecretsKey('kms:Decrypt', 'kms:GenerateDataKey'),
    ];
  }

  measure(): Grant[] {
    return [
      {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': failoverMetrics.namespace } },
        because: 'noResourceLevel',
      },
    ];
  }

  start(workflow: WorkflowName): Grant[] {
    const machine = this.arn('states', `stateMachine:${stateMachineName(this.environment.name, workflow)}`);
    return [{ actions: ['states:StartExecution'], resources: [machine] }];
  }

  protected leasesAt(region: string, alias: string, actions: readonly string[]): Grant[] {
    return [
      { actions, resources: [this.arn('dynamodb', `table/${leaseTableName(this.environment.name)}`, region)] },
      {
        actions: ['kms:Decrypt'],
        resources: [this.arn('kms', 'key/*', region)],
        conditions: {
          StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` },
          'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${alias}` },
        },
        because: 'otherRegionsKey',
      },
    ];
  }

  protected instances(): string[] {
    return this.moved().map((database) =>
      this.arn('rds', `db:${databaseInstanceName(this.environment.name, database)}`),
    );
  }

  protected endpoints(): string[] {
    const { name } = this.environment;
    return this.moved().map((database) => this.arn('ssm', `parameter${databaseEndpointParameterName(name, database)}`));
  }

  protected allSecrets(): string[] {
    const { name, platform } = this.environment;
    const own = this.moved().flatMap((database) => Object.values(secretNames).map((of) => of(name, database)));
    const entries = platform.secrets.entries.map((entry) => applicationSecretName(name, entry.name));
    return [...entries, ...own].map((each) => this.secret(each));
  }

  protected moved(): readonly string[] {
    const { databases } = this.environment.platform;
    return databases.filter(({ replicas }) => replicas.crossRegion).map(({ name }) => name);
  }

  protected secret(name: string): string {
    return this.arn('secretsmanager', `secret:${name}-??????`);
  }

  protected useSecretsKey(...actions: readonly string[]): Grant[] {
    return [
      {
        actions,
        resources: [this.own.secretsKeyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${this.region}.amazonaws.com` } },
      },
    ];
  }
}
