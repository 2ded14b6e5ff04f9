import { heartbeatPeriodSeconds } from '../../domain/databases.ts';
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
    const { everyMinutes, copiedToStandby } = backups.recoverySets;
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
            ? `${Math.max(everyMinutes, replicaNeededBelowMinutes)} or more with recovery sets every ${everyMinutes} minutes alone`
            : 'an objective with replication: recovery sets are not copied to the standby',
          remedy: `Set replicas.crossRegion for ${names}, or copy recovery sets more often, or allow more loss.`,
        },
      ];
    });
  },
);

/**
 * What a failover would lose is read from the heartbeat row, which is up to one period older than the data beside it: below two
 * periods a replica without any lag could look as if it lost too much.
 */
export const recoveryPointIsMeasurable = rule(
  ['recovery', 'databases'],
  function recoveryPointIsMeasurable({ recovery, databases }) {
    if (!databases.some((database) => database.replicas.crossRegion)) return [];
    const least = Math.ceil((2 * heartbeatPeriodSeconds) / 60);
    const { platform, criticalServices } = recovery;
    return Object.entries({ platform, criticalServices }).flatMap(([scope, objective]): Finding[] =>
      // 0 is refused by its own rule.
      !objective || objective.recoveryPointMinutesMax === 0 || objective.recoveryPointMinutesMax >= least
        ? []
        : [
            {
              path: ['recovery', scope, 'recoveryPointMinutesMax'],
              value: objective.recoveryPointMinutesMax,
              allowed: `${least} or more, with a heartbeat every ${heartbeatPeriodSeconds} seconds`,
              remedy: 'Allow a loss that can be told from none.',
            },
          ],
    );
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
