import { type BackupSettings, copyDeadlineMinutes, snapshotDeadlineMinutes } from '../../domain/backups.ts';
import { MembersMissing, SnapshotFailed, SnapshotTooSlow } from '../../domain/errors.ts';
import { parseRecoverySetId, snapshotTags } from '../../domain/recovery-set.ts';
import { firstOfEachSet, planVolumeRetention } from '../../domain/volume-retention.ts';
import type { TakenVolume, VolumeSnapshotsOutput } from '../../domain/workflows/hourly-backup.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { VolumeSnapshot, VolumeSnapshots } from '../ports/volume-snapshots.ts';
import type { BackupPorts } from './ports.ts';
import { requireRightOfWay } from './way.ts';

export interface VolumePorts extends BackupPorts {
  readonly snapshots: VolumeSnapshots;
  readonly records: RecoverySetRecords;
  /** ARN of a region's key of sets. */
  keyOf(region: string): Promise<string>;
}

type Wanted = Pick<TakenVolume, 'store' | 'replica'>;

/** Until the next look: a set has to be whole in twelve minutes, a copy in an hour. */
const snapshotWaitSeconds = 120;
const copyWaitSeconds = 300;
const minute = 60_000;
/** What one day's thinning takes at most; a day brings 24 a volume. */
const deletionsMax = 200;

/**
 * The snapshots of all volumes of a set in its own region: what is missing is begun, what is there is looked at; a second delivery finds
 * what the first began. Throws MembersMissing, SnapshotFailed, SnapshotTooSlow, BackupGaveWay, AwsUnavailable, AwsRefused.
 */
export async function takeVolumeSnapshots(
  { setId, region, volumes }: { setId: string; region: string; volumes: readonly Wanted[] },
  ports: VolumePorts,
): Promise<VolumeSnapshotsOutput> {
  const { environment, snapshots } = ports;
  if (volumes.length === 0) return nothingToDo;
  await requireRightOfWay(setId, ports);
  const found = await madeOf(setId, region, ports);
  const missing = volumes.filter((volume) => !found.has(memberOf(volume)));
  if (missing.length > 0) {
    const there = await snapshots.volumes(environment);
    const gone = neverHere(missing, there, ports);
    const volumeOf = (wanted: Wanted) => there.find((one) => memberOf(one) === memberOf(wanted));
    const here = missing.filter((wanted) => !gone.has(wanted.store));
    const lost = here.filter((wanted) => !volumeOf(wanted)).map((wanted) => `volume ${memberOf(wanted)}`);
    if (lost.length > 0) throw new MembersMissing(setId, lost);
    for (const wanted of here) {
      const volume = volumeOf(wanted);
      if (volume) await snapshots.create(volume, tagsOf(environment, setId, wanted));
    }
    // A point in time is taken as soon as EBS answers; the next look sees what has come of it.
    if (here.length > 0) return waiting(`${here.length} of ${volumes.length} snapshots are begun`, snapshotWaitSeconds);
  }
  const taken = volumes.flatMap((volume) => {
    const snapshot = found.get(memberOf(volume));
    return snapshot ? [takenOf(volume, snapshot)] : [];
  });
  const state = await judged(
    { setId, region, taken, deadlineMinutes: snapshotDeadlineMinutes },
    snapshotWaitSeconds,
    ports,
  );
  return { ...state, absent: volumes.map(memberOf).filter((member) => !found.has(member)) };
}

/**
 * Their copies in another region, under its key; as many at once as EBS takes. Throws what `takeVolumeSnapshots` does.
 * Whether they are what was taken is verify-copy's to say.
 */
export async function copyVolumeSnapshots(
  { setId, region, volumes }: { setId: string; region: string; volumes: readonly TakenVolume[] },
  ports: VolumePorts,
): Promise<VolumeSnapshotsOutput> {
  const { environment, snapshots } = ports;
  if (volumes.length === 0) return nothingToDo;
  await requireRightOfWay(setId, ports);
  const encryptionKey = await ports.keyOf(region);
  const found = await madeOf(setId, region, ports);
  const missing = volumes.filter((volume) => !found.has(memberOf(volume)));
  for (const volume of missing) {
    const from = { region: ports.region, snapshotId: volume.snapshot };
    const tags = tagsOf(environment, setId, volume);
    // As many as may be are under way: the next look goes on.
    if ((await snapshots.copy({ from, region, encryptionKey, tags })) === undefined) break;
  }
  if (missing.length > 0) return waiting(`${missing.length} of ${volumes.length} copies are begun`, copyWaitSeconds);
  const taken = volumes.map((volume) => takenOf(volume, found.get(memberOf(volume))));
  return judged({ setId, region, taken, deadlineMinutes: copyDeadlineMinutes }, copyWaitSeconds, ports);
}

/**
 * Deletes what a region no longer keeps of its volumes, with the first set of a day: their retention is in days, and EBS has room.
 * Throws AwsUnavailable, AwsRefused.
 */
