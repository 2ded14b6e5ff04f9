import { type Finding, rule } from '../violation.ts';

/**
 * Manual snapshots left for what is no recovery set: final snapshots, one before an upgrade, a restore test's own, a person's.
 * Assumed.
 */
const snapshotsReserved = 10;

const minutesPerDay = 24 * 60;

/**
 * Thinned recovery sets of all databases, and those reserved, stay within the account's manual snapshots of a region:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html. The standby's region holds the same copies.
 */
export const snapshotsFitQuota = rule(['backups', 'databases'], function snapshotsFitQuota({ backups, databases }) {
  const { keep } = backups.recoverySets;
  const sets = keep.hourly + keep.daily + keep.weekly + keep.monthly;
  const needed = sets * databases.length + snapshotsReserved;
  if (needed <= backups.manualSnapshotQuota) return [];
  return [
    {
      path: ['backups', 'recoverySets', 'keep'],
      value: keep,
      allowed: `${Math.floor((backups.manualSnapshotQuota - snapshotsReserved) / Math.max(1, databases.length))} sets at most: ${backups.manualSnapshotQuota} snapshots a region, ${snapshotsReserved} of them reserved, ${databases.length} a set`,
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
