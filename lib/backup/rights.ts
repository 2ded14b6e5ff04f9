import {
  type BackupBucket,
  backedUpDatabasesPath,
  backupBucketName,
  backupsKeyAlias,
  backupsKeyParameterName,
} from '../../domain/backups.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { stateMachineName } from '../../domain/names.ts';
import { recoverySetsTableName, snapshotTags } from '../../domain/recovery-set.ts';
import type { Grant } from '../constructs/grant.ts';
import { Rights, type SharedStores } from '../delivery/rights.ts';
import type { Environment } from '../environment.ts';

export interface BackupPlaces {
  /** Of the region's own key of sets. */
  readonly keyArn: string;
  /** KMS alias of the key that encrypts the control plane's tables in the other region. */
  readonly otherControlPlaneAlias: string;
}

/** Of the functions that back up, in one region, over their own and over the other: by names alone, which are the same in both. */
export class BackupRights extends Rights {
  protected readonly places: BackupPlaces;
  /** Undefined where the stage has no standby. */
  protected readonly other: string | undefined;

  constructor(environment: Environment, stores: SharedStores, region: string, places: BackupPlaces) {
    super(environment, stores, region);
    this.places = places;
    const { primary, standby } = environment.platform.regions;
    this.other = [primary.name, standby?.name].find((each) => each !== region);
  }

  /** Who reigns, and what failovers hold, here and in the other region. */
  way(): Grant[] {
    const own = this.useTable(this.stores.interlockTableArn, ['dynamodb:GetItem', 'dynamodb:Scan']);
    if (this.other === undefined) return own;
    const table = this.arn('dynamodb', `table/${interlockTableName(this.environment.name)}`, this.other);
    return [
      ...own,
      { actions: ['dynamodb:Scan'], resources: [table] },
      this.useOthersKey('dynamodb', this.places.otherControlPlaneAlias, ['kms:Decrypt']),
    ];
  }

  listDatabases(): Grant[] {
    const path = this.arn('ssm', `parameter${backedUpDatabasesPath(this.environment.name)}`);
    const resources = [path.replace(/\/$/, ''), `${path}*`];
    return [{ actions: ['ssm:GetParametersByPath'], resources, because: 'backedUpDatabases' }];
  }

  /** The key that a region's sets are encrypted with. */
  readKeyName(...regions: readonly string[]): Grant[] {
    const name = backupsKeyParameterName(this.environment.name);
    const named = regions.length === 0 ? this.regions() : regions;
    const resources = named.map((region) => this.arn('ssm', `parameter${name}`, region));
    return [{ actions: ['ssm:GetParameter'], resources }];
  }

  /** Records of sets, in the regions named; in both unless told. */
  records(actions: readonly string[], regions: readonly string[] = this.regions()): Grant[] {
    const table = `table/${recoverySetsTableName(this.environment.name)}`;
    return regions.flatMap((region): Grant[] => [
      { actions, resources: [this.arn('dynamodb', table, region)] },
      this.useSetsKey('dynamodb', region, ['kms:Decrypt']),
    ]);
  }

  describeRuns(): Grant[] {
    const machine = stateMachineName(this.environment.name, 'hourly-backup');
    const resources = [this.arn('states', `execution:${machine}:*`)];
    return [{ actions: ['states:DescribeExecution'], resources, because: 'backupExecutions' }];
  }

  listSnapshots(...regions: readonly string[]): Grant[] {
    const named = regions.length === 0 ? this.regions() : regions;
    const resources = named.flatMap((region) => [
      this.arn('rds', 'snapshot:*', region),
      this.arn('rds', 'db:*', region),
    ]);
    return [{ actions: ['rds:DescribeDBSnapshots'], resources, because: 'everySnapshot' }];
  }

  /** By name, each. */
  findSnapshots(region: string = this.region): Grant[] {
    const resources = [this.snapshots(region)];
    return [{ actions: ['rds:DescribeDBSnapshots'], resources, because: 'recoverySetSnapshots' }];
  }

