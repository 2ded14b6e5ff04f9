import {
  DescribeDBInstancesCommand,
  PromoteReadReplicaCommand,
  RDSClient,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-rds';
import type { Instances } from '../ports/failover.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const notFound = 'DBInstanceNotFoundFault';
const wrongState = 'InvalidDBInstanceStateFault';

/** RDS of the function's own region, as a failover sees it. */
export function rdsInstances(region: string): Instances {
  const client = new RDSClient(clientSettings(region));
  return {
    async see(instance) {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance });
      try {
        const answer = await calling('rds:DescribeDBInstances', () => client.send(command), [notFound]);
        const [found] = answer.DBInstances ?? [];
        if (!found) return undefined;
        const source = found.ReadReplicaSourceDBInstanceIdentifier;
        return {
          status: found.DBInstanceStatus ?? 'unknown',
          multipleZones: found.MultiAZ ?? false,
          // An empty text once it is its own is assumed possible.
          ...(source && { sourceOf: source }),
        };
      } catch (error) {
        if (isNamed(error, notFound)) return undefined;
        throw error;
      }
    },

    promote: (instance, { retentionDays, window }) =>
      taken('rds:PromoteReadReplica', () =>
        client.send(
          new PromoteReadReplicaCommand({
            DBInstanceIdentifier: instance,
            BackupRetentionPeriod: retentionDays,
            PreferredBackupWindow: window,
          }),
        ),
      ),

    reboot: (instance, force) =>
      taken('rds:RebootDBInstance', () =>
        client.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: instance, ForceFailover: force })),
      ),
  };
}

/** False where the instance's state does not allow it now. */
async function taken(what: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await calling(what, call, [wrongState]);
    return true;
  } catch (error) {
    if (isNamed(error, wrongState)) return false;
    throw error;
  }
}
