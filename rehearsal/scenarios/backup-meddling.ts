import { interlockTableName } from '../../domain/interlock.ts';
import { databaseSnapshotName } from '../../domain/recovery-set.ts';
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
const day = 24 * hour;
const othersCount = 30;
/** Long enough that three more sets are due meanwhile. */
const stuckMilliseconds = 3 * hour;
const failoverMilliseconds = 2 * hour;

/** What happens on the second day, which begins at `secondDay`. */
export function meddleWithBackups(scene: Scene & { readonly secondDay: number }): void {
  const { stage, world, faults, secondDay } = scene;
  const { kernel } = stage.rehearsal;
  const at = (milliseconds: number, what: string, action: () => Promise<void>): void => {
    kernel.at(secondDay + milliseconds, what, action);
  };
  if (faults.has('others-snapshots')) at(0, 'others take snapshots', () => othersTake(scene, () => othersCount));
  if (faults.has('quota-full')) {
    const room = (region: string): number => world.rds.quotas.manualSnapshots - manualIn(world, region).length;
    at(0, 'others fill the quota', () => othersTake(scene, room));
    at(day, 'others clear up', () => othersClearUp(scene));
  }
  if (faults.has('failover-begins')) at(50 * minute, 'a failover begins', () => claimPlatform(stage));
  if (faults.has('break-quota')) {
    at(0, 'AWS lowers a quota', async () => {
      stage.engineer.tell('is told by AWS that the account may have half as many manual snapshots');
      world.rds.quotas.manualSnapshots = Math.floor(world.rds.quotas.manualSnapshots / 2);
    });
  }
  if (faults.has('break-alarm')) at(-hour, 'the watcher is disabled', () => disableWatcher(stage));
  spoilSnapshots(scene);
}

/** The first snapshot or copy of the second day does not end as it should. */
function spoilSnapshots({ world, faults, secondDay }: Scene & { readonly secondDay: number }): void {
  const [primary] = world.regions;
  const spoiled = new Set<string>();
  const first = (snapshot: Snapshot, fault: string): boolean => {
    const due =
      faults.has(fault) && !spoiled.has(fault) && snapshot.type === 'manual' && snapshot.createdAt >= secondDay;
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
    stage.engineer.tell('deletes every snapshot that is older than a day, and the records with them');
    for (const entry of world.sets.entries(region)) {
      if (kernel.now() - Date.parse(entry.dueAt) < day) continue;
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

async function disableWatcher(stage: Stage): Promise<void> {
  stage.engineer.tell('disables the watcher of backups');
  await stage.engineer.call('events', 'DisableRule', { Name: `mainstay-${stage.environment}-watch-backups` });
}
