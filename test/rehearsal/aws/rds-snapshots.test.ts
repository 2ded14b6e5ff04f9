import {
  AddTagsToResourceCommand,
  CreateDBSnapshotCommand,
  type CreateDBSnapshotCommandOutput,
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandOutput,
  DescribeDBSnapshotsCommand,
  type DescribeDBSnapshotsCommandOutput,
  ListTagsForResourceCommand,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import { hour, minute, primary, type RdsWorld, rdsWorld, role, shop } from './rds-world.ts';

const create = (world: RdsWorld, name: string, more: object = {}, place = {}) =>
  world.send<CreateDBSnapshotCommandOutput>(
    new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: name, ...more }),
    place,
  );

async function snapshots(world: RdsWorld, input: object = {}): Promise<readonly DBSnapshot[]> {
  const answer = await world.send<DescribeDBSnapshotsCommandOutput>(new DescribeDBSnapshotsCommand(input));
  return answer.DBSnapshots ?? [];
}

async function statusOf(world: RdsWorld, region = primary): Promise<string | undefined> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'shop' });
  const { DBInstances } = await world.send<DescribeDBInstancesCommandOutput>(command, { region });
  return DBInstances?.[0]?.DBInstanceStatus;
}

describe('an instance, as the SDK shows it', () => {
  it('has its address, key, backups and tags', async () => {
    const Tags = [{ Key: 'team', Value: 'shop' }];
    const world = await rdsWorld({
      primaryResources: { Instance: shop({ Tags, MultiAZ: true, DeletionProtection: true }) },
    });
    const { DBInstances } = await world.send<DescribeDBInstancesCommandOutput>(new DescribeDBInstancesCommand({}));
    expect(DBInstances).toHaveLength(1);
    expect(DBInstances?.[0]).toMatchObject({
      DBInstanceIdentifier: 'shop',
      DBInstanceStatus: 'available',
      Engine: 'postgres',
      DBName: 'shop',
      MasterUsername: 'chief',
      MultiAZ: true,
      DeletionProtection: true,
      StorageEncrypted: true,
      KmsKeyId: expect.stringMatching(/^arn:aws:kms:us-east-1:111111111111:key\//),
      BackupRetentionPeriod: 7,
      TagList: Tags,
      Endpoint: { Address: expect.stringMatching(/^shop\./), Port: 5432 },
    });
    expect(DBInstances?.[0]?.LatestRestorableTime?.getTime()).toBeLessThanOrEqual(world.rehearsal.kernel.now());
  });

  it('that there is not is said to be missing', async () => {
    const world = await rdsWorld();
    await expect(world.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'none' }))).rejects.toMatchObject({
      name: 'DBInstanceNotFoundFault',
    });
  });
});

describe('a manual snapshot', () => {
  it('is made while its instance is backing up, and stands after minutes', async () => {
    const world = await rdsWorld();
    const { DBSnapshot: made } = await create(world, 'first');
    expect(made).toMatchObject({ Status: 'creating', SnapshotType: 'manual', PercentProgress: 0 });
    expect(made?.SnapshotCreateTime).toBeUndefined();
    expect(await statusOf(world)).toBe('backing-up');
    await world.wait(5 * minute);
    expect(await statusOf(world)).toBe('available');
    expect(await snapshots(world, { DBSnapshotIdentifier: 'first' })).toMatchObject([
      { Status: 'available', PercentProgress: 100, DBInstanceIdentifier: 'shop', Encrypted: true },
    ]);
  });

  it('holds what the instance held then, and nothing later', async () => {
    const world = await rdsWorld();
    const { model } = world.rds.instance(primary, 'shop') ?? {};
    await create(world, 'first');
    await world.wait(5 * minute);
    const transaction = model?.begin();
    transaction?.run('CREATE SCHEMA IF NOT EXISTS mainstay', [], 'chief');
    transaction?.commit();
    await create(world, 'second');
    await world.wait(5 * minute);
    const [first, second] = world.rds.snapshotsIn(primary);
    expect(first?.data?.takenAt).toBeLessThan(second?.data?.takenAt ?? 0);
    expect(first?.data?.model).not.toBe(model);
  });

  it('is refused while the one before is made', async () => {
    const world = await rdsWorld();
    await create(world, 'first');
    await expect(create(world, 'second')).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await world.wait(5 * minute);
    await create(world, 'second');
  });

  it('is refused under the name of another one', async () => {
    const world = await rdsWorld();
    await create(world, 'first');
    await world.wait(5 * minute);
    await expect(create(world, 'First')).rejects.toMatchObject({ name: 'DBSnapshotAlreadyExistsFault' });
    await expect(create(world, 'no--good')).rejects.toThrow(/Invalid snapshot identifier/);
  });

  it('is refused beyond the quota, which the snapshots of others and those being deleted fill as well', async () => {
    const world = await rdsWorld();
    world.rds.addForeignSnapshots(primary, 99);
    await create(world, 'last');
    await world.wait(5 * minute);
    await expect(create(world, 'beyond')).rejects.toMatchObject({
      name: 'SnapshotQuotaExceededFault',
      message: 'Cannot create more than 100 manual snapshots',
    });
    await world.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'last' }));
    expect(await snapshots(world, { DBSnapshotIdentifier: 'last' })).toMatchObject([{ Status: 'deleting' }]);
    await expect(create(world, 'beyond')).rejects.toMatchObject({ name: 'SnapshotQuotaExceededFault' });
    await world.wait(minute);
    await create(world, 'beyond');
  });

  it('that is not available cannot be deleted, and one that is gone is missing', async () => {
    const world = await rdsWorld();
    const deletion = () => world.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'first' }));
    await expect(deletion()).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
    await create(world, 'first');
    await expect(deletion()).rejects.toMatchObject({ name: 'InvalidDBSnapshotStateFault' });
    await world.wait(5 * minute);
    await deletion();
    await expect(deletion()).rejects.toMatchObject({ name: 'InvalidDBSnapshotStateFault' });
    await world.wait(minute);
    await expect(deletion()).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
    expect(await snapshots(world)).toEqual([]);
  });
});

