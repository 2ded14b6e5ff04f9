import {
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  type DescribeDBInstanceAutomatedBackupsCommandOutput,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandOutput,
  ModifyDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import { LazyStorage } from '../../../rehearsal/aws/rds-storage.ts';
import { minute, primary, type RdsWorld, rdsWorld, role, shop } from './rds-world.ts';

/** The subnet group as CloudFormation names it. */
const subnets = 'primary-subnets';

async function withSnapshot(options: Parameters<typeof rdsWorld>[0] = {}): Promise<RdsWorld> {
  const world = await rdsWorld(options);
  const { model } = world.rds.instance(primary, 'shop') ?? {};
  const transaction = model?.begin();
  transaction?.run('CREATE SCHEMA IF NOT EXISTS mainstay', [], 'chief');
  transaction?.commit();
  await world.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'first' }));
  await world.wait(5 * minute);
  return world;
}

const restore = (world: RdsWorld, more: object = {}, place = {}) =>
  world.send(
    new RestoreDBInstanceFromDBSnapshotCommand({
      DBInstanceIdentifier: 'again',
      DBSnapshotIdentifier: 'first',
      DBSubnetGroupName: subnets,
      DBInstanceClass: 'db.r6g.large',
      BackupRetentionPeriod: 0,
      ...more,
    }),
    place,
  );

async function described(world: RdsWorld, name = 'again') {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: name });
  return (await world.send<DescribeDBInstancesCommandOutput>(command)).DBInstances?.[0];
}

const remove = (world: RdsWorld, more: object = { SkipFinalSnapshot: true }, name = 'again') =>
  world.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, ...more }));

describe('an instance restored from a snapshot', () => {
  it('has no address before it is available, and then the data, users and key of its source', async () => {
    const world = await withSnapshot();
    await restore(world, { Tags: [{ Key: 'test', Value: '1' }] });
    const creating = await described(world);
    expect(creating).toMatchObject({ DBInstanceStatus: 'creating', DBInstanceClass: 'db.r6g.large' });
    expect(creating?.Endpoint).toBeUndefined();
    await world.wait(13 * minute);
    expect(await described(world)).toMatchObject({
      DBInstanceStatus: 'available',
      Endpoint: { Address: expect.stringMatching(/^again\./), Port: 5432 },
      MasterUsername: 'chief',
      TagList: [{ Key: 'test', Value: '1' }],
      StorageEncrypted: true,
      KmsKeyId: world.rds.instance(primary, 'shop')?.keyArn,
    });
    const [source, again] = ['shop', 'again'].map((name) => world.rds.instance(primary, name)?.model);
    expect(again).not.toBe(source);
    expect(again?.verifier('chief')).toEqual(source?.verifier('chief'));
  });

  it('backs itself up first where it keeps backups, as its source did unless told', async () => {
    const world = await withSnapshot();
    await restore(world, { BackupRetentionPeriod: undefined });
    const seen = new Set<string | undefined>();
    for (let step = 0; step < 30; step++) {
      await world.wait(minute);
      seen.add((await described(world))?.DBInstanceStatus);
    }
    expect([...seen]).toEqual(['creating', 'backing-up', 'available']);
  });

  it('is refused over another one, of a snapshot that is not there, and without a network', async () => {
    const world = await withSnapshot();
    await expect(restore(world, { DBInstanceIdentifier: 'Shop' })).rejects.toMatchObject({
      name: 'DBInstanceAlreadyExistsFault',
    });
    await expect(restore(world, { DBSnapshotIdentifier: 'none' })).rejects.toMatchObject({
      name: 'DBSnapshotNotFoundFault',
    });
    await expect(restore(world, { DBSubnetGroupName: undefined })).rejects.toMatchObject({
      name: 'DBSubnetGroupNotFoundFault',
    });
    world.rds.quotas.instances = 1;
    await expect(restore(world)).rejects.toMatchObject({ name: 'InstanceQuotaExceededFault' });
  });

  it('needs rights on itself, the snapshot and the groups, and the use of the key', async () => {
    const arn = (name: string) => `arn:aws:rds:us-east-1:111111111111:${name}`;
    const needed = [
      'db:again',
      'snapshot:first',
      `subgrp:${subnets}`,
      'pg:default.postgres18',
      'og:default:postgres-18',
    ];
    const allowed = (names: readonly string[]) => ({
      Action: 'rds:RestoreDBInstanceFromDBSnapshot',
      Resource: names.map(arn),
    });
    const key = { Action: ['kms:CreateGrant', 'kms:DescribeKey'], Resource: '*' };
    const world = await withSnapshot({
      primaryResources: {
        Whole: role('whole', allowed(needed), key),
        Groupless: role('groupless', allowed(needed.slice(0, 2)), key),
        Keyless: role('keyless', allowed(needed)),
      },
    });
    await expect(restore(world, {}, { role: 'groupless' })).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(restore(world, {}, { role: 'keyless' })).rejects.toMatchObject({ name: 'KMSKeyNotAccessibleFault' });
    await restore(world, {}, { role: 'whole' });
  });
});

