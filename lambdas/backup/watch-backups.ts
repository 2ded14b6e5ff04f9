import { type BackupCounts, backupMetrics, hoursLookedAt, judgeBackups } from '../../domain/backup-watch.ts';
import { recoverySetId } from '../../domain/recovery-set.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { Measurements } from '../ports/restored-databases.ts';
import type { BackupPorts } from './ports.ts';

export interface WatchBackupsPorts extends Omit<BackupPorts, 'interlocks'> {
  readonly records: Pick<RecoverySetRecords, 'find'>;
  readonly measurements: Measurements;
}

/**
 * Counts what of the last sets is missing, late, failed or not verified in the other region, from the region's own table alone, and tells CloudWatch: nought as
 * well, which ends an alarm. Throws AwsUnavailable, AwsRefused.
 */
export async function watchBackups(ports: WatchBackupsPorts): Promise<BackupCounts> {
  const { environment, region, settings } = ports;
  const now = ports.clock.now().getTime();
  const { primary } = await ports.reign.current();
  const { latest, before } = hoursLookedAt(settings, now);
  const reigns = primary === region;
  const found = new Map<number, Awaited<ReturnType<RecoverySetRecords['find']>>>();
  for (const dueAt of new Set(reigns ? [...latest, ...before] : before)) {
    found.set(dueAt, await ports.records.find(region, recoverySetId(environment, dueAt)));
  }
  const counts = judgeBackups(settings, { now, reigns, stateOf: (dueAt) => found.get(dueAt) });
  const dimensions = { Environment: environment };
  await ports.measurements.put(
    backupMetrics.namespace,
    (['missed', 'late', 'failed', 'copies'] as const).map((what) => ({
      metric: backupMetrics[what],
      dimensions,
      value: counts[what],
      unit: 'Count' as const,
    })),
  );
  return counts;
}
