import { describe, expect, it } from 'vitest';
import { databaseSnapshotName } from '../../../domain/recovery-set.ts';
import { beginRecoverySet } from '../../../lambdas/backup/begin-recovery-set.ts';
import { closeRecoverySet } from '../../../lambdas/backup/close-recovery-set.ts';
import { copyDatabaseSnapshot } from '../../../lambdas/backup/copy-database-snapshot.ts';
import { createDatabaseSnapshot } from '../../../lambdas/backup/create-database-snapshot.ts';
import { verifyCopy } from '../../../lambdas/backup/verify-copy.ts';
import { execution, here, RecoverySetsWorld, run, setId, there, versions, volume } from './recovery-sets-world.ts';

const name = databaseSnapshotName(setId, 'main');
const input = { ...run, region: there };
const failure = { error: 'SnapshotFailed', reason: 'it failed' };

/** A set whose members are all taken, and not closed yet. */
async function taken(): Promise<RecoverySetsWorld> {
  const world = new RecoverySetsWorld();
  await beginRecoverySet({ input: {}, startedAt: world.clock.now().toISOString(), execution }, world);
  for (const database of world.databases) {
    await createDatabaseSnapshot({ ...run, database, region: here }, world);
    world.putManifest(setId, database);
  }
  world.wait(200);
  return world;
}

const portsOf = (world: RecoverySetsWorld) => ({
  environment: world.environment,
  region: world.region,
  settings: world.settings,
  clock: world.clock,
  snapshots: world.snapshots,
  records: world.records,
  objects: world.objects(here),
});
const verifying = (world: RecoverySetsWorld) => ({
  ...portsOf(world),
  reign: world.reign,
  interlocks: world.interlocks,
  volumes: world.volumes,
  otherParameters: world.otherParameters,
  objects: (region: string) => world.objects(region),
});

function complete(world: RecoverySetsWorld) {
  const configuration = world.putVersions(setId);
  const clusterState = world.put(here, `cluster-state/${setId}.json.gz`, 'state');
  const parts = { configuration, clusterState, volumes: [volume], absent: ['graph/1'] };
  return closeRecoverySet({ ...run, ending: 'complete', databases: [...world.databases], parts }, portsOf(world));
}

/** A complete set and its copy. */
async function copied(): Promise<RecoverySetsWorld> {
  const world = await taken();
  await complete(world);
  for (const database of world.databases) await copyDatabaseSnapshot({ ...run, database, region: there }, world);
  world.wait(300);
  world.copyObjects();
  return world;
}

async function verified(): Promise<RecoverySetsWorld> {
  const world = await copied();
  const copy = await verifyCopy({ ...input, volumes: [world.copyVolume(setId)] }, verifying(world));
  await closeRecoverySet({ ...run, ending: 'verified', copy }, portsOf(world));
  return world;
}

