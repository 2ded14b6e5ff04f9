import { copyDeadlineMinutes } from '../../domain/backups.ts';
import type { DatabaseSnapshotInput, SnapshotState } from '../../domain/workflows/hourly-backup.ts';
import type { DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { BackupPorts } from './ports.ts';
import { lookAt } from './snapshots.ts';
import { requireRightOfWay } from './way.ts';

/** Copies of one instance queue, and show no progress until they begin: a deadline, not a percentage. Others wait for its place. */
const betweenLooksSeconds = 60;

/** Throws BackupGaveWay, SnapshotFailed, SnapshotTooSlow. */
export async function lookAtCopiedSnapshot(
  { setId, database, region }: DatabaseSnapshotInput,
  ports: BackupPorts & { readonly snapshots: DatabaseSnapshots },
): Promise<SnapshotState> {
  await requireRightOfWay(setId, ports);
  return lookAt(ports.snapshots, {
    environment: ports.environment,
    region,
    setId,
    database,
    deadlineMinutes: copyDeadlineMinutes,
    now: ports.clock.now().getTime(),
    waitSeconds: betweenLooksSeconds,
    thenSeconds: 0,
  });
}
