import { backupBucketName, copyDeadlineMinutes, exportRoleName } from '../../domain/backups.ts';
import { MembersMissing, SnapshotFailed, SnapshotTooSlow } from '../../domain/errors.ts';
import { databaseSnapshotName, parseRecoverySetId, recoverySetKeys } from '../../domain/recovery-set.ts';
import { lockedUntil } from '../../domain/snapshot-exports.ts';
import type { DatabaseSnapshotInput, SnapshotState } from '../../domain/workflows/hourly-backup.ts';
import type { SnapshotExports } from '../ports/snapshot-exports.ts';
import type { ListedObject, StoredObjects } from '../ports/stored-objects.ts';
import { exportTaskName } from './export-task-name.ts';
import type { BackupPorts } from './ports.ts';
import { callsAtATime, sideBySide } from './side-by-side.ts';
import { requireRightOfWay } from './way.ts';

export interface ExportPorts extends BackupPorts {
  readonly exports: SnapshotExports;
  readonly objects: StoredObjects;
  keyOf(region: string): Promise<string>;
}

type Exported = Pick<DatabaseSnapshotInput, 'setId' | 'database'>;

const minute = 60_000;
/** An export restores the snapshot first: half an hour at least, hours for a terabyte. Assumed. */
const exportWaitSeconds = 600;
/** What one delivery copies, within the function's time: 200 MB each at 100 MB/s, ten at once, are assumed 40 s. */
const archivedAtATime = 200;
const pagesMax = 1000;

/** Has RDS write the day's full set of a database into the bucket of exports. Throws BackupGaveWay, AwsUnavailable, AwsRefused. */
export async function startExport({ setId, database }: Exported, ports: ExportPorts): Promise<SnapshotState> {
  const { environment, region, settings } = ports;
  await requireRightOfWay(setId, ports);
  const { account } = settings;
  await ports.exports.start({
    identifier: exportTaskName(setId, database),
    snapshot: `arn:aws:rds:${region}:${account}:snapshot:${databaseSnapshotName(setId, database)}`,
    bucket: backupBucketName(environment, account, region, 'exports'),
    prefix: recoverySetKeys.export(setId, database),
    role: `arn:aws:iam::${account}:role/${exportRoleName(environment, region)}`,
    encryptionKey: await ports.keyOf(region),
  });
  return { state: 'waiting', reason: 'the export has begun', waitSeconds: exportWaitSeconds };
}

/** Throws SnapshotFailed, SnapshotTooSlow, BackupGaveWay, AwsUnavailable, AwsRefused. */
export async function lookAtExport({ setId, database }: Exported, ports: ExportPorts): Promise<SnapshotState> {
  await requireRightOfWay(setId, ports);
  const identifier = exportTaskName(setId, database);
  const found = await ports.exports.find(identifier);
  if (!found) throw new SnapshotFailed(identifier, ports.region, 'is no export any more');
  if (found.status === 'COMPLETE') return { state: 'ready', reason: found.message, waitSeconds: 0 };
  if (found.status !== 'STARTING' && found.status !== 'IN_PROGRESS') {
    throw new SnapshotFailed(
      identifier,
      ports.region,
      `ended as ${found.status}: ${found.message || 'RDS gives no reason'}`,
    );
  }
  const lateAt = (parseRecoverySetId(setId)?.dueAt ?? 0) + copyDeadlineMinutes * minute;
  if (ports.clock.now().getTime() > lateAt) {
    throw new SnapshotTooSlow(identifier, ports.region, copyDeadlineMinutes, found.percent);
  }
  return { state: 'waiting', reason: `${found.percent} % are exported`, waitSeconds: exportWaitSeconds };
}

/**
 * Copies an export, with the manifest that it can be compared with, into the archive, locked for its years; as much of it as fits into one delivery: `waiting` asks for
 * another, which goes on where this one ended. Throws MembersMissing, BackupGaveWay, AwsUnavailable, AwsRefused.
 */
export async function archiveExport({ setId, database }: Exported, ports: ExportPorts): Promise<SnapshotState> {
  const { environment, region, settings, objects } = ports;
  await requireRightOfWay(setId, ports);
  const bucketOf = (bucket: 'sets' | 'exports' | 'archive') =>
    backupBucketName(environment, settings.account, region, bucket);
  const prefix = `${recoverySetKeys.export(setId, database)}/`;
  const exported = await all(objects, bucketOf('exports'), prefix);
  if (exported.length === 0) throw new MembersMissing(setId, [`the export of ${database}`]);
  const archived = new Map((await all(objects, bucketOf('archive'), prefix)).map(({ key, bytes }) => [key, bytes]));
  const left = exported.filter(({ key, bytes }) => archived.get(key) !== bytes);
  const until = lockedUntil(parseRecoverySetId(setId)?.dueAt ?? 0, settings.archiveYears ?? 1);
  const encryptionKey = await ports.keyOf(region);
  const archive = (from: 'sets' | 'exports', key: string, bytes = 0) =>
    objects.copy({
      from: { bucket: bucketOf(from), key },
      to: { bucket: bucketOf('archive'), key },
      encryptionKey,
      lockedUntil: until,
      bytes,
    });
  await sideBySide(left.slice(0, archivedAtATime), callsAtATime, ({ key, bytes }) => archive('exports', key, bytes));
  if (left.length > archivedAtATime) {
    return { state: 'waiting', reason: `${left.length - archivedAtATime} objects are left`, waitSeconds: 0 };
  }
  await archive('sets', recoverySetKeys.manifest(setId, database));
  return {
    state: 'ready',
    reason: `${exported.length} objects are locked until ${until.toISOString()}`,
    waitSeconds: 0,
  };
}

async function all(objects: StoredObjects, bucket: string, prefix: string): Promise<readonly ListedObject[]> {
  const found: ListedObject[] = [];
  for (let page = 0; page < pagesMax; page++) {
    const some = await objects.list(bucket, prefix, found.at(-1)?.key);
    if (some.length === 0) break;
    found.push(...some);
  }
  return found;
}
