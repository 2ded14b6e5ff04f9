import { interlockTableName } from '../../domain/interlock.ts';
import { databaseSnapshotName } from '../../domain/recovery-set.ts';
import type { EventsService } from '../aws/events.ts';
import type { Snapshot } from '../aws/rds-snapshots.ts';
import type { BackupsWorld } from './backup-world.ts';
import type { Stage } from './stage.ts';

interface Scene {
  readonly stage: Stage;
  readonly world: BackupsWorld;
  readonly faults: ReadonlySet<string>;
}

const minute = 60_000;
const hour = 60 * minute;
/** Older than that goes what `break-ages` deletes. */
const agesBroken = 3 * hour;
const othersCount = 30;
/** Long enough that three more sets are due meanwhile. */
const stuckMilliseconds = 3 * hour;
const failoverMilliseconds = 2 * hour;

/** What happens once the faults begin, ten minutes before a set is due. */
export function meddleWithBackups(scene: Scene & { readonly from: number }): void {
  const { stage, world, faults, from } = scene;
  const { kernel } = stage.rehearsal;
  const at = (milliseconds: number, what: string, action: () => Promise<void>): void => {
    kernel.at(from + milliseconds, what, action);
  };
  if (faults.has('others-snapshots')) at(0, 'others take snapshots', () => othersTake(scene, () => othersCount));
  if (faults.has('quota-full')) {
    const room = (region: string): number => world.rds.quotas.manualSnapshots - manualIn(world, region).length;
    at(0, 'others fill the quota', () => othersTake(scene, room));
    at(3 * hour, 'others clear up', () => othersClearUp(scene));
  }
  if (faults.has('failover-begins')) at(12 * minute, 'a failover begins', () => claimPlatform(stage));
  if (faults.has('break-quota')) {
    at(0, 'AWS lowers a quota', async () => {
      stage.engineer.tell('is told by AWS that the account may have no more manual snapshots than it has');
      world.rds.quotas.manualSnapshots = manualIn(world, stage.region).length;
    });
  }
  if (faults.has('break-alarm')) at(0, 'the watcher is disabled', () => disable(stage, 'watch-backups'));
  if (faults.has('break-schedule')) {
    at(0, 'the schedule is disabled', () => disable(stage, 'hourly-backup'));
    at(hour, 'the schedule is enabled', () => disable(stage, 'hourly-backup', 'EnableRule'));
  }
  spoilSnapshots(scene);
}

/** The first snapshot or copy after that does not end as it should. */
function spoilSnapshots({ world, faults, from }: Scene & { readonly from: number }): void {
  const [primary] = world.regions;
  const spoiled = new Set<string>();
  const first = (snapshot: Snapshot, fault: string): boolean => {
    const due = faults.has(fault) && !spoiled.has(fault) && snapshot.type === 'manual' && snapshot.createdAt >= from;
    if (due) spoiled.add(fault);
    return due;
  };
  world.rds.decideFates((snapshot) => {
    if (snapshot.region !== primary) return first(snapshot, 'copy-fails') ? { kind: 'fails' } : undefined;
    if (first(snapshot, 'snapshot-stuck')) return { kind: 'slow', byMilliseconds: stuckMilliseconds };
    return first(snapshot, 'snapshot-fails') ? { kind: 'fails' } : undefined;
  });
}

/** Promises broken on purpose, at the very end. */
export async function sabotageBackups({ stage, world, faults }: Scene): Promise<void> {
  const [region = ''] = world.regions;
  const { kernel } = stage.rehearsal;
  if (faults.has('break-proven')) {
    const proven = world.sets
      .entries(region)
      .filter((entry) => entry.proven.length > 0)
      .sort((a, b) => (a.dueAt < b.dueAt ? 1 : -1))[0];
    const [database = ''] = proven?.databases ?? [];
    stage.engineer.tell('deletes the snapshot of the newest proven set');
    await deleteSnapshot(stage, region, databaseSnapshotName(proven?.setId ?? '', database));
  }
  if (faults.has('break-ages')) {
    stage.engineer.tell('deletes the records of all sets that are older than three hours');
    for (const entry of world.sets.entries(region)) {
      if (kernel.now() - Date.parse(entry.dueAt) < agesBroken) continue;
      const Key = { setId: { S: entry.setId } };
      await stage.during(stage.engineer.call('dynamodb', 'DeleteItem', { TableName: world.sets.table, Key }));
    }
  }
}

function manualIn(world: BackupsWorld, region: string): readonly Snapshot[] {
  return world.rds.snapshotsIn(region).filter(({ type }) => type === 'manual');
}

/** Another team takes manual snapshots of its own databases in the same account. */
async function othersTake({ stage, world }: Scene, count: (region: string) => number): Promise<void> {
  stage.engineer.tell('sees that another team takes manual snapshots in the same account');
  for (const region of world.regions) world.rds.addForeignSnapshots(region, Math.max(0, count(region)));
}

async function othersClearUp({ stage, world }: Scene): Promise<void> {
  stage.engineer.tell('asks the other team to clear up');
  for (const region of world.regions) {
    for (const { identifier } of manualIn(world, region)) {
      if (!world.isForeign(region, identifier)) continue;
      world.byHand.add(identifier);
      await stage.engineer.call('rds', 'DeleteDBSnapshot', { DBSnapshotIdentifier: identifier }, region);
    }
  }
}

async function deleteSnapshot(stage: Stage, region: string, name: string): Promise<void> {
  await stage.during(stage.engineer.call('rds', 'DeleteDBSnapshot', { DBSnapshotIdentifier: name }, region));
}

/** A claim as a failover writes it, in the region where it runs. */
async function claimPlatform(stage: Stage): Promise<void> {
  stage.engineer.tell('sees that a failover claims the platform');
  const until = new Date(stage.rehearsal.kernel.now() + failoverMilliseconds).toISOString();
  const Item = {
    subject: { S: 'platform' },
    work: { S: 'failover' },
    holder: { S: 'a-failover' },
    until: { S: until },
  };
  await stage.engineer.call('dynamodb', 'PutItem', { TableName: interlockTableName(stage.environment), Item });
}

async function disable(stage: Stage, name: string, operation = 'DisableRule'): Promise<void> {
  const scheduled = stage.rehearsal.account.service<EventsService>('events').scheduled;
  for (const rule of scheduled.filter((one) => one.region === stage.region && one.name.includes(name))) {
    stage.engineer.tell(`calls ${operation} for ${rule.name}`);
    await stage.engineer.call('events', operation, { Name: rule.name });
  }
}
