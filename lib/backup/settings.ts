import type { BackupSettings } from '../../domain/backups.ts';
import type { Environment } from '../environment.ts';

/** What the backups of an environment are told, from its definition. */
export function backupSettingsOf({ platform, account }: Environment): BackupSettings {
  const { backups, regions, stores } = platform;
  const { recoverySets, clusterState, applicationData, archive } = backups;
  return {
    account,
    regions: [regions.primary.name, ...(regions.standby ? [regions.standby.name] : [])],
    everyMinutes: recoverySets.everyMinutes,
    startsAtUtc: recoverySets.startsAtUtc,
    ...(recoverySets.fullDailyAtUtc === undefined ? {} : { fullDailyAtUtc: recoverySets.fullDailyAtUtc }),
    copiedToStandby: recoverySets.copiedToStandby && regions.standby !== undefined,
    copyEvery: recoverySets.copyEvery ?? 1,
    keep: recoverySets.keep,
    manualSnapshotQuota: backups.manualSnapshotQuota,
    volumes: stores.flatMap((store) =>
      store.kind === 'volume' && store.snapshots
        ? [{ store: store.name, purpose: store.purpose, replicas: store.replicationFactor, ...store.snapshots }]
        : [],
    ),
    ...(clusterState
      ? { clusterState: { everyMinutes: clusterState.everyMinutes, gigabytesMax: clusterState.gigabytesMax } }
      : {}),
    ...(applicationData
      ? { applicationData: { everyMinutes: applicationData.everyMinutes, includes: applicationData.includes } }
      : {}),
    ...(archive ? { archiveYears: archive.years } : {}),
  };
}
