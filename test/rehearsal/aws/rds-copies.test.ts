import {
  CopyDBSnapshotCommand,
  type CopyDBSnapshotCommandOutput,
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  type DescribeDBSnapshotsCommandOutput,
} from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import { minute, primary, type RdsWorld, rdsWorld, role, shop, standby } from './rds-world.ts';

/** A world with a snapshot of `shop` that stands. */
async function withSnapshot(options: Parameters<typeof rdsWorld>[0] = {}): Promise<RdsWorld> {
  const world = await rdsWorld(options);
  const Tags = [{ Key: 'set', Value: '1' }];
  await take(world, 'first', { Tags });
  return world;
}

async function take(world: RdsWorld, name: string, more: object = {}): Promise<void> {
  await world.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: name, ...more }));
  await world.wait(5 * minute);
}

const copy = (world: RdsWorld, name: string, more: object = {}, place = {}) =>
  world.send<CopyDBSnapshotCommandOutput>(
    new CopyDBSnapshotCommand({
      SourceDBSnapshotIdentifier: world.arn(primary, 'snapshot', name),
      TargetDBSnapshotIdentifier: name,
      KmsKeyId: 'alias/secrets',
      ...more,
    }),
    { region: standby, ...place },
  );

async function copied(world: RdsWorld, name: string): Promise<DBSnapshot | undefined> {
  const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name });
  return (await world.send<DescribeDBSnapshotsCommandOutput>(command, { region: standby })).DBSnapshots?.[0];
}

describe('a copy to another region', () => {
  it('stands after minutes under a key of that region, with the data and, if asked, the tags of its source', async () => {
    const world = await withSnapshot();
    const { DBSnapshot: begun } = await copy(world, 'first', { CopyTags: true });
    expect(begun).toMatchObject({ Status: 'creating', PercentProgress: 0, SourceRegion: primary });
    await world.wait(5 * minute);
    expect(await copied(world, 'first')).toMatchObject({
      Status: 'available',
      SnapshotType: 'manual',
      PercentProgress: 100,
      KmsKeyId: expect.stringMatching(/^arn:aws:kms:us-west-2:/),
      SourceDBSnapshotIdentifier: world.arn(primary, 'snapshot', 'first'),
      TagList: [{ Key: 'set', Value: '1' }],
    });
    const [source] = world.rds.snapshotsIn(primary);
    expect(world.rds.snapshotsIn(standby)[0]?.data).toBe(source?.data);
  });

  it('needs a key of that region for an encrypted source', async () => {
    const world = await withSnapshot();
    await expect(copy(world, 'first', { KmsKeyId: undefined })).rejects.toMatchObject({
      name: 'KMSKeyNotAccessibleFault',
    });
    const foreign = world.rds.instance(primary, 'shop')?.keyArn;
    await expect(copy(world, 'first', { KmsKeyId: foreign })).rejects.toMatchObject({
      name: 'KMSKeyNotAccessibleFault',
    });
    await expect(copy(world, 'first', { KmsKeyId: 'alias/none' })).rejects.toThrow(/alias\/none/);
  });

  it('is refused of a source that is not there, not yet whole, or under a name that is taken', async () => {
    const world = await withSnapshot();
    await expect(copy(world, 'none')).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
    await copy(world, 'first');
    await expect(copy(world, 'first')).rejects.toMatchObject({ name: 'DBSnapshotAlreadyExistsFault' });
    await world.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'second' }));
    await expect(copy(world, 'second')).rejects.toMatchObject({ name: 'InvalidDBSnapshotStateFault' });
  });

  it('fails when its source is deleted meanwhile, and can then be deleted', async () => {
    const world = await withSnapshot();
    await copy(world, 'first');
    await world.wait(minute);
    await world.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'first' }));
    await world.wait(5 * minute);
    expect(await copied(world, 'first')).toMatchObject({ Status: 'failed' });
    await world.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'first' }), { region: standby });
    await world.wait(minute);
    expect(world.rds.snapshotsIn(standby)).toEqual([]);
  });

  it('of one instance waits for the one before', async () => {
    const world = await withSnapshot();
    await take(world, 'second');
    await copy(world, 'first');
    await copy(world, 'second');
    await world.wait(2 * minute);
    expect([await copied(world, 'first'), await copied(world, 'second')]).toMatchObject([
      { PercentProgress: 50 },
      { PercentProgress: 0 },
    ]);
    await world.wait(3 * minute);
    expect((await copied(world, 'second'))?.Status).toBe('creating');
    await world.wait(5 * minute);
    expect((await copied(world, 'second'))?.Status).toBe('available');
  });

  it('is refused beyond twenty under way, and beyond the quota of snapshots', async () => {
    const world = await withSnapshot();
    for (let number = 0; number < 20; number++) {
      await copy(world, 'first', { TargetDBSnapshotIdentifier: `copy-${number}` });
    }
    await expect(copy(world, 'first')).rejects.toMatchObject({
      name: 'SnapshotQuotaExceededFault',
      message: 'Cannot copy more than 20 snapshots across regions',
    });
    world.rds.addForeignSnapshots(standby, 80);
    await expect(copy(world, 'first')).rejects.toThrow('Cannot create more than 100 manual snapshots');
  });
});

describe('the right to copy', () => {
  const arn = (region: string) => `arn:aws:rds:${region}:111111111111:snapshot:first`;
  const key = { Action: ['kms:CreateGrant', 'kms:DescribeKey'], Resource: '*' };
  const here = { Action: 'rds:CopyDBSnapshot', Resource: [arn(standby), arn(primary)] };
  const bound = { StringEquals: { 'aws:RequestedRegion': standby } };

  it('is one on the copy, one on the source in its own region, and the use of the key through RDS', async () => {
    const through = { StringLike: { 'kms:ViaService': 'rds.*.amazonaws.com' } };
    const world = await withSnapshot({
      primaryResources: {
        Instance: shop(),
        Whole: role('whole', here, { ...key, Condition: through }),
        Keyless: role('keyless', here),
        OneSided: role('one-sided', { ...here, Condition: bound }, key),
        Targetless: role('targetless', { ...here, Resource: [arn(primary)] }, key),
      },
    });
    await expect(copy(world, 'first', {}, { role: 'keyless' })).rejects.toMatchObject({
      name: 'KMSKeyNotAccessibleFault',
    });
    for (const name of ['one-sided', 'targetless']) {
      await expect(copy(world, 'first', {}, { role: name })).rejects.toMatchObject({ name: 'AccessDenied' });
    }
    await copy(world, 'first', {}, { role: 'whole' });
  });
});
