import { tagList } from './rds-access.ts';
import type { RdsContext } from './rds-context.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import { restorableWindow } from './rds-point-in-time.ts';
import type { Snapshot } from './rds-snapshots.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** As DescribeDBInstances shows it. */
export function describeInstance(context: RdsContext, instance: DatabaseInstanceState): OperationInput {
  const { figures, region, replicaOf } = instance;
  const creating = instance.status === 'creating';
  const source = replicaOf === undefined ? undefined : replicaName(replicaOf, region);
  return {
    DBInstanceIdentifier: instance.identifier,
    DBInstanceArn: instance.arn,
    DbiResourceId: instance.resourceId,
    DBInstanceClass: figures.instanceClass,
    DBInstanceStatus: instance.status,
    Engine: 'postgres',
    EngineVersion: figures.engineVersion,
    MasterUsername: instance.model.master,
    DBName: instance.model.name,
    AllocatedStorage: figures.gibibytes,
    StorageType: figures.storageType,
    // Before the instance is there it has no address.
    ...(creating ? {} : { Endpoint: { Address: instance.host, Port: instance.port, HostedZoneId: 'Z2R2ITUGPM61AM' } }),
    ...(creating ? {} : { InstanceCreateTime: new Date(instance.createdAt) }),
    PreferredBackupWindow: instance.backupWindow,
    BackupRetentionPeriod: instance.backupRetentionDays,
    VpcSecurityGroups: figures.securityGroupIds.map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })),
    DBParameterGroups: [{ DBParameterGroupName: instance.parameterGroup, ParameterApplyStatus: 'in-sync' }],
    DBSubnetGroup: { DBSubnetGroupName: instance.subnetGroup, VpcId: instance.vpcId, SubnetGroupStatus: 'Complete' },
    AvailabilityZone: instance.zone,
    MultiAZ: instance.multiAz,
    ...(instance.secondaryZone === undefined ? {} : { SecondaryAvailabilityZone: instance.secondaryZone }),
    ...(source === undefined ? {} : { ReadReplicaSourceDBInstanceIdentifier: source }),
    ReadReplicaDBInstanceIdentifiers: context.instances.replicasOf(instance).map(({ arn }) => replicaName(arn, region)),
    ...(source === undefined ? {} : { StatusInfos: [replicationInfo(context, instance)] }),
    ...restorable(context, instance),
    StorageEncrypted: instance.encrypted,
    ...(instance.keyArn === undefined ? {} : { KmsKeyId: instance.keyArn }),
    DeletionProtection: instance.deletionProtection,
    CopyTagsToSnapshot: instance.copyTagsToSnapshot,
    PubliclyAccessible: false,
    TagList: tagList(instance.tags),
  };
}

/** In another region by ARN: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html */
function replicaName(arn: string, region: string): string {
  const [, , , home, , , identifier = ''] = arn.split(':');
  return home === region ? identifier : arn;
}

function replicationInfo({ replication }: RdsContext, replica: DatabaseInstanceState): OperationInput {
  const normal = replication.streams(replica);
  return { StatusType: 'read replication', Normal: normal, Status: normal ? 'replicating' : 'error' };
}

function restorable(context: RdsContext, instance: DatabaseInstanceState): OperationInput {
  const window = restorableWindow(context, instance);
  return window ? { LatestRestorableTime: new Date(window.latest) } : {};
}

/** As DescribeDBSnapshots shows it. */
export function describeSnapshot(snapshot: Snapshot): OperationInput {
  const { source, data } = snapshot;
  return {
    DBSnapshotIdentifier: snapshot.identifier,
    DBSnapshotArn: snapshot.arn,
    DBInstanceIdentifier: source.identifier,
    DbiResourceId: source.resourceId,
    Engine: 'postgres',
    EngineVersion: source.figures.engineVersion,
    AllocatedStorage: source.figures.gibibytes,
    StorageType: source.figures.storageType,
    Port: source.port,
    VpcId: source.vpcId,
    AvailabilityZone: source.zone,
    InstanceCreateTime: new Date(source.createdAt),
    ...(data === undefined ? {} : { MasterUsername: data.model.master }),
    Status: snapshot.status,
    SnapshotType: snapshot.type,
    PercentProgress: snapshot.percent,
    // One that is only beginning has no time of its own yet.
    ...(data === undefined
      ? {}
      : {
          SnapshotCreateTime: new Date(snapshot.createdAt),
          OriginalSnapshotCreateTime: new Date(snapshot.originallyAt ?? snapshot.createdAt),
        }),
    ...(snapshot.copyOf === undefined
      ? {}
      : { SourceDBSnapshotIdentifier: snapshot.copyOf, SourceRegion: snapshot.copyOf.split(':')[3] }),
    Encrypted: snapshot.encrypted,
    ...(snapshot.keyArn === undefined ? {} : { KmsKeyId: snapshot.keyArn }),
    SnapshotTarget: 'region',
    TagList: tagList(snapshot.tags),
  };
}

interface Filter {
  readonly Name: string;
  readonly Values: readonly string[];
}

/** What of each item a filter's name stands for. An item stays when every filter names one of its values. Throws Unmodelled for another filter. */
export function filtered<T>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  fields: Readonly<Record<string, (item: T) => readonly string[]>>,
): T[] {
  return (filters ?? []).reduce<T[]>(
    (left, { Name, Values }) => {
      const field = fields[Name];
      if (!field) throw new Unmodelled(`The filter ${Name} is not modelled; ${Object.keys(fields).join(', ')} are.`);
      return left.filter((item) => field(item).some((value) => Values.includes(value)));
    },
    [...items],
  );
}

/**
 * A part of a list: 'MaxRecords: default 100, minimum 20, maximum 100'. The marker names the last item that was given, so that what is deleted in
 * between hides no other. Throws AwsError InvalidParameterValue.
 */
export function part<T extends { readonly identifier: string }>(
  items: readonly T[],
  { Marker, MaxRecords = 100 }: OperationInput,
): { items: readonly T[]; marker: OperationInput } {
  if (!Number.isInteger(MaxRecords) || MaxRecords < 20 || MaxRecords > 100) {
    throw new AwsError(
      'InvalidParameterValue',
      `Invalid value ${MaxRecords} for MaxRecords. Must be between 20 and 100`,
    );
  }
  const [, place = '0', last] = /^(\d+) (.+)$/.exec(String(Marker ?? '')) ?? [];
  const found = last === undefined ? -1 : items.findIndex(({ identifier }) => identifier === last);
  const from = found < 0 ? Number(place) : found + 1;
  const taken = items.slice(from, from + MaxRecords);
  const end = from + taken.length;
  const more = end < items.length && taken.length > 0;
  return { items: taken, marker: more ? { Marker: `${end} ${taken.at(-1)?.identifier}` } : {} };
}
