import {
  CreateDBInstanceReadReplicaCommand,
  CreateDBSnapshotCommand,
  type DBInstance,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandOutput,
  PromoteReadReplicaCommand,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import type { DatabaseInstanceState } from '../../../rehearsal/aws/rds-instances.ts';
import { emptyContent, withTable } from '../../../rehearsal/postgres/content.ts';
import { minute, primary, type RdsWorld, rdsWorld, role, shop, standby, withReplica } from './rds-world.ts';

const second = 1000;

function instanceOf(world: RdsWorld, region: string): DatabaseInstanceState {
  const instance = world.rds.instance(region, 'shop');
  if (!instance) throw new Error(`no shop in ${region}`);
  return instance;
}

async function described(world: RdsWorld, region = standby): Promise<DBInstance | undefined> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'shop' });
  return (await world.send<DescribeDBInstancesCommandOutput>(command, { region })).DBInstances?.[0];
}

const promote = (world: RdsWorld, more: object = {}, place: object = {}) =>
  world.send(new PromoteReadReplicaCommand({ DBInstanceIdentifier: 'shop', ...more }), { region: standby, ...place });

/** Seconds until it holds; throws after so many. */
async function secondsUntil(world: RdsWorld, holds: () => boolean, limit = 1200): Promise<number> {
  for (let seconds = 0; seconds <= limit; seconds++) {
    if (holds()) return seconds;
    await world.wait(second);
  }
  throw new Error(`not within ${limit} seconds`);
}

const isAvailable = (world: RdsWorld, region: string) => () => instanceOf(world, region).status === 'available';

/** A table with a row that its replica has. */
async function withRow(world: RdsWorld): Promise<void> {
  const { model } = instanceOf(world, primary);
  model.change(() => withTable(emptyContent, 'public.orders', {}));
  model.insert('public.orders', 'first');
  await world.wait(2 * second);
}

describe('a promotion', () => {
  it('is modifying, rebooting and available within five to ten minutes, and follows nobody then', async () => {
    const world = await rdsWorld(withReplica);
    expect(await described(world)).toMatchObject({
      ReadReplicaSourceDBInstanceIdentifier: world.arn(primary, 'db', 'shop'),
      StatusInfos: [{ Status: 'replicating', Normal: true }],
    });
    expect((await described(world, primary))?.ReadReplicaDBInstanceIdentifiers).toEqual([
      world.arn(standby, 'db', 'shop'),
    ]);
    await promote(world);
    const seen = new Set<string>();
    const seconds = await secondsUntil(world, () => {
      seen.add(instanceOf(world, standby).status);
      return seen.has('available');
    });
    expect([...seen]).toEqual(['modifying', 'rebooting', 'available']);
    expect(seconds).toBeGreaterThan(299);
    expect(seconds).toBeLessThan(601);
    expect((await described(world))?.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
    expect((await described(world, primary))?.ReadReplicaDBInstanceIdentifiers ?? []).toEqual([]);
  });

  it('keeps what had come, and loses what had not', async () => {
    const world = await rdsWorld(withReplica);
    await withRow(world);
    const source = instanceOf(world, primary);
    world.rds.delayReplica(instanceOf(world, standby), 60 * second);
    source.model.insert('public.orders', 'on its way');
    await promote(world);
    source.model.insert('public.orders', 'after');
    await secondsUntil(world, isAvailable(world, standby));
    const promoted = instanceOf(world, standby).model;
    expect(promoted).not.toBe(source.model);
    expect(promoted.writes.map(({ row }) => row)).toEqual([]);
    promoted.insert('public.orders', 'new');
    expect(source.model.writes.map(({ row }) => row)).toEqual(['first', 'on its way', 'after']);
  });

  it('loses nothing of a source that went quiet before', async () => {
    const world = await rdsWorld(withReplica);
    await withRow(world);
    await world.rds.outages.loseRegion(primary);
    await promote(world);
    await secondsUntil(world, isAvailable(world, standby));
    expect(instanceOf(world, standby).model.writes.map(({ row }) => row)).toEqual(['first']);
    await world.rds.outages.returnRegion(primary);
    expect(instanceOf(world, standby).replicaOf).toBeUndefined();
    expect(instanceOf(world, primary).outage).toBeUndefined();
  });

  it('begins the backups that were asked for a minute later', async () => {
    const world = await rdsWorld(withReplica);
    await promote(world, { BackupRetentionPeriod: 7 });
    await secondsUntil(world, isAvailable(world, standby));
    await world.wait(61 * second);
    expect(await described(world)).toMatchObject({ DBInstanceStatus: 'backing-up', BackupRetentionPeriod: 7 });
  });

  it('is refused while the replica is backing up, of what is no replica, and a second time', async () => {
    const world = await rdsWorld(withReplica);
    const snapshot = new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'first' });
    await world.send(snapshot, { region: standby });
    await expect(promote(world)).rejects.toMatchObject({
      name: 'InvalidDBInstanceStateFault',
      message: expect.stringContaining('backing-up'),
    });
    await world.wait(5 * minute);
    await promote(world);
    await expect(promote(world)).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await expect(promote(world, {}, { region: primary })).rejects.toThrow(/not a read replica/);
  });

  it('may hang', async () => {
    const world = await rdsWorld(withReplica);
    world.rds.faults.promotionHangsMilliseconds = Number.POSITIVE_INFINITY;
    await promote(world);
    await world.wait(60 * minute);
    expect((await described(world))?.DBInstanceStatus).toBe('modifying');
  });

  it('needs the right to it', async () => {
    const own = { Action: 'rds:PromoteReadReplica', Resource: 'arn:aws:rds:us-west-2:111111111111:db:shop' };
    const world = await rdsWorld({
      ...withReplica,
      primaryResources: { Own: role('own', own), Other: role('other', { ...own, Resource: `${own.Resource}-2` }) },
    });
    await expect(promote(world, {}, { role: 'other' })).rejects.toMatchObject({ name: 'AccessDenied' });
    await promote(world, {}, { role: 'own' });
  });
});

