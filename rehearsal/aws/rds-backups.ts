import { snapshotInstantMilliseconds, snapshotMilliseconds } from './durations.ts';
import { rdsArn } from './rds-access.ts';
import { drawn, inBackground, pause, type RdsContext } from './rds-context.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import { type Snapshot, sourceOf } from './rds-snapshots.ts';

const day = 24 * 60 * 60_000;
const minute = 60_000;

/** A snapshot of an instance that is `creating`. */
export function newSnapshot(
  { world, snapshots }: RdsContext,
  instance: DatabaseInstanceState,
  { identifier, type, tags }: Pick<Snapshot, 'identifier' | 'type' | 'tags'>,
): Snapshot {
  const { region, encrypted, keyArn } = instance;
  const snapshot: Snapshot = {
    identifier,
    region,
    arn: rdsArn({ region, account: world.account.account }, 'snapshot', identifier),
    type,
    source: sourceOf(instance),
    encrypted,
    ...(keyArn === undefined ? {} : { keyArn }),
    createdAt: world.account.kernel.now(),
    status: 'creating',
    tags: instance.copyTagsToSnapshot ? new Map([...instance.tags, ...tags]) : tags,
    percent: 0,
  };
  snapshots.add(snapshot);
  return snapshot;
}

/**
 * Fills a snapshot. The instance is `backing-up` meanwhile, a Multi-AZ one as well (assumed), and goes on reading and writing. At which
 * moment the data stand nobody is told: a few seconds after the call.
 */
export async function takeSnapshot(
  context: RdsContext,
  instance: DatabaseInstanceState,
  snapshot: Snapshot,
): Promise<void> {
  const { instances, snapshots, replication } = context;
  instances.become(instance, 'backing-up');
  const instant = drawn(context, 'snapshot-instant', snapshotInstantMilliseconds);
  await pause(context, instant, `instant of ${snapshot.identifier}`);
  if (snapshots.stands(snapshot) && instances.stands(instance) && instance.outage === undefined) {
    const asOf = instance.replicaOf === undefined ? undefined : replication.positionOf(instance);
    // Automated ones of a real server would fill the disk of the machine day by day, and nothing restores from them.
    snapshot.data = await snapshots.dataOf(instance, { asOf, files: snapshot.type === 'manual' });
  }
  const fate = snapshots.fateOf(snapshot);
  const longer = fate?.kind === 'slow' ? fate.byMilliseconds : 0;
  const left = drawn(context, 'snapshot', snapshotMilliseconds) - instant + longer;
  await pause(context, left, `snapshot ${snapshot.identifier}`);
  const whole = snapshot.data !== undefined && fate?.kind !== 'fails';
  if (snapshots.stands(snapshot)) snapshots.become(snapshot, whole ? 'available' : 'failed');
  if (instances.stands(instance) && instance.status === 'backing-up') instances.become(instance, 'available');
}

/** Takes the first backup at once and the next in each day's window, as long as the instance keeps any. */
export function beginBackups(
  context: RdsContext,
  instance: DatabaseInstanceState,
  { first }: { first: boolean },
): void {
  if (instance.backupRetentionDays === 0) return;
  if (first) inBackground(context, () => takeAutomated(context, instance));
  planBackup(context, instance);
}

/** When a daily window (`03:00-04:00`, UTC) begins next after a moment, and how long it is. */
export function nextWindow(window: string, after: number): { readonly start: number; readonly length: number } {
  const [from = 0, to = 0] = window.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return (hours * 60 + minutes) * minute;
  });
  const midnight = Math.floor(after / day) * day;
  const start = midnight + from > after ? midnight + from : midnight + day + from;
  return { start, length: (to - from + day) % day };
}

function planBackup(context: RdsContext, instance: DatabaseInstanceState): void {
  const { kernel } = context.world.account;
  const window = instance.backupWindow;
  const { start, length } = nextWindow(window, kernel.now());
  // Somewhere in the window's first half: assumed, the page says only that it 'can be at any time' of it.
  const at = start + drawn(context, 'backup-window', { minimum: 0, maximum: length / 2 });
  const attempt = (): void => {
    const gone = !context.instances.stands(instance) || instance.backupRetentionDays === 0;
    if (gone || instance.backupWindow !== window) return;
    if (instance.status === 'available' && instance.outage === undefined) {
      inBackground(context, () => takeAutomated(context, instance));
    } else if (kernel.now() + minute < start + length) {
      // Assumed: RDS says only that the instance has to be available.
      kernel.after(minute, `backup of ${instance.identifier}`, attempt);
      return;
    }
    planBackup(context, instance);
  };
  kernel.at(at, `backup of ${instance.identifier}`, attempt);
}

async function takeAutomated(context: RdsContext, instance: DatabaseInstanceState): Promise<void> {
  const { snapshots, world } = context;
  // `rds:shop-2026-11-21-03-07`
  const stamp = new Date(world.account.kernel.now()).toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  const identifier = `rds:${instance.identifier}-${stamp}`;
  const snapshot = newSnapshot(context, instance, { identifier, type: 'automated', tags: new Map() });
  await takeSnapshot(context, instance, snapshot);
  const old = snapshots
    .in(instance.region)
    .filter(({ type, source }) => type === 'automated' && source.resourceId === instance.resourceId)
    .filter(({ createdAt }) => createdAt < snapshot.createdAt - instance.backupRetentionDays * day);
  for (const one of old) snapshots.remove(one);
}
