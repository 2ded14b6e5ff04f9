import { describe, expect, it } from 'vitest';
import { snapshotTags } from '../../../domain/recovery-set.ts';
import {
  copyVolumeSnapshots,
  takeVolumeSnapshots,
  thinVolumeSnapshots,
} from '../../../lambdas/backup/volume-snapshots.ts';
import type { VolumeSnapshot, VolumeSnapshots } from '../../../lambdas/ports/volume-snapshots.ts';
import { base, dueAt, home, keyArn, memoryRecords, other, record, setId } from './parts-world.ts';

const both = [
  { store: 'graph', replica: 0 },
  { store: 'graph', replica: 1 },
];
const minute = 60_000;

function world(limits: { copiesMax?: number; volumes?: number; stores?: typeof both } = {}) {
  const made = new Map<string, VolumeSnapshot[]>([
    [home, []],
    [other, []],
  ]);
  const ports = base();
  const add = (region: string, tags: Readonly<Record<string, string>>, encryptionKey: string) => {
    const some = made.get(region) ?? [];
    const snapshotId = `snap-${region}-${some.length}`;
    some.push({
      snapshotId,
      setId: tags[snapshotTags.set] ?? '',
      member: tags[snapshotTags.member] ?? '',
      state: 'pending',
      message: '',
      percent: 0,
      startedAt: new Date(ports.state.now),
      gibibytes: 500,
      encryptionKey,
    });
    return snapshotId;
  };
  const removed: string[] = [];
  const snapshots: VolumeSnapshots = {
    volumes: async () =>
      (limits.stores ?? both)
        .slice(0, limits.volumes ?? 2)
        .map((volume) => ({ ...volume, volumeId: `vol-${volume.replica}`, gibibytes: 500 })),
    list: async (region, _environment, id) =>
      (made.get(region) ?? []).filter((one) => id === undefined || one.setId === id),
    create: async (_volume, tags) => add(home, tags, 'volumes-key'),
    copy: async ({ region, tags, encryptionKey }) => {
      const pending = (made.get(region) ?? []).filter(({ state }) => state === 'pending').length;
      return pending >= (limits.copiesMax ?? 20) ? undefined : add(region, tags, encryptionKey);
    },
    remove: async (_region, snapshotId) => {
      removed.push(snapshotId);
      return true;
    },
  };
  const become = (region: string, state: string) =>
    made.set(
      region,
      (made.get(region) ?? []).map((one) => ({ ...one, state })),
    );
  return { ports: { ...ports, snapshots, records: memoryRecords(record) }, made, removed, become };
}

const take = { setId, region: home, volumes: both };
const named = [
  { store: 'graph', replica: 0, gibibytes: 500, snapshot: `snap-${home}-0` },
  { store: 'graph', replica: 1, gibibytes: 500, snapshot: `snap-${home}-1` },
];

