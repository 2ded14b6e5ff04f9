import { describe, expect, it } from 'vitest';
import { databaseSnapshotName } from '../../../domain/recovery-set.ts';
import { copyDatabaseSnapshot } from '../../../lambdas/backup/copy-database-snapshot.ts';
import { createDatabaseSnapshot } from '../../../lambdas/backup/create-database-snapshot.ts';
import { lookAtCopiedSnapshot } from '../../../lambdas/backup/look-at-copied-snapshot.ts';
import { lookAtDatabaseSnapshot } from '../../../lambdas/backup/look-at-database-snapshot.ts';
import { here, RecoverySetsWorld, run, setId, there } from './recovery-sets-world.ts';

const main = { ...run, database: 'main', region: here };
const mainThere = { ...main, region: there };
const name = databaseSnapshotName(setId, 'main');
const tags = {
  'mainstay.dev/environment': 'aeon',
  'mainstay.dev/recovery-set': setId,
  'mainstay.dev/member': 'main',
  'mainstay.dev/state': 'taking',
};

describe('create-database-snapshot', () => {
  it('begins it under the name and the tags of its set, once', async () => {
    const world = new RecoverySetsWorld();
    await createDatabaseSnapshot(main, world);
    expect(await createDatabaseSnapshot(main, world)).toMatchObject({ state: 'waiting' });
    expect(world.snapshots.calls).toEqual([`create ${name}`]);
    expect((await world.snapshots.find(here, name))?.tags).toEqual(tags);
  });

  it('never touches a replica', async () => {
    const world = new RecoverySetsWorld();
    world.snapshots.addSource(here, 'aeon-main', { replicaOf: 'arn:aws:rds:us-west-2:111111111111:db:aeon-main' });
    await expect(createDatabaseSnapshot(main, world)).rejects.toMatchObject({ name: 'DatabaseIsReplica' });
    expect(world.snapshots.calls).toEqual([]);
  });

  it('asks to be tried again while the instance is busy', async () => {
    const world = new RecoverySetsWorld();
    world.snapshots.addSource(here, 'aeon-main', { status: 'backing-up' });
    await expect(createDatabaseSnapshot(main, world)).rejects.toMatchObject({ name: 'DatabaseBusy' });
  });

  it('fails where there is no instance', async () => {
    const world = new RecoverySetsWorld();
    world.snapshots.sources.clear();
    await expect(createDatabaseSnapshot(main, world)).rejects.toMatchObject({ name: 'SnapshotFailed' });
  });
});

describe('look-at-database-snapshot', () => {
  it('waits until it is available, and then for the counters', async () => {
    const world = new RecoverySetsWorld();
    await createDatabaseSnapshot(main, world);
    expect(await lookAtDatabaseSnapshot(main, world)).toMatchObject({ state: 'waiting', waitSeconds: 60 });
    world.wait(180);
    expect(await lookAtDatabaseSnapshot(main, world)).toMatchObject({ state: 'ready', waitSeconds: 60 });
  });

  it('fails for one that failed, is gone, or is not of this set', async () => {
    const world = new RecoverySetsWorld();
    const failed = { name: 'SnapshotFailed' };
    await expect(lookAtDatabaseSnapshot(main, world)).rejects.toMatchObject(failed);
    world.snapshots.add(here, name, { tags: { ...tags, 'mainstay.dev/environment': 'another' } });
    await expect(lookAtDatabaseSnapshot(main, world)).rejects.toMatchObject(failed);
    world.snapshots.add(here, name, { tags, status: 'failed' });
    await expect(lookAtDatabaseSnapshot(main, world)).rejects.toMatchObject(failed);
  });

  it('gives up three hours after the set was due', async () => {
    const world = new RecoverySetsWorld();
    world.snapshots.add(here, name, { tags, status: 'pending-modification', percent: 12 });
    world.wait(3 * 3600 - 10);
    expect(await lookAtDatabaseSnapshot(main, world)).toMatchObject({ state: 'waiting' });
    world.wait(10);
    await expect(lookAtDatabaseSnapshot(main, world)).rejects.toMatchObject({ name: 'SnapshotTooSlow' });
  });
});

describe('copy-database-snapshot', () => {
  it('copies under the key of the other region, once, and looks until it is there', async () => {
    const world = new RecoverySetsWorld();
    world.snapshots.add(here, name, { tags });
    await copyDatabaseSnapshot(mainThere, world);
    await copyDatabaseSnapshot(mainThere, world);
    expect(await lookAtCopiedSnapshot(mainThere, world)).toMatchObject({ state: 'waiting' });
    world.wait(300);
    expect(await lookAtCopiedSnapshot(mainThere, world)).toMatchObject({ state: 'ready', waitSeconds: 0 });
    expect(await world.snapshots.find(there, name)).toMatchObject({ key: `key-of-sets-${there}`, tags });
  });

  it('asks to be tried again while twenty copies are under way', async () => {
    const world = new RecoverySetsWorld();
    world.snapshots.copiesMax = 0;
    world.snapshots.add(here, name, { tags });
    await expect(copyDatabaseSnapshot(mainThere, world)).rejects.toMatchObject({ name: 'CopiesAtTheirLimit' });
  });

  it('fails where the source is gone', async () => {
    await expect(copyDatabaseSnapshot(mainThere, new RecoverySetsWorld())).rejects.toMatchObject({
      name: 'SnapshotFailed',
    });
  });
});

describe('a failover', () => {
  const tasks = { createDatabaseSnapshot, lookAtDatabaseSnapshot, copyDatabaseSnapshot, lookAtCopiedSnapshot };

  it.each(Object.keys(tasks) as (keyof typeof tasks)[])('has %s give way at once', async (task) => {
    for (const begin of [
      (world: RecoverySetsWorld) => world.failover(here),
      (world: RecoverySetsWorld) => world.failover(there),
      async (world: RecoverySetsWorld) => {
        world.reigns = { epoch: 2, primary: there };
      },
    ]) {
      const world = new RecoverySetsWorld();
      world.snapshots.add(here, name, { tags });
      await begin(world);
      const input = task.includes('Cop') || task.includes('cop') ? mainThere : main;
      await expect(tasks[task](input, world)).rejects.toMatchObject({ name: 'BackupGaveWay' });
      expect(world.snapshots.calls).toEqual([]);
    }
  });
});