describe('close-recovery-set', () => {
  it('writes what every member is, and tags the snapshots as complete, however often it is delivered', async () => {
    const world = await taken();
    await complete(world);
    const first = await world.records.find(here, setId);
    world.wait(60);
    expect(await complete(world)).toEqual({ setId, state: 'complete' });
    expect(await world.records.find(here, setId)).toEqual(first);
    expect(first).toMatchObject({ state: 'complete', images: versions.images, secrets: versions.secrets });
    expect(first?.databases[0]).toMatchObject({
      database: 'main',
      engine: 'postgres',
      engineVersion: '18.3',
      instanceClass: 'db.r7g.large',
      gibibytes: 100,
      schemaVersion: '7',
      manifest: { key: `manifests/${setId}/main.json` },
    });
    expect(first?.copies[here]).toMatchObject({ state: 'whole', volumes: { 'graph/0': 'snap-1' } });
    expect((await world.snapshots.find(here, name))?.tags['mainstay.dev/state']).toBe('complete');
  });

  it('is not complete without each snapshot and each manifest', async () => {
    const world = await taken();
    world.snapshots.held.delete(`${here}/${name}`);
    await expect(complete(world)).rejects.toMatchObject({ name: 'MembersMissing' });
    const other = await taken();
    other.stored.clear();
    await expect(complete(other)).rejects.toMatchObject({ message: expect.stringContaining('the manifest of main') });
    expect((await other.records.find(here, setId))?.state).toBe('taking');
  });

  it('has no record in the standby before the copy is verified, and then the same in both', async () => {
    const world = await copied();
    expect(await world.records.list(there)).toEqual([]);
    const copy = await verifyCopy({ ...input, volumes: [world.copyVolume(setId)] }, verifying(world));
    world.records.silent.add(there);
    const closing = { ...run, ending: 'verified' as const, copy };
    await expect(closeRecoverySet(closing, portsOf(world))).rejects.toMatchObject({ name: 'AwsUnavailable' });
    expect((await world.records.find(here, setId))?.state).toBe('complete');
    world.records.silent.clear();
    expect(await closeRecoverySet(closing, portsOf(world))).toEqual({ setId, state: 'verified' });
    const record = await world.records.find(there, setId);
    expect(record).toEqual(await world.records.find(here, setId));
    expect(record?.copies[there]).toMatchObject({
      state: 'verified',
      key: `key-of-sets-${there}`,
      databases: { main: name },
      volumes: { 'graph/0': 'snap-copy' },
    });
    expect((await world.snapshots.find(there, name))?.tags['mainstay.dev/state']).toBe('complete');
  });

  it('keeps the proof and the use that the standby has written since', async () => {
    const world = await verified();
    const use = { by: 'restore' as const, execution: 'x', region: there, until: '2026-11-22T00:00:00.000Z' };
    await world.records.change(there, setId, (record) => ({ ...record, inUse: [use] }));
    const copy = { region: there, key: `key-of-sets-${there}`, volumes: [volume] };
    await closeRecoverySet({ ...run, ending: 'verified', copy }, portsOf(world));
    expect((await world.records.find(there, setId))?.inUse).toEqual([use]);
  });

  it('names the failure, and does not take back what was complete', async () => {
    const world = await taken();
    const failed = { ...run, ending: 'failed' as const, failure };
    expect(await closeRecoverySet(failed, portsOf(world))).toEqual({ setId, state: 'failed' });
    expect((await world.records.find(here, setId))?.failure).toBe('SnapshotFailed: it failed');
    await expect(complete(world)).rejects.toMatchObject({ name: 'MembersMissing' });
    const other = await copied();
    expect(await closeRecoverySet(failed, portsOf(other))).toEqual({ setId, state: 'complete' });
    expect((await other.records.find(here, setId))?.copies[there]?.state).toBe('failed');
  });

  it('has nothing to write for a set that nobody began', async () => {
    const world = new RecoverySetsWorld();
    const failed = { ...run, ending: 'failed' as const, failure };
    expect((await closeRecoverySet(failed, portsOf(world))).state).toBe('failed');
    expect(await world.records.list(here)).toEqual([]);
  });
});

describe('verify-copy', () => {
  const wrong: readonly [string, (world: RecoverySetsWorld) => void, string][] = [
    ['a snapshot that is missing', (w) => w.snapshots.held.delete(`${there}/${name}`), `${name} is missing`],
    ['one that is not there yet', (w) => w.snapshots.alter(there, name, { status: 'creating' }), 'is creating'],
    [
      'one under another key',
      (w) => w.snapshots.alter(there, name, { status: 'available', key: 'aws' }),
      'is under aws',
    ],
    ['one of another size', (w) => w.snapshots.alter(there, name, { status: 'available', gibibytes: 99 }), '99 GiB'],
    [
      'one without the tags',
      (w) => w.snapshots.alter(there, name, { status: 'available', tags: {} }),
      'lacks the tags',
    ],
    [
      'an object with other content',
      (w) => w.put(there, `configuration/${setId}.json`, '[]'),
      `configuration/${setId}.json has other content`,
    ],
    [
      'an object that is missing',
      (w) => w.stored.delete(`mainstay-aeon-sets-111111111111-${there}/cluster-state/${setId}.json.gz`),
      'is missing',
    ],
  ];

  it.each(wrong)('finds %s', async (_, spoil, found) => {
    const world = await copied();
    const volumes = [world.copyVolume(setId)];
    spoil(world);
    await expect(verifyCopy({ ...input, volumes }, verifying(world))).rejects.toMatchObject({
      name: 'CopyNotVerified',
      message: expect.stringContaining(found),
    });
  });

  it.each([
    ['not completed', { state: 'pending' }],
    ['under another key', { encryptionKey: 'aws' }],
    ['of another size', { gibibytes: 1 }],
    ['of another volume', { member: 'graph/1' }],
  ])('finds a volume that is %s', async (_, more) => {
    const world = await copied();
    const volumes = [world.copyVolume(setId, more)];
    await expect(verifyCopy({ ...input, volumes }, verifying(world))).rejects.toMatchObject({
      name: 'CopyNotVerified',
    });
  });

  it('has nothing to say against a good copy', async () => {
    const world = await copied();
    const volumes = [world.copyVolume(setId)];
    expect(await verifyCopy({ ...input, volumes }, verifying(world))).toEqual({
      region: there,
      key: `key-of-sets-${there}`,
      volumes,
    });
  });
});
