import { backupMetrics } from '../../domain/backup-watch.ts';
import { exportRoleName } from '../../domain/backups.ts';
import { snapshotTags } from '../../domain/recovery-set.ts';
import type { Grant } from '../constructs/grant.ts';
import type { SharedStores } from '../delivery/rights.ts';
import type { Environment } from '../environment.ts';
import { type BackupPlaces, BackupRights } from './rights.ts';

export interface PartPlaces extends BackupPlaces {
  /** Of the key that encrypts the volumes of the region's stores. */
  readonly volumesKeyArn: string;
}

/** EBS uses a key on the caller's behalf, by a grant: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html */
const copiedFrom = ['kms:DescribeKey', 'kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncryptFrom'];
const copiedTo = ['kms:DescribeKey', 'kms:CreateGrant', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptTo'];

/** Of the functions that back up volumes, objects and the day's full set, and of the one that watches, in one region. */
export class PartRights extends BackupRights {
  private readonly volumesKeyArn: string;

  constructor(environment: Environment, stores: SharedStores, region: string, places: PartPlaces) {
    super(environment, stores, region, places);
    this.volumesKeyArn = places.volumesKeyArn;
  }

  describeVolumes(): Grant[] {
    const actions = ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots'];
    return [{ actions, resources: ['*'], because: 'noResourceLevel' }];
  }

  /** Of volumes that carry the environment's tag, with the tags of a set. */
  snapshotVolumes(): Grant[] {
    const snapshots = this.volumeSnapshots(this.region);
    return [
      {
        actions: ['ec2:CreateSnapshot'],
        resources: [this.arn('ec2', 'volume/*')],
        conditions: { StringEquals: { 'aws:ResourceTag/mainstay:environment': this.environment.name } },
        because: 'taggedVolumes',
      },
      {
        actions: ['ec2:CreateSnapshot'],
        resources: [snapshots],
        conditions: this.tagged('aws:RequestTag'),
        because: 'taggedVolumes',
      },
      this.tagVolumeSnapshots('CreateSnapshot', this.region),
    ];
  }

  /** Called in the region that they go to. */
  copyVolumeSnapshots(): Grant[] {
    if (this.other === undefined) return [];
    const viaHere = { StringEquals: { 'kms:ViaService': `ec2.${this.region}.amazonaws.com` } };
    return [
      {
        actions: ['ec2:CopySnapshot'],
        resources: [this.volumeSnapshots(this.region)],
        conditions: this.tagged('aws:ResourceTag'),
        because: 'taggedVolumes',
      },
      {
        actions: ['ec2:CopySnapshot'],
        resources: [this.volumeSnapshots(this.other)],
        conditions: this.tagged('aws:RequestTag'),
        because: 'taggedVolumes',
      },
      this.tagVolumeSnapshots('CopySnapshot', this.other),
      { actions: copiedFrom, resources: [this.volumesKeyArn], conditions: viaHere },
      // A volume that came with a recovery set is under the key of sets.
      this.useSetsKey('ec2', this.region, copiedFrom),
      this.useSetsKey('ec2', this.other, copiedTo),
    ];
  }

  deleteVolumeSnapshots(region: string | undefined): Grant[] {
    if (region === undefined) return [];
    return [
      {
        actions: ['ec2:DeleteSnapshot'],
        resources: [this.volumeSnapshots(region)],
        conditions: this.tagged('aws:ResourceTag'),
        because: 'taggedVolumes',
      },
    ];
  }

  /** What a multipart upload leaves is taken away by who began it. */
  uploadObjects(prefix: string): Grant[] {
    return [
      ...this.writeObjects('sets', this.region, prefix),
      {
        actions: ['s3:AbortMultipartUpload'],
        resources: [`${this.bucket('sets')}/${prefix}*`],
        because: 'recoverySetObjects',
      },
    ];
  }

  /** Names and version ids; a value needs another right, which nobody here has. */
  listSecrets(): Grant[] {
    return [{ actions: ['secretsmanager:ListSecrets'], resources: ['*'], because: 'noResourceLevel' }];
  }

  readConfiguration(): Grant[] {
    const path = this.arn('ssm', `parameter/mainstay/${this.environment.name}`);
    return [{ actions: ['ssm:GetParametersByPath'], resources: [path, `${path}/*`], because: 'platformParameters' }];
  }

  /**
   * RDS writes with a role of its own, which is passed to it, and under our key.
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.Setup.html
   */
  startExports(): Grant[] {
    const role = `arn:aws:iam::${this.environment.account}:role/${exportRoleName(this.environment.name, this.region)}`;
    return [
      { actions: ['rds:StartExportTask'], resources: ['*'], because: 'noResourceLevel' },
      {
        actions: ['iam:PassRole'],
        resources: [role],
        conditions: { StringEquals: { 'iam:PassedToService': 'export.rds.amazonaws.com' } },
      },
      this.useSetsKey('rds', this.region, ['kms:DescribeKey', 'kms:CreateGrant']),
    ];
  }

  lookAtExports(): Grant[] {
    return [{ actions: ['rds:DescribeExportTasks'], resources: ['*'], because: 'noResourceLevel' }];
  }

  /** Locks what it puts, and cannot unlock it: nobody can. */
  archiveObjects(): Grant[] {
    return [
      ...this.readObjects('exports'),
      ...this.readObjects('archive'),
      ...this.readObjects('sets', this.region, 'manifests/'),
      ...this.writeObjects('archive'),
      {
        actions: ['s3:PutObjectRetention'],
        resources: [`${this.bucket('archive')}/*`],
        because: 'recoverySetObjects',
      },
    ];
  }

  putMeasurements(): Grant[] {
    return [
      {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': backupMetrics.namespace } },
        because: 'noResourceLevel',
      },
    ];
  }

  private tagVolumeSnapshots(by: 'CreateSnapshot' | 'CopySnapshot', region: string): Grant {
    return {
      actions: ['ec2:CreateTags'],
      resources: [this.volumeSnapshots(region)],
      conditions: { StringEquals: { 'ec2:CreateAction': by } },
      because: 'taggedVolumes',
    };
  }

  private tagged(where: 'aws:RequestTag' | 'aws:ResourceTag') {
    return { StringEquals: { [`${where}/${snapshotTags.environment}`]: this.environment.name } };
  }

  /** The account stands in no ARN of an EBS snapshot: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
  private volumeSnapshots(region: string): string {
    return `arn:aws:ec2:${region}::snapshot/*`;
  }
}