describe('a replica', () => {
  it('is shown as cut off from a source that is gone, and catches up when it returns', async () => {
    const world = await rdsWorld(withReplica);
    await withRow(world);
    await world.rds.outages.loseRegion(primary);
    await world.wait(10 * minute);
    expect((await described(world))?.StatusInfos).toMatchObject([{ Status: 'error', Normal: false }]);
    const replica = instanceOf(world, standby);
    expect(world.rds.behindMilliseconds(replica)).toBeGreaterThan(10 * minute - 1);
    await world.rds.outages.returnRegion(primary);
    expect(world.rds.behindMilliseconds(replica)).toBeLessThan(1001);
  });

  it('stands where it stood when the region of its source was lost, or the two were parted', async () => {
    const world = await rdsWorld(withReplica);
    const { regions } = world.rehearsal.account;
    const replica = instanceOf(world, standby);
    const behind = () => world.rds.behindMilliseconds(replica);
    const cuts = [
      [() => regions.lose(primary), () => regions.recover(primary)],
      [() => regions.part(primary, standby), () => regions.heal(primary, standby)],
    ] as const;
    for (const [cut, mend] of cuts) {
      cut();
      await world.wait(minute);
      expect(behind()).toBeGreaterThan(minute - 1);
      expect(behind()).toBeLessThan(minute + 1_001);
      mend();
      await world.wait(1);
      expect(behind()).toBeLessThan(1_001);
    }
  });

  it('is made of an instance of the other region, under a key of its own', async () => {
    const world = await rdsWorld();
    const command = new CreateDBInstanceReadReplicaCommand({
      DBInstanceIdentifier: 'shop',
      SourceDBInstanceIdentifier: world.arn(primary, 'db', 'shop'),
      DBSubnetGroupName: 'standby-subnets',
      KmsKeyId: 'alias/secrets',
      MultiAZ: true,
    });
    await world.send(command, { region: standby });
    expect((await described(world))?.DBInstanceStatus).toBe('creating');
    await world.wait(21 * minute);
    expect(await described(world)).toMatchObject({
      DBInstanceStatus: 'available',
      KmsKeyId: expect.stringMatching(/^arn:aws:kms:us-west-2:/),
      BackupRetentionPeriod: 0,
      MultiAZ: true,
    });
  });
});

describe('a Multi-AZ instance', () => {
  const options = { primaryResources: { Instance: shop({ MultiAZ: true }) } };
  const reboot = (world: RdsWorld, more: object) =>
    world.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'shop', ...more }));
  const answers = (world: RdsWorld) => () => instanceOf(world, primary).outage === undefined;

  it('that loses its host goes on in the other zone within 60 to 120 seconds, with everything', async () => {
    const world = await rdsWorld(options);
    await withRow(world);
    const before = instanceOf(world, primary).model;
    expect(instanceOf(world, primary).zone).toBe('us-east-1a');
    await world.rds.outages.loseZone('us-east-1a');
    const seconds = await secondsUntil(world, answers(world));
    expect(seconds).toBeGreaterThan(59);
    expect(seconds).toBeLessThan(121);
    expect(await described(world, primary)).toMatchObject({
      DBInstanceStatus: 'available',
      AvailabilityZone: 'us-east-1b',
      SecondaryAvailabilityZone: 'us-east-1a',
    });
    expect(instanceOf(world, primary).model).toBe(before);
  });

  it('can be forced over where RDS does not notice, and is for that alone', async () => {
    const world = await rdsWorld(options);
    world.rds.faults.failsOverByItself = false;
    await world.rds.outages.lose(instanceOf(world, primary));
    await world.wait(10 * minute);
    expect(instanceOf(world, primary)).toMatchObject({ outage: 'lost', status: 'available' });
    await reboot(world, { ForceFailover: true });
    expect(await secondsUntil(world, answers(world))).toBeLessThan(61);
    expect(instanceOf(world, primary)).toMatchObject({ zone: 'us-east-1b', status: 'available' });
  });

  it('that RDS restarts already is not forced over', async () => {
    const world = await rdsWorld(options);
    await world.rds.outages.lose(instanceOf(world, primary));
    await world.wait(31 * second);
    await expect(reboot(world, { ForceFailover: true })).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
  });

  it('is asked for: one of a single zone is not forced over, and waits for another host', async () => {
    const world = await rdsWorld();
    await expect(reboot(world, { ForceFailover: true })).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    await world.rds.outages.lose(instanceOf(world, primary));
    expect(await secondsUntil(world, answers(world))).toBeGreaterThan(299);
  });

  it('answers again soon after a restart', async () => {
    const world = await rdsWorld(options);
    await reboot(world, {});
    expect((await described(world, primary))?.DBInstanceStatus).toBe('rebooting');
    expect(await secondsUntil(world, answers(world))).toBeLessThan(61);
    expect(instanceOf(world, primary).zone).toBe('us-east-1a');
  });

  it('of a region that is lost does not come back by itself', async () => {
    const world = await rdsWorld(options);
    await world.rds.outages.loseRegion(primary);
    await world.wait(60 * minute);
    expect(instanceOf(world, primary).outage).toBe('lost');
  });
});
