import {
  type DBInstance,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandOutput,
  ModifyDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import { minute, primary, type RdsWorld, rdsWorld, standby, withReplica } from './rds-world.ts';

async function described(world: RdsWorld, name: string, region: string): Promise<DBInstance | undefined> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: name });
  return (await world.send<DescribeDBInstancesCommandOutput>(command, { region })).DBInstances?.[0];
}

const rename = (world: RdsWorld, more: object = {}) =>
  world.send(
    new ModifyDBInstanceCommand({
      DBInstanceIdentifier: 'shop',
      NewDBInstanceIdentifier: 'shop-stale-2',
      DeletionProtection: true,
      ApplyImmediately: true,
      ...more,
    }),
    { region: primary },
  );

describe('an instance that gets another identifier', () => {
  it('restarts, answers at another endpoint, and leaves its name free', async () => {
    const world = await rdsWorld(withReplica);
    const before = await described(world, 'shop', primary);
    await rename(world);
    await world.wait(1000);
    expect(world.rds.instance(primary, 'shop')).toMatchObject({ status: 'renaming', outage: 'restarting' });
    await world.wait(2 * minute);
    const after = await described(world, 'shop-stale-2', primary);
    expect(after).toMatchObject({ DBInstanceStatus: 'available', DeletionProtection: true });
    expect(after?.DbiResourceId).toBe(before?.DbiResourceId);
    expect(after?.Endpoint?.Address).toBe(before?.Endpoint?.Address?.replace('shop', 'shop-stale-2'));
    await expect(described(world, 'shop', primary)).rejects.toThrow('not found');
  });

  it('is followed by its replicas all the same', async () => {
    const world = await rdsWorld(withReplica);
    await rename(world);
    await world.wait(2 * minute);
    expect((await described(world, 'shop', standby))?.ReadReplicaSourceDBInstanceIdentifier).toBe(
      world.arn(primary, 'db', 'shop-stale-2'),
    );
  });

  it('is refused under a name that is taken, and is not modelled for a maintenance window', async () => {
    const world = await rdsWorld(withReplica);
    await expect(rename(world, { NewDBInstanceIdentifier: 'shop' })).rejects.toMatchObject({
      name: 'DBInstanceAlreadyExistsFault',
    });
    await expect(rename(world, { ApplyImmediately: false })).rejects.toThrow('at once');
  });
});
