import { backupsKeyParameterName } from '../../domain/backups.ts';
import { SnapshotFailed } from '../../domain/errors.ts';
import { databaseSnapshotName } from '../../domain/recovery-set.ts';
import { copyMinutes } from '../../domain/snapshot-copies.ts';
import type { DatabaseSnapshotInput, SnapshotState } from '../../domain/workflows/hourly-backup.ts';
import type { StandbyParameters } from '../ports/aws.ts';
import type { DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { BackupPorts } from './ports.ts';
import { tagsOf } from './snapshots.ts';
import { requireRightOfWay } from './way.ts';

/**
 * Looked at a minute before a copy is usually through: one that is early makes room for the next, and 240 an hour leave nothing to spare.
 * bench/backup-scale.ts
 */
const firstLookSeconds = (copyMinutes - 1) * 60;

/**
 * Begins the copy of one database's snapshot into the other region, under that region's key and the same name; begun before, it is the same.
 * Throws BackupGaveWay, CopiesAtTheirLimit (again in a minute), SnapshotQuotaReached, SnapshotFailed.
 */
export async function copyDatabaseSnapshot(
  { setId, database, region }: DatabaseSnapshotInput,
  ports: BackupPorts & {
    readonly snapshots: DatabaseSnapshots;
    readonly otherParameters: Pick<StandbyParameters, 'read'>;
  },
): Promise<SnapshotState> {
  await requireRightOfWay(setId, ports);
  const { environment, snapshots } = ports;
  const identifier = databaseSnapshotName(setId, database);
  const key = await ports.otherParameters.read(region, backupsKeyParameterName(environment));
  if (key === undefined)
    throw new SnapshotFailed(identifier, region, "can't be made: the region names no key of backups");
  const tags = tagsOf(environment, setId, database);
  await snapshots.copy({ from: ports.region, to: region, identifier, key, tags });
  return { state: 'waiting', reason: `${identifier} is being copied`, waitSeconds: firstLookSeconds };
}
