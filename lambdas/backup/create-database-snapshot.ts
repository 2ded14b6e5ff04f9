import { databaseInstanceName } from '../../domain/databases.ts';
import { DatabaseBusy, DatabaseIsReplica, SnapshotFailed } from '../../domain/errors.ts';
import { databaseSnapshotName } from '../../domain/recovery-set.ts';
import type { DatabaseSnapshotInput, SnapshotState } from '../../domain/workflows/hourly-backup.ts';
import type { DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { BackupPorts } from './ports.ts';
import { tagsOf } from './snapshots.ts';
import { requireRightOfWay } from './way.ts';

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html */
const statusesAllowed = ['available', 'storage-optimization'];
/** Of a snapshot that follows another within the hour. Assumed: it holds what changed since. */
const usualSeconds = 180;

/**
 * Begins the snapshot of one database, under the name of its set; begun before, it is the same. Throws BackupGaveWay, DatabaseBusy (again in a
 * minute), DatabaseIsReplica, SnapshotQuotaReached, SnapshotFailed where there is no instance.
 */
export async function createDatabaseSnapshot(
  { setId, database, region }: DatabaseSnapshotInput,
  ports: BackupPorts & { readonly snapshots: DatabaseSnapshots },
): Promise<SnapshotState> {
  await requireRightOfWay(setId, ports);
  const { environment, snapshots } = ports;
  const identifier = databaseSnapshotName(setId, database);
  const waiting = { state: 'waiting', reason: `${identifier} is being made`, waitSeconds: usualSeconds } as const;
  // Begun before, the instance is backing up by now.
  if (await snapshots.find(region, identifier)) return waiting;
  const instance = databaseInstanceName(environment, database);
  const source = await snapshots.source(region, instance);
  if (!source) throw new SnapshotFailed(identifier, region, `can't be made: there is no instance '${instance}'`);
  if (source.replicaOf !== undefined) throw new DatabaseIsReplica(instance, source.replicaOf);
  if (!statusesAllowed.includes(source.status)) throw new DatabaseBusy(instance, source.status);
  await snapshots.create(region, { identifier, instance, tags: tagsOf(environment, setId, database) });
  return waiting;
}
