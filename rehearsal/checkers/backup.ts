import type { HourVerdict } from '../../domain/recovery-set-schedule.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { Checker } from './checker.ts';
import { executionsEnd, nothingDenied } from './order.ts';

/** How one due minute stood fifteen minutes later, read from the table of the primary. */
export interface HourSeen {
  readonly dueAt: number;
  readonly verdict: HourVerdict;
  /** Of the alarms about hours that are missed, late or failed, those of the primary that rang at that moment. */
  readonly ringing: readonly string[];
  /** An execution for it began within two minutes, or its schedule was never delivered. */
  readonly begun: boolean;
}

/** What a region holds at the end. */
export interface RegionAtEnd {
  readonly region: string;
  /** Whole sets that the definition's ages ask for and that are not there. */
  readonly missing: readonly string[];
  /** Snapshots of ours that are encrypted with another key than the region's own. */
  readonly foreignKeys: readonly string[];
}

/** The world once the backups of some days are over, read from RDS, EC2, S3 and the tables, not from what a workflow says. */
export interface BackupsAtEnd {
  readonly hours: readonly HourSeen[];
  readonly regions: readonly RegionAtEnd[];
  /** Instances, snapshots and volumes that a restore test made and that still stand. */
  readonly leftBehind: readonly string[];
  /** Where a password or key was found: log lines, histories, objects. */
  readonly leaks: readonly string[];
  readonly executionsRunning: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly asksUntil?: number;
  }[];
}

type BackupChecker = Checker<BackupsAtEnd>;

/** What the checkers ask the world for when a snapshot goes. */
export interface SnapshotGuard {
  /** Names of snapshots of the region that must stay now, with why. */
  guarded(region: string): ReadonlyMap<string, string>;
  /** Whether it is one that somebody else made. */
  isForeign(region: string, snapshot: string): boolean;
  /** Whether a person deletes it in the scenario. */
  isByHand(snapshot: string): boolean;
}

export function backupCheckers(world: SnapshotGuard, replicas: ReadonlySet<string>): readonly BackupChecker[] {
  return [
    everyHourIsMadeOrAlarmed(),
    everyHourBegins(),
    noQuotaIsPassed(),
    provenStays(world),
    othersStay(world),
    replicasAreLeftAlone(replicas),
    agesAreKept(),
    copiesHaveTheirOwnKey(),
    nothingOfATestIsLeft(),
    nothingLeaks(),
    executionsEnd(),
    nothingDenied(),
  ];
}

function everyHourIsMadeOrAlarmed(): BackupChecker {
  return {
    name: 'every hour has its set, or an alarm within 15 minutes',
    conclude: ({ hours }) =>
      hours
        .filter(({ verdict, ringing }) => verdict !== 'made' && ringing.length === 0)
        .map(
          ({ dueAt, verdict }) => `the set due at ${new Date(dueAt).toISOString()} was ${verdict} and no alarm rang`,
        ),
  };
}

function everyHourBegins(): BackupChecker {
  return {
    name: 'every hour begins at its minute, whatever became of the one before',
    conclude: ({ hours }) =>
      hours
        .filter(({ begun }) => !begun)
        .map(({ dueAt }) => `nothing began for the set due at ${new Date(dueAt).toISOString()}`),
  };
}

function noQuotaIsPassed(): BackupChecker {
  const passed: string[] = [];
  return {
    name: 'no quota is passed',
    seen(event: RehearsalEvent) {
      if (event.kind !== 'aws.called' || String(event['principal']).startsWith('person/')) return;
      const outcome = String(event['outcome']);
      // EC2's word for too many calls in a time: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
      if (outcome === 'RequestLimitExceeded') return;
      if (/QuotaExceeded|LimitExceeded/.test(outcome)) {
        passed.push(`${event['service']}:${event['operation']} in ${event['region']}: ${outcome}`);
      }
    },
    conclude: () => passed,
  };
}

function provenStays(world: SnapshotGuard): BackupChecker {
  const lost: string[] = [];
  return {
    name: 'neither the last proven set nor one in use is deleted',
    seen(event: RehearsalEvent) {
      if (event.kind !== 'database.snapshot' || event['status'] !== 'deleting') return;
      const [region, snapshot] = [String(event['region']), String(event['snapshot'])];
      const why = world.guarded(region).get(snapshot);
      if (why) lost.push(`${snapshot} went from ${region} although ${why}`);
    },
    conclude: () => lost,
  };
}

function othersStay(world: SnapshotGuard): BackupChecker {
  const lost: string[] = [];
  return {
    name: 'nothing that is not ours is deleted',
    seen(event: RehearsalEvent) {
      if (event.kind !== 'database.snapshot' || event['status'] !== 'deleting') return;
      const [region, snapshot] = [String(event['region']), String(event['snapshot'])];
      if (world.isForeign(region, snapshot) && !world.isByHand(snapshot)) lost.push(`${snapshot} went from ${region}`);
    },
    conclude: () => lost,
  };
}

/** A replica that is `backing-up` can't be promoted. `replicas`: their identifiers. */
function replicasAreLeftAlone(replicas: ReadonlySet<string>): BackupChecker {
  const touched: string[] = [];
  return {
    name: 'no replica is backed up',
    seen(event: RehearsalEvent) {
      if (event.kind !== 'database.status' || event['status'] !== 'backing-up') return;
      if (replicas.has(`${event['region']}/${event['database']}`)) touched.push(`${event['database']} was backing-up`);
    },
    conclude: () => [...new Set(touched)],
  };
}

function agesAreKept(): BackupChecker {
  return {
    name: 'every age that the definition keeps is there',
    conclude: ({ regions }) =>
      regions.flatMap(({ region, missing }) => missing.map((each) => `${region} lacks ${each}`)),
  };
}

function copiesHaveTheirOwnKey(): BackupChecker {
  return {
    name: 'a region needs no key of another one',
    conclude: ({ regions }) => regions.flatMap(({ foreignKeys }) => foreignKeys),
  };
}

function nothingOfATestIsLeft(): BackupChecker {
  return {
    name: 'nothing made for a test is left',
    conclude: ({ leftBehind }) => leftBehind.map((each) => `${each} is still there`),
  };
}

function nothingLeaks(): BackupChecker {
  return { name: 'no password stands anywhere', conclude: ({ leaks }) => leaks };
}
