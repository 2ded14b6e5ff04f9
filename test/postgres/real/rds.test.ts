import {
  CreateDBSnapshotCommand,
  PromoteReadReplicaCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from '@aws-sdk/client-rds';
import { describe, expect, it, onTestFinished } from 'vitest';
import { minute, primary, type RdsWorld, rdsWorld, shop, standby, withReplica } from '../../rehearsal/aws/rds-world.ts';
import { withoutServers } from './available.ts';

/** A real server behind `shop`, with a table of one column. */
async function realWorld(options: Parameters<typeof rdsWorld>[0] = {}): Promise<RdsWorld> {
  const world = await rdsWorld({ ...options, postgres: true });
  onTestFinished(() => world.rehearsal.close());
  await inspect(world, primary, 'shop', 'CREATE TABLE orders (id int PRIMARY KEY)');
  return world;
}

function inspect(world: RdsWorld, region: string, name: string, text: string) {
  const { kernel } = world.rehearsal;
  return kernel.hold(async () => world.rds.instance(region, name)?.real?.inspect('shop', text));
}

const insert = (world: RdsWorld, id: number) => inspect(world, primary, 'shop', `INSERT INTO orders VALUES (${id})`);

async function idsIn(world: RdsWorld, region: string, name = 'shop'): Promise<unknown[]> {
  const rows = await inspect(world, region, name, 'SELECT id FROM orders ORDER BY id');
  return (rows ?? []).map(({ id }) => id);
}

describe.skipIf(withoutServers !== undefined)('RDS with real servers', () => {
  it('snapshots the files, and restores a server of its own from them', async () => {
    const world = await realWorld();
    await insert(world, 1);
    await world.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'first' }));
    await world.wait(minute / 2);
    await insert(world, 2);
    await world.wait(5 * minute);
    await world.send(
      new RestoreDBInstanceFromDBSnapshotCommand({
        DBInstanceIdentifier: 'again',
        DBSnapshotIdentifier: 'first',
        DBSubnetGroupName: 'primary-subnets',
      }),
    );
    await world.wait(20 * minute);
    expect(await idsIn(world, primary, 'again')).toEqual([1]);
    expect(await idsIn(world, primary)).toEqual([1, 2]);
  }, 90_000);

  it('promotes the replica’s server with what had come, when its source is gone', async () => {
    const world = await realWorld(withReplica);
    await insert(world, 1);
    const replica = world.rds.instance(standby, 'shop');
    if (!replica) throw new Error('no replica');
    expect(await idsIn(world, standby)).toEqual([1]);
    await world.rds.connectReplica(replica, false);
    await insert(world, 2);
    await world.rds.outages.loseRegion(primary);
    await world.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: 'shop' }), { region: standby });
    await world.wait(12 * minute);
    expect(replica.replicaOf).toBeUndefined();
    await inspect(world, standby, 'shop', 'INSERT INTO orders VALUES (3)');
    expect(await idsIn(world, standby)).toEqual([1, 3]);
    await world.rds.outages.returnRegion(primary);
    expect(await idsIn(world, primary)).toEqual([1, 2]);
  }, 90_000);

  it('has everything after a failover to the other zone', async () => {
    const world = await realWorld({ primaryResources: { Instance: shop({ MultiAZ: true }) } });
    await insert(world, 1);
    await world.rds.outages.loseZone(`${primary}a`);
    expect(world.rds.instance(primary, 'shop')?.real?.running).toBe(false);
    await world.wait(3 * minute);
    expect(await idsIn(world, primary)).toEqual([1]);
  }, 90_000);
});
