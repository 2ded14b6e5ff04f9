import { backupsKeyAlias } from '../../domain/backups.ts';
import { databaseChecksParameterName, databasesKeyAlias } from '../../domain/databases.ts';
import { stateMachineName } from '../../domain/names.ts';
import { restoreMetrics, restoreTags, testInstancePrefix } from '../../domain/restores.ts';
import type { BackupPlaces } from '../backup/rights.ts';
import { BackupRights } from '../backup/rights.ts';
import type { Grant } from '../constructs/grant.ts';
import type { SharedStores } from '../delivery/rights.ts';
import type { Environment } from '../environment.ts';

export interface RestorePlaces extends BackupPlaces {
  /** Of the region's own key of secrets. */
  readonly secretsKeyArn: string;
}

/** EBS uses a key on the caller's behalf, by a grant: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html */
const volumeKeyActions = [
  'kms:DescribeKey',
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKeyWithoutPlaintext',
];

/** Of the functions that restore, in one region. What removes, removes what carries a test's tag and nothing else. */
export class RestoreRights extends BackupRights {
  private readonly secretsKeyArn: string;

  constructor(environment: Environment, stores: SharedStores, region: string, places: RestorePlaces) {
    super(environment, stores, region, places);
    this.secretsKeyArn = places.secretsKeyArn;
  }

  readRecord(): Grant[] {
    return this.records(['dynamodb:GetItem'], [this.region]);
  }

  /** Own region: what is chosen, used and freed. */
  changeRecords(): Grant[] {
    return this.records(['dynamodb:GetItem', 'dynamodb:PutItem'], [this.region]);
  }

  listRecords(): Grant[] {
    return this.records(['dynamodb:Scan'], [this.region]);
  }

  /** A proof counts in both regions. */
  changeRecordsEverywhere(): Grant[] {
    return this.records(['dynamodb:GetItem', 'dynamodb:PutItem']);
  }

  readChecks(): Grant[] {
    const name = this.arn('ssm', `parameter${databaseChecksParameterName(this.environment.name, '*')}`);
    return [{ actions: ['ssm:GetParameter'], resources: [name], because: 'databaseParameters' }];
  }

  /** Whether the key of a set can be used: asked before anything is made of it. */
  describeKeys(): Grant[] {
    return [
      {
        actions: ['kms:DescribeKey'],
        resources: [this.arn('kms', 'key/*')],
        conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': this.snapshotAliases() } },
        because: 'restoredKeys',
      },
    ];
  }

  describeInstances(): Grant[] {
    return [
      { actions: ['rds:DescribeDBInstances'], resources: [this.arn('rds', 'db:*')], because: 'restoredInstances' },
    ];
  }

  describePoints(): Grant[] {
    return [
      {
        actions: ['rds:DescribeDBInstanceAutomatedBackups'],
        resources: [this.arn('rds', 'auto-backup:*')],
        because: 'restoredInstances',
      },
    ];
  }

  /**
   * 'db*, og*, pg*, snapshot*, subgrp*', tagged as it is made: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html.
   * A person names the instance, so that its name says nothing; RDS makes none over one that stands.
   */
  restoreInstances(): Grant[] {
    const { name } = this.environment;
    const tagged = { StringEquals: { [`aws:RequestTag/${restoreTags.environment}`]: name } };
    const made = this.arn('rds', 'db:*');
    return [
      {
        actions: ['rds:RestoreDBInstanceFromDBSnapshot', 'rds:RestoreDBInstanceToPointInTime'],
        resources: [
          made,
          this.arn('rds', `snapshot:mainstay-${name}-*`),
          this.arn('rds', 'pg:*'),
          this.arn('rds', 'og:default:*'),
          this.arn('rds', `subgrp:${restoreSubnetGroupName(name)}`),
          this.arn('rds', `subgrp:${name}`),
        ],
        conditions: tagged,
        because: 'restoredInstances',
      },
      { actions: ['rds:AddTagsToResource'], resources: [made], conditions: tagged, because: 'restoredInstances' },
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
      this.useSnapshotKeys('rds', ['kms:CreateGrant', 'kms:DescribeKey']),
    ];
  }

