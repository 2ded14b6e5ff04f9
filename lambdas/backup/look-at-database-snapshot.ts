import { snapshotDeadlineMinutes } from '../../domain/backups.ts';
import type { DatabaseSnapshotInput, SnapshotState } from '../../domain/workflows/hourly-backup.ts';
import type { DatabaseSnapshots } from '../ports/database-snapshots.ts';
import type { BackupPorts } from './ports.ts';
import { lookAt } from './snapshots.ts';
import { requireRightOfWay } from './way.ts';

/** A backend reports what it changed up to a minute later: docs/decisions/0023-the-manifest-is-a-bracket.md */
const countersSeconds = 60;
const betweenLooksSeconds = 60;

/** Throws BackupGaveWay, SnapshotFailed, SnapshotTooSlow. */
export async function lookAtDatabaseSnapshot(
  { setId, database, region }: DatabaseSnapshotInput,
  ports: BackupPorts & { readonly snapshots: DatabaseSnapshots },
): Promise<SnapshotState> {
  await requireRightOfWay(setId, ports);
  return lookAt(ports.snapshots, {
    environment: ports.environment,
    region,
    setId,
    database,
    deadlineMinutes: snapshotDeadlineMinutes,
    now: ports.clock.now().getTime(),
    waitSeconds: betweenLooksSeconds,
    thenSeconds: countersSeconds,
  });
}