describe('the volumes of a set', () => {
  it('are taken all at once, and looked at until they are completed', async () => {
    const { ports, become } = world();
    expect(await takeVolumeSnapshots(take, ports)).toMatchObject({ state: 'waiting', waitSeconds: 120 });
    expect(await takeVolumeSnapshots(take, ports)).toMatchObject({ state: 'waiting' });
    become(home, 'completed');
    expect(await takeVolumeSnapshots(take, ports)).toMatchObject({ state: 'ready', volumes: named });
  });

  it('are taken once by two deliveries, also after a crash between the two', async () => {
    const { ports, made } = world();
    let calls = 0;
    const dying = async (...given: Parameters<VolumeSnapshots['create']>) => {
      if (++calls === 2) throw new Error('died');
      return ports.snapshots.create(...given);
    };
    await expect(
      takeVolumeSnapshots(take, { ...ports, snapshots: { ...ports.snapshots, create: dying } }),
    ).rejects.toThrow('died');
    await takeVolumeSnapshots(take, ports);
    await takeVolumeSnapshots(take, ports);
    expect(made.get(home)?.map(({ member }) => member)).toEqual(['graph/0', 'graph/1']);
  });

  it('fail the set where a volume is not there, EBS gives one up, or it takes three hours', async () => {
    await expect(takeVolumeSnapshots(take, world({ volumes: 1 }).ports)).rejects.toThrow(/lacks volume graph\/1/);
    const broken = world();
    await takeVolumeSnapshots(take, broken.ports);
    broken.become(home, 'error');
    await expect(takeVolumeSnapshots(take, broken.ports)).rejects.toMatchObject({ name: 'SnapshotFailed' });
    const slow = world();
    await takeVolumeSnapshots(take, slow.ports);
    slow.ports.state.now = dueAt + 181 * minute;
    await expect(takeVolumeSnapshots(take, slow.ports)).rejects.toMatchObject({ name: 'SnapshotTooSlow' });
  });

  it('of a store that only the primary of the definition has fail no set of the region that took over, and are named', async () => {
    const { ports, made } = world({ stores: [] });
    ports.state.reigns = other;
    const there = { ...ports, region: other };
    expect(await takeVolumeSnapshots({ ...take, region: other }, there)).toEqual({
      state: 'ready',
      reason: 'all are completed',
      waitSeconds: 0,
      volumes: [],
      absent: ['graph/0', 'graph/1'],
    });
    expect(made.get(other)).toEqual([]);
    // Where a part of the store is here, the rest is lost and not left behind.
    const partly = { ...world({ volumes: 1 }).ports, region: other, reign: there.reign };
    await expect(takeVolumeSnapshots({ ...take, region: other }, partly)).rejects.toThrow(/lacks volume graph\/1/);
    // The primary of the definition always has its stores.
    await expect(takeVolumeSnapshots(take, world({ stores: [] }).ports)).rejects.toThrow(/graph\/0, volume graph\/1/);
  });

  it('give way to a failover, before anything is begun', async () => {
    const { ports, made } = world();
    ports.state.claims.push({
      subject: 'platform',
      work: 'failover',
      holder: 'arn:failover',
      until: '2027-01-01T00:00:00Z',
    });
    await expect(takeVolumeSnapshots(take, ports)).rejects.toMatchObject({ name: 'BackupGaveWay' });
    expect(made.get(home)).toEqual([]);
  });
});

describe('their copies', () => {
  it("stand under the other region's key, as many at once as EBS takes", async () => {
    const { ports, made, become } = world({ copiesMax: 1 });
    const copy = { setId, region: other, volumes: named };
    expect(await copyVolumeSnapshots(copy, ports)).toMatchObject({ state: 'waiting' });
    expect(made.get(other)).toHaveLength(1);
    become(other, 'completed');
    await copyVolumeSnapshots(copy, ports);
    expect(made.get(other)?.map(({ encryptionKey }) => encryptionKey)).toEqual([keyArn(other), keyArn(other)]);
    become(other, 'completed');
    expect(await copyVolumeSnapshots(copy, ports)).toMatchObject({
      state: 'ready',
      volumes: [{ snapshot: `snap-${other}-0` }, { snapshot: `snap-${other}-1` }],
    });
  });
});

describe('thinning', () => {
  const midnight = 'aeon-20261121t0000z';
  const old = (hours: number): VolumeSnapshot => {
    const at = Date.UTC(2026, 10, 21) - hours * 60 * minute;
    return {
      snapshotId: `old-${hours}`,
      setId: `aeon-${new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase()}z`,
      member: 'graph/0',
      state: 'completed',
      message: '',
      percent: 100,
      startedAt: new Date(at),
      gibibytes: 500,
      encryptionKey: 'k',
    };
  };

  it('happens with the first set of a day, and leaves a day of snapshots', async () => {
    const { ports, made, removed } = world();
    made.get(home)?.push(...Array.from({ length: 30 }, (_, hours) => old(hours)));
    await thinVolumeSnapshots(setId, home, ports);
    expect(removed).toEqual([]);
    await thinVolumeSnapshots(midnight, home, ports);
    expect(removed).toEqual(['old-24', 'old-25', 'old-26', 'old-27', 'old-28', 'old-29']);
  });
});
