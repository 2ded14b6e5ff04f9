import {
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { AwsUnavailable } from '../../domain/errors.ts';
import type {
  InstanceSeen,
  RestorableWindow,
  RestoreAnswer,
  RestoredDatabases,
  RestoredInstance,
} from '../ports/restored-databases.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const notFound = 'DBInstanceNotFoundFault';
const exists = 'DBInstanceAlreadyExistsFault';
const wrongState = 'InvalidDBInstanceStateFault';
/** Of the region or the account, and all pass: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html */
const noRoom = ['InsufficientDBInstanceCapacityFault', 'InstanceQuotaExceededFault', 'StorageQuotaExceededFault'];
/** 'Maximum 100': https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html */
const instancesAPage = 100;
const pagesMax = 100;

/** RDS of a region. */
export function rdsRestoredDatabases(region: string): RestoredDatabases {
  const client = new RDSClient(clientSettings(region));
  return {
    find: (instance) => find(client, instance),

    async tagged(tag) {
      return (await everyInstance(client, region)).filter(({ tags }) => tags[tag] !== undefined);
    },

    fromSnapshot: ({ snapshot, instanceClass, ...wanted }) =>
      asked('rds:RestoreDBInstanceFromDBSnapshot', () =>
        client.send(
          new RestoreDBInstanceFromDBSnapshotCommand({
            ...common(wanted),
            DBInstanceIdentifier: wanted.instance,
            DBSnapshotIdentifier: snapshot,
            DBInstanceClass: instanceClass,
          }),
        ),
      ),

    toPoint: ({ source, at, ...wanted }) =>
      asked('rds:RestoreDBInstanceToPointInTime', () =>
        client.send(
          new RestoreDBInstanceToPointInTimeCommand({
            ...common(wanted),
            SourceDBInstanceIdentifier: source,
            TargetDBInstanceIdentifier: wanted.instance,
            RestoreTime: at,
          }),
        ),
      ),

    async remove(instance) {
      const command = new DeleteDBInstanceCommand({
        DBInstanceIdentifier: instance,
        SkipFinalSnapshot: true,
        DeleteAutomatedBackups: true,
      });
      try {
        await calling('rds:DeleteDBInstance', () => client.send(command), [notFound, wrongState]);
        return true;
      } catch (error) {
        if (isNamed(error, notFound)) return true;
        if (isNamed(error, wrongState)) return false;
        throw error;
      }
    },

    restorable: (instance) => restorable(client, instance),
  };
}

async function find(client: RDSClient, instance: string): Promise<InstanceSeen | undefined> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance });
  try {
    const answer = await calling('rds:DescribeDBInstances', () => client.send(command), [notFound]);
    const [found] = answer.DBInstances ?? [];
    return found && instanceOf(found);
  } catch (error) {
    if (isNamed(error, notFound)) return undefined;
    throw error;
  }
}

async function restorable(client: RDSClient, instance: string): Promise<RestorableWindow | undefined> {
  const command = new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier: instance });
  const answer = await calling('rds:DescribeDBInstanceAutomatedBackups', () => client.send(command));
  const window = answer.DBInstanceAutomatedBackups?.find(({ Status }) => Status === 'active')?.RestoreWindow;
  if (!window?.EarliestTime || !window.LatestTime) return undefined;
  return { earliest: window.EarliestTime, latest: window.LatestTime };
}

/** No upgrade by RDS itself, no public address, and never another key than the data's. */
function common({ subnetGroup, securityGroupIds, parameterGroup, ...wanted }: RestoredInstance) {
  return {
    DBSubnetGroupName: subnetGroup,
    VpcSecurityGroupIds: [...securityGroupIds],
    ...(parameterGroup === undefined ? {} : { DBParameterGroupName: parameterGroup }),
    MultiAZ: wanted.multipleZones,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: false,
    DeletionProtection: wanted.deletionProtection,
    CopyTagsToSnapshot: false,
    Tags: Object.entries(wanted.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

async function asked(what: string, ask: () => Promise<unknown>): Promise<RestoreAnswer> {
  try {
    await calling(what, ask, [exists, ...noRoom]);
    return 'asked';
  } catch (error) {
    if (isNamed(error, exists)) return 'exists';
    if (noRoom.some((name) => isNamed(error, name))) return 'no-room';
    throw error;
  }
}

async function everyInstance(client: RDSClient, region: string): Promise<InstanceSeen[]> {
  const found: InstanceSeen[] = [];
  let marker: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const command = new DescribeDBInstancesCommand({
      MaxRecords: instancesAPage,
      ...(marker === undefined ? {} : { Marker: marker }),
    });
    const answer = await calling('rds:DescribeDBInstances', () => client.send(command));
    found.push(...(answer.DBInstances ?? []).map(instanceOf));
    marker = answer.Marker;
    if (!marker) return found;
  }
  throw new AwsUnavailable(`${region} has more than ${pagesMax * instancesAPage} database instances.`);
}

function instanceOf(instance: DBInstance): InstanceSeen {
  const { Endpoint: endpoint, InstanceCreateTime: createdAt, DBParameterGroups: groups = [] } = instance;
  const [group] = groups;
  return {
    identifier: instance.DBInstanceIdentifier ?? '',
    status: instance.DBInstanceStatus ?? 'unknown',
    ...(endpoint?.Address ? { host: endpoint.Address } : {}),
    ...(endpoint?.Port ? { port: endpoint.Port } : {}),
    ...(createdAt ? { createdAt } : {}),
    ...(group?.DBParameterGroupName ? { parameterGroup: group.DBParameterGroupName } : {}),
    securityGroupIds: (instance.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []),
    multipleZones: instance.MultiAZ ?? false,
    tags: Object.fromEntries((instance.TagList ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