  removeInstances(): Grant[] {
    return [
      {
        actions: ['rds:DeleteDBInstance'],
        resources: [this.arn('rds', `db:${testInstancePrefix(this.environment.name)}*`)],
        conditions: this.carriesTestTag(),
        because: 'testedInstances',
      },
    ];
  }

  describeVolumes(): Grant[] {
    return [{ actions: ['ec2:DescribeVolumes'], resources: ['*'], because: 'noResourceLevel' }];
  }

  /** Of snapshots of this environment's sets, with a test's tags. */
  restoreVolumes(): Grant[] {
    const volumes = this.arn('ec2', 'volume/*');
    const { name } = this.environment;
    return [
      {
        actions: ['ec2:CreateVolume'],
        resources: [volumes],
        conditions: { StringEquals: { [`aws:RequestTag/${restoreTags.environment}`]: name } },
        because: 'restoredVolumes',
      },
      {
        actions: ['ec2:CreateVolume'],
        resources: [`arn:aws:ec2:${this.region}::snapshot/*`],
        conditions: { StringEquals: { [`aws:ResourceTag/${restoreTags.environment}`]: name } },
        because: 'restoredVolumes',
      },
      {
        actions: ['ec2:CreateTags'],
        resources: [volumes],
        conditions: { StringEquals: { 'ec2:CreateAction': 'CreateVolume' } },
        because: 'restoredVolumes',
      },
      this.useSnapshotKeys('ec2', volumeKeyActions),
    ];
  }

  removeVolumes(): Grant[] {
    return [
      {
        actions: ['ec2:DeleteVolume'],
        resources: [this.arn('ec2', 'volume/*')],
        conditions: this.carriesTestTag(),
        because: 'restoredVolumes',
      },
    ];
  }

  /** The set names its secrets and their versions; a copied instance has the passwords of its source. */
  readLogins(): Grant[] {
    return [
      {
        actions: ['secretsmanager:GetSecretValue'],
        resources: [this.arn('secretsmanager', `secret:mainstay/${this.environment.name}/*`)],
        because: 'restoredLogins',
      },
      {
        actions: ['kms:Decrypt'],
        resources: [this.secretsKeyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${this.region}.amazonaws.com` } },
      },
    ];
  }

  describeTests(): Grant[] {
    const machine = stateMachineName(this.environment.name, 'restore-test');
    const resources = [this.arn('states', `execution:${machine}:*`)];
    return [{ actions: ['states:DescribeExecution'], resources, because: 'restoreExecutions' }];
  }

  putMeasurements(): Grant[] {
    return [
      {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': restoreMetrics.namespace } },
        because: 'noResourceLevel',
      },
    ];
  }

  private carriesTestTag() {
    return {
      StringEquals: { [`aws:ResourceTag/${restoreTags.environment}`]: this.environment.name },
      Null: { [`aws:ResourceTag/${restoreTags.test}`]: 'false' },
    };
  }

  /** Taken here: under the key of the databases or the volumes; copied here: under that of the sets. */
  private snapshotAliases(): readonly string[] {
    const { name } = this.environment;
    return [databasesKeyAlias(name), backupsKeyAlias(name), `mainstay/${name}/volumes`].map(
      (alias) => `alias/${alias}`,
    );
  }

  private useSnapshotKeys(service: string, actions: readonly string[]): Grant {
    return {
      actions,
      resources: [this.arn('kms', 'key/*')],
      conditions: {
        StringEquals: { 'kms:ViaService': `${service}.${this.region}.amazonaws.com` },
        'ForAnyValue:StringEquals': { 'kms:ResourceAliases': this.snapshotAliases() },
      },
      because: 'restoredKeys',
    };
  }
}

/** DB subnet group of the isolated network. */
export function restoreSubnetGroupName(environment: string): string {
  return `mainstay-${environment}-restores`;
}
