import {
  CreateDBInstanceReadReplicaCommand,
  type DBInstance,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { RebuiltInstances, StandingInstance } from '../ports/failback.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const notFound = 'DBInstanceNotFoundFault';
/** Of another instance that has the name, of one that is at work, of a source that is, and of a region that has no room: all pass. */
const notNow = [
  'DBInstanceAlreadyExistsFault',
  'InvalidDBInstanceStateFault',
  'InsufficientDBInstanceCapacityFault',
  'InstanceQuotaExceededFault',
  'StorageQuotaExceededFault',
];

/** RDS of the function's own region, as a failback rebuilds it. */
export function rdsRebuiltInstances(region: string): RebuiltInstances {
  const client = new RDSClient(clientSettings(region));
  return {
    async see(instance) {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance });
      try {
        const answer = await calling('rds:DescribeDBInstances', () => client.send(command), [notFound]);
        const [found] = answer.DBInstances ?? [];
        return found && standing(found);
      } catch (error) {
        if (isNamed(error, notFound)) return undefined;
        throw error;
      }
    },

    // A new identifier restarts the instance, at once with ApplyImmediately: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
    setAside: (instance, name) =>
      taken('rds:ModifyDBInstance', () =>
        client.send(
          new ModifyDBInstanceCommand({
            DBInstanceIdentifier: instance,
            NewDBInstanceIdentifier: name,
            DeletionProtection: true,
            ApplyImmediately: true,
          }),
        ),
      ),

    // The SDK signs the request to the source's region, by the region in its ARN.
    follow: (instance, source, beside) =>
      taken('rds:CreateDBInstanceReadReplica', () =>
        client.send(
          new CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier: instance,
            SourceDBInstanceIdentifier: source,
            DBInstanceClass: beside.instanceClass,
            DBSubnetGroupName: beside.subnetGroup,
            VpcSecurityGroupIds: [...beside.securityGroupIds],
            DBParameterGroupName: beside.parameterGroup,
            KmsKeyId: beside.keyArn,
            MultiAZ: beside.multipleZones,
            StorageType: beside.storageType,
            EnableCloudwatchLogsExports: [...beside.logExports],
            PubliclyAccessible: false,
            AutoMinorVersionUpgrade: false,
            DeletionProtection: true,
            CopyTagsToSnapshot: true,
            Tags: Object.entries(beside.tags).map(([Key, Value]) => ({ Key, Value })),
          }),
        ),
      ),
  };
}

async function taken(what: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await calling(what, call, notNow);
    return true;
  } catch (error) {
    if (notNow.some((name) => isNamed(error, name))) return false;
    throw error;
  }
}

/** Tags of AWS's own (`aws:cloudformation:…`) can't be given: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html */
function ownTags({ TagList = [] }: DBInstance): Record<string, string> {
  const own = TagList.filter(({ Key = '' }) => !Key.startsWith('aws:'));
  return Object.fromEntries(own.map(({ Key = '', Value = '' }) => [Key, Value]));
}

function standing(found: DBInstance): StandingInstance {
  const { Endpoint: endpoint, ReadReplicaSourceDBInstanceIdentifier: source } = found;
  const [group] = found.DBParameterGroups ?? [];
  return {
    status: found.DBInstanceStatus ?? 'unknown',
    ...(source && { sourceOf: source }),
    ...(endpoint?.Address && endpoint.Port && { endpoint: { host: endpoint.Address, port: endpoint.Port } }),
    instanceClass: found.DBInstanceClass ?? '',
    subnetGroup: found.DBSubnetGroup?.DBSubnetGroupName ?? '',
    securityGroupIds: (found.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []),
    ...(group?.DBParameterGroupName && { parameterGroup: group.DBParameterGroupName }),
    ...(found.KmsKeyId && { keyArn: found.KmsKeyId }),
    multipleZones: found.MultiAZ ?? false,
    ...(found.StorageType && { storageType: found.StorageType }),
    logExports: found.EnabledCloudwatchLogsExports ?? [],
    tags: ownTags(found),
  };
}