describe('an instance restored to a point in time', () => {
  const toPoint = (world: RdsWorld, more: object) =>
    world.send(
      new RestoreDBInstanceToPointInTimeCommand({
        SourceDBInstanceIdentifier: 'shop',
        TargetDBInstanceIdentifier: 'again',
        DBSubnetGroupName: subnets,
        BackupRetentionPeriod: 0,
        ...more,
      }),
    );

  it('is possible within the window of the automated backups', async () => {
    const world = await rdsWorld();
    await world.wait(60 * minute);
    const { DBInstanceAutomatedBackups: backups } = await world.send<DescribeDBInstanceAutomatedBackupsCommandOutput>(
      new DescribeDBInstanceAutomatedBackupsCommand({ DBInstanceIdentifier: 'shop' }),
    );
    const { EarliestTime: earliest, LatestTime: latest } = backups?.[0]?.RestoreWindow ?? {};
    const before = new Date((earliest?.getTime() ?? 0) - 1000);
    await expect(toPoint(world, { RestoreTime: before })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(toPoint(world, {})).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    await toPoint(world, { RestoreTime: latest });
    await world.wait(26 * minute);
    expect(await described(world)).toMatchObject({ DBInstanceStatus: 'available' });
  });

  it('is refused without automated backups', async () => {
    const world = await rdsWorld({ primaryResources: { Instance: shop({ BackupRetentionPeriod: 0 }) } });
    await expect(toPoint(world, { UseLatestRestorableTime: true })).rejects.toMatchObject({
      name: 'PointInTimeRestoreNotEnabledFault',
    });
  });
});

describe('a restored volume', () => {
  const read = (text: string) => Buffer.from(`Q....SELECT count(*) FROM "public"."orders"${text}`);

  it('is slow where it has not been read, and then fast', () => {
    const storage = new LazyStorage(false);
    expect(storage.delayOf(read(' TABLESAMPLE SYSTEM (1)'))).toBeGreaterThan(10_000);
    expect(storage.delayOf(read(''))).toBeGreaterThan(10_000);
    expect(storage.delayOf(read(''))).toBe(0);
    expect(storage.delayOf(read(' TABLESAMPLE SYSTEM (1)'))).toBe(0);
    expect(storage.delayOf(Buffer.from('SELECT 1'))).toBe(0);
  });

  it('stays slow with the fault', () => {
    const storage = new LazyStorage(true);
    storage.delayOf(read(''));
    expect(storage.delayOf(read(' TABLESAMPLE SYSTEM (1)'))).toBeGreaterThan(10_000);
  });
});

describe('the deletion of an instance', () => {
  it('takes minutes, and with it go its automated backups, not its snapshots', async () => {
    const world = await withSnapshot();
    await restore(world);
    await expect(remove(world)).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await world.wait(13 * minute);
    await remove(world);
    expect((await described(world))?.DBInstanceStatus).toBe('deleting');
    await world.wait(6 * minute);
    await expect(described(world)).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
    expect(world.rds.snapshotsIn(primary)).toHaveLength(1);
  });

  it('asks for a final snapshot or for none, and takes it', async () => {
    const world = await rdsWorld();
    await expect(remove(world, {}, 'shop')).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    await remove(world, { FinalDBSnapshotIdentifier: 'last' }, 'shop');
    await world.wait(11 * minute);
    expect(world.rds.instance(primary, 'shop')).toBeUndefined();
    expect(world.rds.snapshotsIn(primary)).toMatchObject([{ identifier: 'last', status: 'available' }]);
  });

  it('is refused while it is protected', async () => {
    const world = await rdsWorld({ primaryResources: { Instance: shop({ DeletionProtection: true }) } });
    await expect(remove(world, undefined, 'shop')).rejects.toThrow(/Cannot delete protected/);
    await world.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', DeletionProtection: false }));
    await remove(world, undefined, 'shop');
  });
});

describe('a change of an instance', () => {
  it('is modifying for a while, and turns backups on with a first one', async () => {
    const world = await rdsWorld({ primaryResources: { Instance: shop({ BackupRetentionPeriod: 0 }) } });
    await world.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', BackupRetentionPeriod: 7, ApplyImmediately: true }),
    );
    expect((await described(world, 'shop'))?.DBInstanceStatus).toBe('modifying');
    await world.wait(2 * minute);
    expect(await described(world, 'shop')).toMatchObject({ DBInstanceStatus: 'backing-up', BackupRetentionPeriod: 7 });
  });
});