describe('the list of snapshots', () => {
  it('comes in parts, by instance and by type', async () => {
    const world = await rdsWorld();
    world.rds.addForeignSnapshots(primary, 45);
    await create(world, 'ours');
    const seen: string[] = [];
    let marker: string | undefined;
    do {
      const command = new DescribeDBSnapshotsCommand({ SnapshotType: 'manual', MaxRecords: 20, Marker: marker });
      const answer = await world.send<DescribeDBSnapshotsCommandOutput>(command);
      // One that was listed goes meanwhile, and hides no other.
      await world.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: `somebody-elses-${seen.length}` }));
      await world.wait(minute);
      seen.push(...(answer.DBSnapshots ?? []).map(({ DBSnapshotIdentifier = '' }) => DBSnapshotIdentifier));
      marker = answer.Marker;
    } while (marker !== undefined);
    expect(new Set(seen).size).toBe(46);
    expect(await snapshots(world, { DBInstanceIdentifier: 'shop' })).toHaveLength(1);
    expect(await snapshots(world, { Filters: [{ Name: 'db-instance-id', Values: ['shop'] }] })).toHaveLength(1);
    expect(await snapshots(world, { SnapshotType: 'automated' })).toEqual([]);
    await expect(snapshots(world, { MaxRecords: 10 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('tags', () => {
  it('come from the request and, where it says so, from the instance', async () => {
    const Tags = [{ Key: 'team', Value: 'shop' }];
    const world = await rdsWorld({ primaryResources: { Instance: shop({ Tags, CopyTagsToSnapshot: true }) } });
    await create(world, 'first', { Tags: [{ Key: 'set', Value: '1' }] });
    const ResourceName = world.arn(primary, 'snapshot', 'first');
    await world.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'state', Value: 'complete' }] }));
    await world.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ['team'] }));
    const left = [
      { Key: 'set', Value: '1' },
      { Key: 'state', Value: 'complete' },
    ];
    expect(await world.send(new ListTagsForResourceCommand({ ResourceName }))).toMatchObject({ TagList: left });
    expect(await snapshots(world, { DBSnapshotIdentifier: 'first' })).toMatchObject([{ TagList: left }]);
  });
});

describe('the right to make a snapshot', () => {
  const tags = { Tags: [{ Key: 'set', Value: '1' }] };
  const arns = ['arn:aws:rds:us-east-1:111111111111:db:shop', 'arn:aws:rds:us-east-1:111111111111:snapshot:ours-*'];

  it('is one on the instance and one on the snapshot', async () => {
    const world = await rdsWorld({
      primaryResources: {
        Whole: role('whole', { Action: 'rds:CreateDBSnapshot', Resource: arns }),
        Half: role('half', { Action: 'rds:CreateDBSnapshot', Resource: arns.slice(1) }),
      },
    });
    await expect(create(world, 'ours-1', {}, { role: 'half' })).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(create(world, 'other-1', {}, { role: 'whole' })).rejects.toMatchObject({ name: 'AccessDenied' });
    await create(world, 'ours-1', {}, { role: 'whole' });
  });

  it('with tags is one to tag as well, under conditions on them', async () => {
    const tagging = {
      Action: 'rds:AddTagsToResource',
      Resource: arns.slice(1),
      Condition: { StringEquals: { 'aws:RequestTag/set': '1' } },
    };
    const world = await rdsWorld({
      primaryResources: {
        Untagged: role('untagged', { Action: 'rds:CreateDBSnapshot', Resource: arns }),
        Tagger: role('tagger', { Action: 'rds:CreateDBSnapshot', Resource: arns }, tagging),
      },
    });
    await expect(create(world, 'ours-1', tags, { role: 'untagged' })).rejects.toThrow(/rds:AddTagsToResource/);
    await create(world, 'ours-1', tags, { role: 'tagger' });
  });
});

describe('automated backups', () => {
  it('are taken in the window, make the instance busy, count for no quota and go after their days', async () => {
    const Instance = shop({ PreferredBackupWindow: '12:00-13:00', BackupRetentionPeriod: 2 });
    const world = await rdsWorld({ primaryResources: { Instance } });
    let busy = 0;
    await world.wait(2 * hour);
    for (let step = 0; step < 180; step++) {
      await world.wait(minute);
      if (world.rds.instance(primary, 'shop')?.status === 'backing-up') busy++;
    }
    expect(busy).toBeGreaterThan(0);
    expect(busy).toBeLessThan(6);
    const [automated] = await snapshots(world, { SnapshotType: 'automated' });
    expect(automated).toMatchObject({ Status: 'available' });
    expect(automated?.DBSnapshotIdentifier).toMatch(/^rds:shop-2026-01-05-12-\d\d$/);
    world.rds.addForeignSnapshots(primary, 99);
    await create(world, 'manual');
    await world.wait(5 * 24 * hour);
    expect((await snapshots(world, { SnapshotType: 'automated' })).length).toBe(3);
  });
});
