import { isFull, snapshotDeadlineMinutes } from '../../domain/backups.ts';
import { SnapshotQuotaReached } from '../../domain/errors.ts';
import { parseRecoverySetId, snapshotTags } from '../../domain/recovery-set.ts';
import { type KnownSet, leftoverHours, planSnapshotRetention, type RetentionPlan } from '../../domain/retention.ts';
import type { ThinSnapshotsInput, ThinSnapshotsOutput } from '../../domain/workflows/hourly-backup.ts';
import type { Executions } from '../ports/aws.ts';
import type { DatabaseSnapshot, DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { RecoverySetEntry, RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { BackupPorts } from './ports.ts';
import { callsAtATime, sideBySide } from './side-by-side.ts';
import { requireRightOfWay } from './way.ts';

const hour = 3_600_000;
/** Deletions are gone within a minute. Assumed. */
const deletionSeconds = 30;
const linesMax = 20;
/** What had its snapshots taken away stays readable for so long, for who asks how an hour went. */
const historyHours = 72;

export interface ThinPorts extends BackupPorts {
  readonly snapshots: DatabaseSnapshots;
  readonly records: RecoverySetRecords;
  readonly executions: Pick<Executions, 'describe'>;
}

/**
 * Makes room in a region for a set's snapshots before any is made: what the planner gives up goes, after its set was marked as going. While
 * deletions are under way that the room depends on, nothing more is given up. Throws BackupGaveWay, SnapshotQuotaReached.
 */
export async function thinSnapshots(
  { setId, region, snapshots: wanted }: ThinSnapshotsInput,
  ports: ThinPorts,
): Promise<ThinSnapshotsOutput> {
  await requireRightOfWay(setId, ports);
  const [snapshots, entries] = await Promise.all([ports.snapshots.listManual(region), ports.records.entries(region)]);
  const now = ports.clock.now().getTime();
  const dueAt = parseRecoverySetId(setId)?.dueAt ?? now;
  const made = snapshots.filter(({ tags }) => tags[snapshotTags.set] === setId).length;
  const still = Math.max(0, wanted - made);
  const leaving = snapshots.filter(({ status }) => status === 'deleting').length;
  if (leaving > 0 && snapshots.length + still > ports.settings.manualSnapshotQuota) {
    return waitFor(leaving, region, now - dueAt);
  }
  const { environment, settings } = ports;
  const plan = planSnapshotRetention({
    now,
    environment,
    keep: settings.keep,
    quota: settings.manualSnapshotQuota,
    snapshots,
    sets: await knownSets(entries, now, ports),
    next: { dueAt, snapshots: still },
  });
  const deleted = await deletePlanned(plan, region, snapshots, now, ports);
  await forgetOld(entries, snapshots, region, now, ports);
  if (!plan.mayCreate.allowed) throw new SnapshotQuotaReached(region, plan.mayCreate.reason);
  const room = snapshots.length + still <= settings.manualSnapshotQuota;
  const lines = deleted.slice(0, linesMax).map(({ snapshot, why }) => `${snapshot}: ${why}`);
  return { deleted: deleted.length, lines, waitSeconds: room ? 0 : deletionSeconds };
}

function waitFor(leaving: number, region: string, lateMilliseconds: number): ThinSnapshotsOutput {
  if (lateMilliseconds > snapshotDeadlineMinutes * 60_000) {
    throw new SnapshotQuotaReached(
      region,
      `${leaving} snapshots are being deleted for too long, and they count. Look at them in the console; the next due minute tries again.`,
    );
  }
  return { deleted: 0, lines: [], waitSeconds: deletionSeconds };
}

/** What the planner is told of a set: only of the last hours' it matters whether its run goes on. */
async function knownSets(entries: readonly RecoverySetEntry[], now: number, ports: ThinPorts): Promise<KnownSet[]> {
  return sideBySide(entries, callsAtATime, async (entry) => {
    const { setId, state, databases } = entry;
    const proofs = entry.proven.map(({ at }) => Date.parse(at));
    const uses = entry.inUse.map(({ until }) => Date.parse(until));
    return {
      setId,
      state,
      databases,
      dueAt: Date.parse(entry.dueAt),
      startedAt: Date.parse(entry.startedAt),
      run: await runOf(entry, now, ports),
      ...(proofs.length > 0 ? { provenAt: Math.max(...proofs) } : {}),
      ...(uses.length > 0 ? { inUseUntil: Math.max(...uses) } : {}),
    };
  });
}

async function runOf(entry: RecoverySetEntry, now: number, ports: ThinPorts): Promise<KnownSet['run']> {
  const dueAt = Date.parse(entry.dueAt);
  const open = entry.state === 'taking' || entry.state === 'complete' || isFull(ports.settings, dueAt);
  if (!open || now - Date.parse(entry.startedAt) > leftoverHours * hour) return 'ended';
  if (entry.execution.split(':')[3] !== ports.region) return 'unknown';
  const found = await ports.executions.describe(entry.execution);
  return found?.status === 'RUNNING' ? 'running' : 'ended';
}

/** Marks each set first, unless somebody took it into use meanwhile; then its snapshots go. */
async function deletePlanned(
  plan: RetentionPlan,
  region: string,
  snapshots: readonly DatabaseSnapshot[],
  now: number,
  ports: ThinPorts,
): Promise<RetentionPlan['delete']> {
  const setOf = new Map(snapshots.map(({ identifier, tags }) => [identifier, tags[snapshotTags.set] ?? '']));
  const spared = new Set<string>();
  for (const setId of new Set(plan.delete.map(({ snapshot }) => setOf.get(snapshot) ?? ''))) {
    const marked = await ports.records.change(region, setId, (record) => {
      const used = record.inUse.some(({ until }) => Date.parse(until) > now);
      if (used) spared.add(setId);
      else spared.delete(setId);
      return used || record.state === 'failed' || record.state === 'deleting'
        ? undefined
        : { ...record, state: 'deleting' };
    });
    if (!marked) spared.delete(setId);
  }
  const going = plan.delete.filter(({ snapshot }) => !spared.has(setOf.get(snapshot) ?? ''));
  const gone = await sideBySide(going, callsAtATime, ({ snapshot }) => ports.snapshots.remove(region, snapshot));
  return going.filter((_, index) => gone[index]);
}

/** Records without snapshots tell how an hour went, for some days; then they go. */
async function forgetOld(
  entries: readonly RecoverySetEntry[],
  snapshots: readonly DatabaseSnapshot[],
  region: string,
  now: number,
  { records }: ThinPorts,
): Promise<void> {
  const held = new Set(snapshots.map(({ tags }) => tags[snapshotTags.set]));
  const old = entries.filter(
    ({ setId, state, startedAt }) =>
      (state === 'deleting' || state === 'failed' || state === 'taking') &&
      !held.has(setId) &&
      now - Date.parse(startedAt) > historyHours * hour,
  );
  await sideBySide(old, callsAtATime, ({ setId }) => records.remove(region, setId));
}
