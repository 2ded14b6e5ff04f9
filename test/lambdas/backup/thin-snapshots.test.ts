import { describe, expect, it } from 'vitest';
import { databaseSnapshotName, type RecoverySet, recoverySetId } from '../../../domain/recovery-set.ts';
import { thinSnapshots } from '../../../lambdas/backup/thin-snapshots.ts';
import { dueAt, execution, here, RecoverySetsWorld, run, setId, settings } from './recovery-sets-world.ts';

const hour = 3_600_000;
const input = { ...run, region: here, snapshots: 1 };

/** A set of one database that was due so many hours before the next one. */
async function put(world: RecoverySetsWorld, hoursBefore: number, more: Partial<RecoverySet> = {}): Promise<string> {
  const at = dueAt - hoursBefore * hour;
  const id = recoverySetId('aeon', at);
  const identifier = databaseSnapshotName(id, 'main');
  const iso = new Date(at).toISOString();
  await world.records.put(here, {
    setId: id,
    environment: 'aeon',
    dueAt: iso,
    startedAt: iso,
    execution: `${execution.arn}-${hoursBefore}`,
    state: 'verified',
    databases: [],
    volumes: [],
    images: [],
    secrets: [],
    copies: { [here]: { state: 'whole', key: 'key', databases: { main: identifier }, volumes: {} } },
    proven: [],
    inUse: [],
    ...more,
  });
  const tags = {
    'mainstay.dev/environment': 'aeon',
    'mainstay.dev/recovery-set': id,
    'mainstay.dev/member': 'main',
    'mainstay.dev/state': 'complete',
  };
  world.snapshots.add(here, identifier, { tags, createdAt: at });
  return id;
}

const held = (world: RecoverySetsWorld) => [...world.snapshots.held.values()].map(({ identifier }) => identifier);

describe('thin-snapshots', () => {
  it('deletes what no age keeps and marks its set first', async () => {
    const world = new RecoverySetsWorld();
    for (const hours of [1, 2, 3, 4, 5]) await put(world, hours);
    const thinned = await thinSnapshots(input, world);
    // Four hours with the next one's, and one set of each of two days: 21:00, which is the earliest of its day here.
    expect(thinned).toMatchObject({ deleted: 1, waitSeconds: 0 });
    const gone = recoverySetId('aeon', dueAt - 4 * hour);
    expect(held(world)).not.toContain(databaseSnapshotName(gone, 'main'));
    expect(held(world)).toHaveLength(4);
    expect((await world.records.find(here, gone))?.state).toBe('deleting');
  });

  it('deletes nothing when it is delivered again, and leaves what is not ours', async () => {
    const world = new RecoverySetsWorld();
    for (const hours of [1, 2, 3, 4, 5]) await put(world, hours);
    world.snapshots.add(here, 'by-hand');
    world.snapshots.add(here, `mainstay-${recoverySetId('aeon', dueAt - 9 * hour)}-main`);
    await thinSnapshots(input, world);
    const after = held(world);
    expect((await thinSnapshots(input, world)).deleted).toBe(0);
    expect(held(world)).toEqual(after);
    expect(after).toContain('by-hand');
  });

  it('counts snapshots of others, and says so where no thinning makes room', async () => {
    const world = new RecoverySetsWorld();
    world.settings = { ...settings, manualSnapshotQuota: 12 };
    const newest = await put(world, 1);
    for (let index = 0; index < 11; index++) world.snapshots.add(here, `by-hand-${index}`);
    await expect(thinSnapshots(input, world)).rejects.toMatchObject({
      name: 'SnapshotQuotaReached',
      message: expect.stringContaining('12 manual snapshots stand in the region'),
    });
    expect(held(world)).toContain(databaseSnapshotName(newest, 'main'));
  });

  it('spares a set that somebody took into use between plan and deletion', async () => {
    const world = new RecoverySetsWorld();
    for (const hours of [1, 2, 3, 4, 5]) await put(world, hours);
    const wanted = recoverySetId('aeon', dueAt - 4 * hour);
    const { change } = world.records;
    world.records.change = async (region, id, how) => {
      const until = new Date(world.now + hour).toISOString();
      const use = { by: 'restore-test' as const, execution: 'test', region, until };
      const record = await world.records.find(region, id);
      if (record && id === wanted) await world.records.put(region, { ...record, inUse: [use] });
      return change.call(world.records, region, id, how);
    };
    expect((await thinSnapshots(input, world)).deleted).toBe(0);
    expect(held(world)).toContain(databaseSnapshotName(wanted, 'main'));
    expect((await world.records.find(here, wanted))?.state).toBe('verified');
  });

  it('keeps what a run still copies from', async () => {
    const world = new RecoverySetsWorld();
    for (const hours of [1, 2, 3, 4, 5]) await put(world, hours, hours === 4 ? { state: 'complete' } : {});
    world.running.add(`${execution.arn}-4`);
    expect((await thinSnapshots(input, world)).deleted).toBe(0);
    world.running.delete(`${execution.arn}-4`);
    expect((await thinSnapshots(input, world)).deleted).toBe(1);
  });

  it('waits for deletions that the room depends on, and gives nothing further up meanwhile', async () => {
    const world = new RecoverySetsWorld();
    world.settings = { ...settings, manualSnapshotQuota: 15 };
    for (const hours of [1, 2, 3]) await put(world, hours);
    for (let index = 0; index < 11; index++) world.snapshots.add(here, `by-hand-${index}`);
    world.snapshots.add(here, 'leaving', { status: 'deleting' });
    expect(await thinSnapshots(input, world)).toEqual({ deleted: 0, lines: [], waitSeconds: 30 });
    expect(held(world)).toHaveLength(15);
    world.snapshots.held.delete(`${here}/leaving`);
    expect(await thinSnapshots(input, world)).toMatchObject({ deleted: 0, waitSeconds: 0 });
    world.snapshots.add(here, 'leaving', { status: 'deleting' });
    world.wait(3 * 3600);
    await expect(thinSnapshots(input, world)).rejects.toMatchObject({ name: 'SnapshotQuotaReached' });
  });

  it('counts what the same set has made already', async () => {
    const world = new RecoverySetsWorld();
    world.settings = { ...settings, manualSnapshotQuota: 12 };
    for (let index = 0; index < 11; index++) world.snapshots.add(here, `by-hand-${index}`);
    await put(world, 0, { state: 'taking', execution: execution.arn });
    expect(await thinSnapshots(input, world)).toMatchObject({ deleted: 0, waitSeconds: 0 });
    expect(held(world)).toContain(databaseSnapshotName(setId, 'main'));
  });

  it('forgets sets without snapshots after three days', async () => {
    const world = new RecoverySetsWorld();
    const old = await put(world, 80, { state: 'failed' });
    const young = await put(world, 60, { state: 'failed' });
    world.snapshots.held.clear();
    await thinSnapshots(input, world);
    expect((await world.records.list(here)).map((record) => record.setId)).toEqual([young]);
    expect(old).not.toBe(young);
  });

  it('gives way to a failover before anything is deleted', async () => {
    const world = new RecoverySetsWorld();
    for (const hours of [1, 2, 3, 4, 5]) await put(world, hours);
    await world.failover(here);
    await expect(thinSnapshots(input, world)).rejects.toMatchObject({ name: 'BackupGaveWay' });
    expect(held(world)).toHaveLength(5);
  });
});