export async function thinVolumeSnapshots(setId: string, region: string, ports: VolumePorts): Promise<void> {
  const { environment, settings, snapshots, records, clock } = ports;
  const dueAt = parseRecoverySetId(setId)?.dueAt ?? 0;
  if (!isFirstOfDay(dueAt, settings)) return;
  const copied = settings.everyMinutes * settings.copyEvery;
  const stores = settings.volumes.map(({ store, retentionDays, everyMinutes }) => ({
    store,
    retentionDays,
    intervalMinutes: Math.max(everyMinutes, copied),
  }));
  const sets = (await records.entries(region)).map(({ proven, inUse, ...entry }) => {
    const provenAt = Math.max(...proven.map(({ at }) => Date.parse(at)));
    const inUseUntil = Math.max(...inUse.map(({ until }) => Date.parse(until)));
    return {
      setId: entry.setId,
      dueAt: Date.parse(entry.dueAt),
      state: entry.state,
      ...(proven.length > 0 ? { provenAt } : {}),
      ...(inUse.length > 0 ? { inUseUntil } : {}),
    };
  });
  const now = clock.now().getTime();
  const plan = planVolumeRetention({
    now,
    environment,
    stores,
    snapshots: await snapshots.list(region, environment),
    sets,
  });
  // What EBS does not give up, because it is copied from or in use, the next day tries again.
  for (const { snapshotId } of plan.slice(0, deletionsMax)) await snapshots.remove(region, snapshotId);
}

const nothingToDo: VolumeSnapshotsOutput = {
  state: 'ready',
  reason: 'no volume is due',
  waitSeconds: 0,
  volumes: [],
  absent: [],
};

function waiting(reason: string, waitSeconds: number): VolumeSnapshotsOutput {
  return { state: 'waiting', reason, waitSeconds, volumes: [], absent: [] };
}

/**
 * Stores that live in the definition's primary alone: in the standby nothing is claimed (docs/decisions/0009), so after a failover there is no volume of
 * a store until somebody brings it from a set. Databases are backed up meanwhile. A store of which a part is here, and any in the primary, has to be whole.
 */
function neverHere(wanted: readonly Wanted[], there: readonly Wanted[], ports: VolumePorts): ReadonlySet<string> {
  if (ports.region === ports.settings.regions[0]) return new Set();
  const here = new Set(there.map(({ store }) => store));
  return new Set(wanted.map(({ store }) => store).filter((store) => !here.has(store)));
}

/** The first set of a UTC day that the region gets: in the one that is copied to, not each set is. */
function isFirstOfDay(dueAt: number, { everyMinutes, copyEvery }: BackupSettings): boolean {
  return dueAt % (1440 * minute) < everyMinutes * copyEvery * minute;
}

function memberOf({ store, replica }: Wanted): string {
  return `${store}/${replica}`;
}

function tagsOf(environment: string, setId: string, volume: Wanted): Readonly<Record<string, string>> {
  return {
    [snapshotTags.environment]: environment,
    [snapshotTags.set]: setId,
    [snapshotTags.member]: memberOf(volume),
  };
}

interface Seen extends TakenVolume {
  readonly found: VolumeSnapshot;
}

function takenOf({ store, replica }: Wanted, found: VolumeSnapshot | undefined): Seen {
  if (!found) throw new RangeError(`The volume ${store}/${replica} has no snapshot.`);
  return { store, replica, gibibytes: found.gibibytes, snapshot: found.snapshotId, found };
}

/** By member, the one that the set names: the earliest that EBS did not give up, or, where it gave all up, one of those. */
async function madeOf(setId: string, region: string, ports: VolumePorts): Promise<ReadonlyMap<string, VolumeSnapshot>> {
  const all = await ports.snapshots.list(region, ports.environment, setId);
  const ordered = all.toSorted(
    (a, b) => a.startedAt.getTime() - b.startedAt.getTime() || (a.snapshotId < b.snapshotId ? -1 : 1),
  );
  const named = new Map<string, VolumeSnapshot>();
  for (const [member, some] of Map.groupBy(ordered, (one) => one.member)) {
    const one = (firstOfEachSet(some)[0] ?? some[0]) as VolumeSnapshot | undefined;
    if (one) named.set(member, one);
  }
  return named;
}

function judged(
  looked: { setId: string; region: string; taken: readonly Seen[]; deadlineMinutes: number },
  waitSeconds: number,
  { clock }: VolumePorts,
): VolumeSnapshotsOutput {
  const { setId, region, taken, deadlineMinutes } = looked;
  const lateAt = (parseRecoverySetId(setId)?.dueAt ?? 0) + deadlineMinutes * minute;
  for (const { found } of taken) {
    if (found.state === 'pending' && clock.now().getTime() > lateAt) {
      throw new SnapshotTooSlow(found.snapshotId, region, deadlineMinutes, found.percent);
    }
    if (found.state === 'pending' || found.state === 'completed') continue;
    throw new SnapshotFailed(found.snapshotId, region, `is ${found.state}: ${found.message || 'EBS gives no reason'}`);
  }
  const volumes = taken.map(({ found: _, ...volume }) => volume);
  const absent: readonly string[] = [];
  const pending = taken.filter(({ found }) => found.state === 'pending').length;
  if (pending === 0) return { state: 'ready', reason: 'all are completed', waitSeconds: 0, volumes, absent };
  const reason = `${pending} of ${taken.length} are not completed yet`;
  return { state: 'waiting', reason, waitSeconds, volumes, absent };
}
