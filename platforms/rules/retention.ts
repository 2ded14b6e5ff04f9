import { quotaNeed, snapshotsReserved } from '../../domain/retention-quota.ts';
import { copiesAtOnceMax, copyEveryNeeded, copyMinutes } from '../../domain/snapshot-copies.ts';
import { type Finding, rule } from '../violation.ts';

const minutesPerDay = 24 * 60;

/**
 * Thinned recovery sets of all databases, and those reserved, stay within the account's manual snapshots of a region:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html. The standby's region holds the same copies.
 */
export const snapshotsFitQuota = rule(['backups', 'databases'], function snapshotsFitQuota({ backups, databases }) {
  const { keep } = backups.recoverySets;
  const { sets, needed, setsMax, fits } = quotaNeed(keep, databases.length, backups.manualSnapshotQuota);
  if (fits) return [];
  return [
    {
      path: ['backups', 'recoverySets', 'keep'],
      value: keep,
      allowed: `${setsMax} sets at most: ${backups.manualSnapshotQuota} snapshots a region, ${snapshotsReserved} of them reserved, ${databases.length} a set`,
      remedy: `${sets} sets would hold ${needed} snapshots. Keep fewer, or raise the quota with AWS and manualSnapshotQuota here.`,
    },
  ];
});

/** Thinning keeps something as old as promised, and no promise is longer than what is kept. */
export const retentionIsReached = rule(['backups'], function retentionIsReached({ backups }) {
  const { keep, retentionDays, everyMinutes } = backups.recoverySets;
  const oldestDays = Math.max(
    (keep.hourly * Math.max(60, everyMinutes)) / minutesPerDay,
    keep.daily * Math.max(1, everyMinutes / minutesPerDay),
    keep.weekly * 7,
    keep.monthly * 30,
  );
  if (oldestDays >= retentionDays) return [];
  return [
    {
      path: ['backups', 'recoverySets', 'keep'],
      value: keep,
      allowed: `sets up to ${retentionDays} days old (retentionDays)`,
      remedy: `The oldest kept would be ${Math.floor(oldestDays)} days old. Keep more daily, weekly or monthly sets.`,
    },
  ];
});

/** Copies go somewhere, and what is archived was taken. */
export const copiesHaveAPlace = rule(['backups', 'regions'], function copiesHaveAPlace({ backups, regions }) {
  const findings: Finding[] = [];
  if (backups.recoverySets.copiedToStandby && !regions.standby) {
    findings.push({
      path: ['backups', 'recoverySets', 'copiedToStandby'],
      value: true,
      allowed: 'false, without regions.standby',
      remedy: 'Add a standby region, or keep the sets where they are.',
    });
  }
  if (backups.archive && backups.recoverySets.fullDailyAtUtc === undefined) {
    findings.push({
      path: ['backups', 'recoverySets', 'fullDailyAtUtc'],
      value: undefined,
      allowed: 'a time of day, for backups.archive',
      remedy: 'Say when the full is taken: it is what the archive keeps.',
    });
  }
  if (backups.archive && backups.archive.years * 365 < backups.recoverySets.retentionDays) {
    findings.push({
      path: ['backups', 'archive', 'years'],
      value: backups.archive.years,
      allowed: `longer than retentionDays (${backups.recoverySets.retentionDays})`,
      remedy: 'An archive outlives the sets.',
    });
  }
  return findings;
});

/** The copies of one set are through before those of the next copied one begin. */
export const copiesFitTheirTime = rule(['backups', 'databases'], function copiesFitTheirTime({ backups, databases }) {
  const { copiedToStandby, copyEvery = 1, everyMinutes } = backups.recoverySets;
  const needed = copyEveryNeeded(databases.length, everyMinutes);
  if (!copiedToStandby || copyEvery >= needed) return [];
  return [
    {
      path: ['backups', 'recoverySets', 'copyEvery'],
      value: copyEvery,
      allowed: `${needed} or more: ${databases.length} databases, ${copiesAtOnceMax} copies at a time of ${copyMinutes} minutes each`,
      remedy: `Copy every ${needed}th set, or take sets less often. The standby is so much older then.`,
    },
  ];
});

/** What goes with a set is due when one is. */
export const partsAreDueWithSets = rule(['backups', 'stores'], function partsAreDueWithSets({ backups, stores }) {
  const { everyMinutes } = backups.recoverySets;
  const parts: { path: Finding['path']; minutes: number | undefined }[] = [
    { path: ['backups', 'clusterState', 'everyMinutes'], minutes: backups.clusterState?.everyMinutes },
    { path: ['backups', 'applicationData', 'everyMinutes'], minutes: backups.applicationData?.everyMinutes },
    ...stores.map((store, index) => ({
      path: ['stores', index, 'snapshots', 'everyMinutes'],
      minutes: store.kind === 'redis' ? undefined : store.snapshots?.everyMinutes,
    })),
  ];
  return parts.flatMap(({ path, minutes }): Finding[] =>
    minutes === undefined || minutes % everyMinutes === 0
      ? []
      : [
          {
            path,
            value: minutes,
            allowed: `a multiple of ${everyMinutes} (backups.recoverySets.everyMinutes)`,
            remedy: 'It is taken with a recovery set, or one minute would not be one minute.',
          },
        ],
  );
});

/** Each kind of application data has a place that a set holds, and its index goes no later than what it points to. */
export const applicationDataIsHeld = rule(
  ['backups', 'databases', 'stores', 'secrets'],
  function applicationDataIsHeld({ backups, databases, stores, secrets }) {
    const { applicationData, recoverySets } = backups;
    if (!applicationData) return [];
    const held = (purpose: 'graph' | 'queue') =>
      stores.some((store) => store.kind === 'volume' && store.purpose === purpose && store.snapshots);
    const places = {
      configuration: { found: true, words: '' },
      secrets: { found: secrets.entries.length > 0, words: 'an entry in secrets' },
      'user-data': { found: databases.length > 0, words: 'a database' },
      ontologies: { found: held('graph'), words: "a volume for the purpose 'graph' with snapshots" },
      'event-streams': { found: held('queue'), words: "a volume for the purpose 'queue' with snapshots" },
    };
    const path = ['backups', 'applicationData'];
    const findings = applicationData.includes.flatMap((part, index): Finding[] =>
      places[part].found
        ? []
        : [
            {
              path: [...path, 'includes', index],
              value: part,
              allowed: `parts that a recovery set holds: '${part}' needs ${places[part].words}`,
              remedy: 'Add the place that holds it, or leave it out.',
            },
          ],
    );
    const days = recoverySets.keep.daily * Math.max(1, recoverySets.everyMinutes / minutesPerDay);
    if (applicationData.retentionDays > days) {
      findings.push({
        path: [...path, 'retentionDays'],
        value: applicationData.retentionDays,
        allowed: `${days} at most: so long is a set of each day kept (recoverySets.keep.daily)`,
        remedy: 'Keep more daily sets, or the application data for a shorter time.',
      });
    }
    return findings;
  },
);
