import { SnapshotFailed, SnapshotTooSlow } from '../../domain/errors.ts';
import { databaseSnapshotName, parseRecoverySetId, snapshotTags } from '../../domain/recovery-set.ts';
import type { SnapshotState } from '../../domain/workflows/hourly-backup.ts';
import type { DatabaseSnapshot, DatabaseSnapshots, SnapshotTags } from '../ports/database-snapshots.ts';

/** How RDS calls what has come to no good end. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateSnapshot.html */
const endings = ['failed', 'deleting', 'incompatible-restore', 'incompatible-parameters'];

/** Tags of a set's snapshot of a database: `taking` until the set, or its copy, is whole. */
export function tagsOf(
  environment: string,
  setId: string,
  database: string,
  state: 'taking' | 'complete' = 'taking',
): SnapshotTags {
  return {
    [snapshotTags.environment]: environment,
    [snapshotTags.set]: setId,
    [snapshotTags.member]: database,
    [snapshotTags.state]: state,
  };
}

export function isOfSet(snapshot: DatabaseSnapshot, environment: string, setId: string, database: string): boolean {
  const { [snapshotTags.state]: _, ...tags } = tagsOf(environment, setId, database);
  return Object.entries(tags).every(([key, value]) => snapshot.tags[key] === value);
}

export interface LookWanted {
  readonly environment: string;
  readonly region: string;
  readonly setId: string;
  readonly database: string;
  readonly deadlineMinutes: number;
  readonly now: number;
  /** Until the next look. */
  readonly waitSeconds: number;
  /** Once it is ready. */
  readonly thenSeconds: number;
}

/** How a snapshot, or a copy, of the set stands. Throws SnapshotFailed, SnapshotTooSlow. */
export async function lookAt(snapshots: DatabaseSnapshots, wanted: LookWanted): Promise<SnapshotState> {
  const { region, setId, database, environment, deadlineMinutes } = wanted;
  const name = databaseSnapshotName(setId, database);
  const found = await snapshots.find(region, name);
  if (!found) throw new SnapshotFailed(name, region, 'is gone');
  if (!isOfSet(found, environment, setId, database)) {
    throw new SnapshotFailed(name, region, 'does not carry the tags of this set: somebody else made it');
  }
  if (endings.includes(found.status)) throw new SnapshotFailed(name, region, `is ${found.status}`);
  if (found.status === 'available') {
    return { state: 'ready', reason: `${name} is available`, waitSeconds: wanted.thenSeconds };
  }
  const dueAt = parseRecoverySetId(setId)?.dueAt ?? wanted.now;
  if (wanted.now - dueAt > deadlineMinutes * 60_000) {
    throw new SnapshotTooSlow(name, region, deadlineMinutes, found.percent);
  }
  return { state: 'waiting', reason: `${name} is ${found.status}`, waitSeconds: wanted.waitSeconds };
}