  /** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
  describeVolumeSnapshots(): Grant[] {
    return [{ actions: ['ec2:DescribeSnapshots'], resources: ['*'], because: 'noResourceLevel' }];
  }

  describeDatabases(): Grant[] {
    return [{ actions: ['rds:DescribeDBInstances'], resources: [this.databases()], because: 'environmentDatabases' }];
  }

  createSnapshots(): Grant[] {
    return [
      { actions: ['rds:CreateDBSnapshot'], resources: [this.databases()], because: 'environmentDatabases' },
      {
        actions: ['rds:CreateDBSnapshot', 'rds:AddTagsToResource'],
        resources: [this.snapshots(this.region)],
        because: 'recoverySetSnapshots',
      },
    ];
  }

  /** Only what carries the tag of this environment: a name alone could be anybody's. */
  deleteSnapshots(): Grant[] {
    return [
      {
        actions: ['rds:DeleteDBSnapshot'],
        resources: this.regions().map((region) => this.snapshots(region)),
        conditions: { StringEquals: { [`aws:ResourceTag/${snapshotTags.environment}`]: this.environment.name } },
        because: 'recoverySetSnapshots',
      },
    ];
  }

  /**
   * Called in the region that it goes to, and signed for the one that it comes from. RDS asks for a grant on the key there:
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
   */
  copySnapshots(): Grant[] {
    if (this.other === undefined) return [];
    return [
      {
        actions: ['rds:CopyDBSnapshot'],
        resources: this.regions().map((region) => this.snapshots(region)),
        because: 'recoverySetSnapshots',
      },
      {
        actions: ['rds:AddTagsToResource'],
        resources: [this.snapshots(this.other)],
        because: 'recoverySetSnapshots',
      },
      this.useSetsKey('rds', this.other, ['kms:CreateGrant', 'kms:DescribeKey']),
    ];
  }

  tagSnapshots(): Grant[] {
    return [
      {
        actions: ['rds:AddTagsToResource'],
        resources: this.regions().map((region) => this.snapshots(region)),
        because: 'recoverySetSnapshots',
      },
    ];
  }

  /** Reads objects of a bucket; what is not there is told from what may not be read by the right to list. */
  readObjects(bucket: BackupBucket, region: string = this.region, prefix = ''): Grant[] {
    const arn = this.bucket(bucket, region);
    return [
      { actions: ['s3:ListBucket'], resources: [arn] },
      { actions: ['s3:GetObject'], resources: [`${arn}/${prefix}*`], because: 'recoverySetObjects' },
      this.useSetsKey('s3', region, ['kms:Decrypt']),
    ];
  }

  writeObjects(bucket: BackupBucket, region: string = this.region, prefix = ''): Grant[] {
    const arn = this.bucket(bucket, region);
    return [
      { actions: ['s3:PutObject'], resources: [`${arn}/${prefix}*`], because: 'recoverySetObjects' },
      this.useSetsKey('s3', region, ['kms:GenerateDataKey', 'kms:Decrypt']),
    ];
  }

  /** Own region first. */
  regions(): readonly string[] {
    return [this.region, ...(this.other === undefined ? [] : [this.other])];
  }

  bucket(bucket: BackupBucket, region: string = this.region): string {
    return `arn:aws:s3:::${backupBucketName(this.environment.name, this.environment.account, region, bucket)}`;
  }

  /** A region's key of sets, used through a service: the own one by its ARN, the other's by its alias. */
  useSetsKey(service: string, region: string, actions: readonly string[]): Grant {
    if (region !== this.region) return this.useOthersKey(service, backupsKeyAlias(this.environment.name), actions);
    return {
      actions,
      resources: [this.places.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
    };
  }

  private useOthersKey(service: string, alias: string, actions: readonly string[]): Grant {
    const region = this.other ?? this.region;
    return {
      actions,
      resources: [this.arn('kms', 'key/*', region)],
      conditions: {
        StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` },
        // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
        'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${alias}` },
      },
      because: 'otherRegionsKey',
    };
  }

  private databases(): string {
    return this.arn('rds', `db:${this.environment.name}-*`);
  }

  private snapshots(region: string): string {
    return this.arn('rds', `snapshot:mainstay-${this.environment.name}-*`, region);
  }
}
