import { type Finding, rule } from '../violation.ts';

/**
 * Replicated automated backups lose 5 to 30 minutes and take hours to restore, so a recovery point under that needs a streaming
 * replica in the standby: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
 */
const replicaNeededBelowMinutes = 30;

/** What may be lost with a region is reachable by the replication chosen. */
export const recoveryPointIsReachable = rule(
  ['recovery', 'databases', 'backups', 'regions'],
  function recoveryPointIsReachable({ recovery, databases, backups, regions }) {
    if (databases.length === 0) return [];
    const objectives = [
      { path: ['recovery', 'platform'], minutes: recovery.platform.recoveryPointMinutesMax },
      ...(recovery.criticalServices
        ? [{ path: ['recovery', 'criticalServices'], minutes: recovery.criticalServices.recoveryPointMinutesMax }]
        : []),
    ];
    const { copiedToStandby, copyEvery = 1 } = backups.recoverySets;
    const everyMinutes = backups.recoverySets.everyMinutes * copyEvery;
    return objectives.flatMap(({ path, minutes }): Finding[] => {
      const at = { path: [...path, 'recoveryPointMinutesMax'], value: minutes };
      if (!regions.standby) {
        return [
          {
            ...at,
            allowed: 'no objective without a standby region',
            remedy: 'Add regions.standby: nothing survives the region.',
          },
        ];
      }
      const withoutReplica = databases.filter((database) => !database.replicas.crossRegion);
      if (withoutReplica.length === 0 && minutes > 0) return [];
      if (minutes === 0) {
        return [
          {
            ...at,
            allowed: '1 or more: replication between regions is asynchronous',
            remedy: 'State a loss that can be kept.',
          },
        ];
      }
      if (minutes >= replicaNeededBelowMinutes && copiedToStandby && everyMinutes <= minutes) return [];
      const names = withoutReplica.map((database) => database.name).join(', ');
      return [
        {
          ...at,
          allowed: copiedToStandby
            ? `${Math.max(everyMinutes, replicaNeededBelowMinutes)} or more with a recovery set copied every ${everyMinutes} minutes alone`
            : 'an objective with replication: recovery sets are not copied to the standby',
          remedy: `Set replicas.crossRegion for ${names}, or copy recovery sets more often, or allow more loss.`,
        },
      ];
    });
  },
);

/**
 * A volume is not replicated: its restored copy is as old as the last snapshot that has reached the standby, which is there by the time
 * that the next one is taken.
 */
export const volumesReachTheRecoveryPoint = rule(
  ['recovery', 'stores', 'backups', 'regions'],
  function volumesReachTheRecoveryPoint({ recovery, stores, backups, regions }) {
    return stores.flatMap((store, index): Finding[] => {
      if (!regions.standby || store.kind !== 'volume' || (store.afterRegionLoss ?? 'restored') !== 'restored')
        return [];
      const allowed = store.lossMinutesMax ?? recovery.platform.recoveryPointMinutesMax;
      const snapshots = backups.recoverySets.copiedToStandby ? store.snapshots : undefined;
      const copiedMinutes = backups.recoverySets.everyMinutes * (backups.recoverySets.copyEvery ?? 1);
      const lost = snapshots && snapshots.everyMinutes + Math.max(snapshots.everyMinutes, copiedMinutes);
      if (lost !== undefined && lost <= allowed) return [];
      return [
        {
          path: ['stores', index, 'lossMinutesMax'],
          value: store.lossMinutesMax,
          allowed: lost === undefined ? 'nothing: no snapshot of it reaches the standby' : `${lost} or more`,
          remedy:
            'Snapshots are all that leaves the region: take them more often, allow more loss, or say with afterRegionLoss that it is rebuilt or starts empty.',
        },
      ];
    });
  },
);

/** A zone's loss is survived where the database's own objective asks for it, and noticed in time. */
export const databaseFailoverIsPossible = rule(
  ['recovery', 'databases'],
  function databaseFailoverIsPossible({ recovery, databases }) {
    const { database: objective, databaseChecks: checks } = recovery;
    const findings: Finding[] = [];
    if (objective) {
      databases.forEach(({ multipleZones }, index) => {
        if (multipleZones) return;
        findings.push({
          path: ['databases', index, 'multipleZones'],
          value: false,
          allowed: 'true, for recovery.database',
          remedy: 'Only a synchronous standby in another zone takes over in minutes and loses nothing.',
        });
      });
    }
    if (!checks) return findings;
    if (checks.actAfterSeconds < checks.everySeconds) {
      findings.push({
        path: ['recovery', 'databaseChecks', 'actAfterSeconds'],
        value: checks.actAfterSeconds,
        allowed: `everySeconds (${checks.everySeconds}) or more`,
        remedy: 'A check must have had time to fail.',
      });
    }
    const seconds = objective ? objective.recoveryTimeMinutesMax * 60 : Number.POSITIVE_INFINITY;
    if (checks.actAfterSeconds >= seconds) {
      findings.push({
        path: ['recovery', 'databaseChecks', 'actAfterSeconds'],
        value: checks.actAfterSeconds,
        allowed: `less than recovery.database.recoveryTimeMinutesMax (${seconds} s)`,
        remedy: 'Act earlier: the time to recover begins with the loss.',
      });
    }
    return findings;
  },
);

/** The narrower objective is the stricter. */
export const objectivesAreConsistent = rule(['recovery'], function objectivesAreConsistent({ recovery }) {
  const { platform, criticalServices, database } = recovery;
  return Object.entries({ criticalServices, database }).flatMap(([scope, objective]): Finding[] =>
    !objective || objective.recoveryTimeMinutesMax <= platform.recoveryTimeMinutesMax
      ? []
      : [
          {
            path: ['recovery', scope, 'recoveryTimeMinutesMax'],
            value: objective.recoveryTimeMinutesMax,
            allowed: `at most the platform's (${platform.recoveryTimeMinutesMax})`,
            remedy: 'A part is back no later than the whole.',
          },
        ],
  );
});
