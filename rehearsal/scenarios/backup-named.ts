import { clusterFault, everydayFaults } from '../faults/described.ts';
import type { BackupResult } from './backup-request.ts';

/** Hours of backups that have a name, because they say something about Mainstay that must stay true. */
export interface NamedBackup {
  readonly name: string;
  readonly hours: number;
  readonly faults: readonly string[];
  /** 1 unless a seed found it. */
  readonly seed?: number;
  /** How the sets that were due stood a quarter of an hour later. */
  readonly sets: Pick<BackupResult, 'setsMade' | 'setsLate' | 'setsFailed' | 'setsMissed'>;
  /** Of those that were due, in the standby. */
  readonly setsVerified: number;
  /** Sabotage: the checkers that go red. */
  readonly breaks?: readonly string[];
}

type Stand = readonly [made: number, late: number, failed: number, missed: number];

function under(
  faults: readonly string[],
  [setsMade, setsLate, setsFailed, setsMissed]: Stand,
  setsVerified = setsMade,
  more: Partial<Pick<NamedBackup, 'name' | 'seed' | 'breaks'>> = {},
): NamedBackup {
  const hours = setsMade + setsLate + setsFailed + setsMissed;
  const sets = { setsMade, setsLate, setsFailed, setsMissed };
  return { name: faults.join(', '), hours, faults, sets, setsVerified, ...more };
}

const everyday = [...everydayFaults, clusterFault].map(({ name }) => name);

export const namedBackups: readonly NamedBackup[] = [
  under([], [4, 0, 0, 0], 4, { name: 'nothing that goes wrong' }),
  under(['hour-not-delivered'], [4, 0, 0, 1]),
  under(['hour-delivered-twice'], [5, 0, 0, 0]),
  // RDS takes no other snapshot of the instance meanwhile: three hours are late, each of them begins and alarms.
  under(['snapshot-stuck'], [4, 3, 0, 0]),
  under(['snapshot-fails'], [4, 0, 1, 0]),
  under(['copy-fails'], [5, 0, 0, 0], 4),
  under(['standby-unreachable'], [11, 0, 0, 0], 5),
  under(['others-snapshots'], [5, 0, 0, 0]),
  // Room is made by giving up what is older: neither the newest nor the proven set.
  under(['quota-full'], [8, 0, 0, 0]),
  // It lasts from two minutes into the third set until two minutes into the fifth.
  under(['failover-begins'], [4, 0, 3, 0]),
  ...everyday.map((fault) => under([fault], [5, 0, 0, 0])),
];

/** Promises broken on purpose: the checker of each goes red. */
export const namedBackupSabotage: readonly NamedBackup[] = [
  under(['break-proven'], [5, 0, 0, 0], 5, { breaks: ['neither the last proven set nor one in use is deleted'] }),
  under(['break-quota'], [2, 0, 3, 0], 2, { breaks: ['no quota is passed'] }),
  under(['break-alarm'], [4, 0, 0, 1], 4, { breaks: ['every hour has its set, or an alarm within 15 minutes'] }),
  under(['break-schedule'], [4, 0, 0, 1], 4, {
    breaks: ['every hour begins at its minute, whatever became of the one before'],
  }),
  under(['break-ages'], [5, 0, 0, 0], 5, { breaks: ['every age that the definition keeps is there'] }),
];
