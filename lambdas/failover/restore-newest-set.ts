import { AwsRefused } from '../../domain/errors.ts';
import { LossBeyondObjective, NothingToRestore } from '../../domain/failover-errors.ts';
import type { FailoverDatabase, FailoverPlan } from '../../domain/failover-plan.ts';
import { type RestorePlace, restoredInstanceName } from '../../domain/failover-settings.ts';
import type { RecoverySet } from '../../domain/recovery-set.ts';
import { restoreTags } from '../../domain/restores.ts';
import type { RestoreNewestSetInput, RestoreNewestSetOutput } from '../../domain/workflows/region-failover.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecoverySetRecords } from '../ports/recovery-sets.ts';
import type { InstanceSeen, RestoredDatabases } from '../ports/restored-databases.ts';
import { withUse } from '../restore/ports.ts';

export interface NewestSetPorts {
  readonly region: string;
  readonly records: Pick<RecoverySetRecords, 'entries' | 'find'>;
}

export interface RestoreNewestSetPorts extends NewestSetPorts {
  readonly plan: FailoverPlan;
  readonly database: FailoverDatabase;
  readonly place: RestorePlace;
  readonly records: Pick<RecoverySetRecords, 'entries' | 'find' | 'change'>;
  readonly databases: Pick<RestoredDatabases, 'find' | 'fromSnapshot'>;
  readonly endpoints: { write(parameter: string, text: string): Promise<void> };
  readonly clock: Clock;
}

const lookSeconds = 15;
/** It takes connections, and it does not come out of these by itself. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
const usable = ['available', 'backing-up', 'storage-optimization'];
const broken = /^(failed|incompatible-|inaccessible-|restore-error|storage-full|deleting|stopped)/;

/**
 * There is nothing to promote: the newest set of this region is restored, beside what is left of the instance where there is something, and the region's
 * endpoint leads there once it answers. A second delivery finds the instance by its name and tag. Throws NothingToRestore, LossBeyondObjective, AwsUnavailable, AwsRefused.
 */
export async function restoreNewestSet(
  input: RestoreNewestSetInput,
  ports: RestoreNewestSetPorts,
): Promise<RestoreNewestSetOutput> {
  const { databases, database } = ports;
  const own = await databases.find(database.instance);
  // Under the instance's own name where that is free: all that knows it by name, backups and alarms among them, goes on.
  const beside = own && !isRestored(own) ? restoredInstanceName(database.instance) : undefined;
  const standing = beside === undefined ? own : await databases.find(beside);
  if (!standing) return begin(beside ?? database.instance, input, ports);
  if (broken.test(standing.status)) {
    throw new AwsRefused(
      `The instance '${standing.identifier}', restored for '${database.name}', is '${standing.status}'. Allowed is one that takes connections. Delete it and start again.`,
    );
  }
  const { status, host, port } = standing;
  if (!usable.includes(status) || host === undefined || port === undefined) return waiting();
  await ports.endpoints.write(database.endpointParameter, JSON.stringify({ host, port }));
  return { state: 'restored', waitSeconds: 0, remarks: remarksOf(standing, input, ports) };
}

function isRestored({ tags }: InstanceSeen): boolean {
  return tags[restoreTags.restore] !== undefined;
}

function waiting(): RestoreNewestSetOutput {
  return { state: 'restoring', waitSeconds: lookSeconds, remarks: [] };
}

async function begin(
  instance: string,
  { run, accepted }: RestoreNewestSetInput,
  ports: RestoreNewestSetPorts,
): Promise<RestoreNewestSetOutput> {
  const { plan, database, place, region, records, databases, clock } = ports;
  const set = await newestSet(database.name, ports);
  if (!set) throw new NothingToRestore(database.name, region);
  const age = Math.ceil((clock.now().getTime() - Date.parse(set.startedAt)) / 1000);
  if (age > plan.recoveryPointSeconds && !accepted) {
    throw new LossBeyondObjective(
      `'${database.name}' has no replica that can be promoted, and its newest set ${set.setId} is ${age} s old; ${plan.recoveryPointSeconds} s are allowed.`,
    );
  }
  const use = { by: 'restore', execution: run.execution.arn, region } as const;
  await records.change(region, set.setId, (record) => withUse(record, use, clock.now()));
  await databases.fromSnapshot({
    instance,
    snapshot: set.snapshot,
    instanceClass: set.instanceClass,
    subnetGroup: place.subnetGroup,
    securityGroupIds: place.securityGroupIds,
    parameterGroup: place.parameterGroups[database.name] ?? place.parameterGroups['*'],
    multipleZones: database.multipleZones,
    deletionProtection: true,
    tags: {
      [restoreTags.environment]: run.environment,
      [restoreTags.member]: database.name,
      [restoreTags.set]: set.setId,
      [restoreTags.restore]: run.execution.arn,
    },
  });
  // Asked, there already, or no room yet: the next look says which.
  return waiting();
}

export interface NewestSet extends Pick<RecoverySet, 'setId' | 'startedAt'> {
  readonly snapshot: string;
  readonly instanceClass: string;
}

/** Sets that are looked at: two days of hourly ones. */
const setsLookedAt = 48;

/** The newest set of this region with a whole snapshot of the database. Undefined: there is none. Throws AwsUnavailable, AwsRefused. */
export async function newestSet(database: string, { region, records }: NewestSetPorts): Promise<NewestSet | undefined> {
  const entries = (await records.entries(region))
    .filter(({ state, databases }) => ['complete', 'verified'].includes(state) && databases.includes(database))
    .sort((a, b) => (a.dueAt < b.dueAt ? 1 : -1));
  for (const { setId } of entries.slice(0, setsLookedAt)) {
    const set = await records.find(region, setId);
    const copy = set?.copies[region];
    const member = set?.databases.find((each) => each.database === database);
    const snapshot = copy?.databases[database];
    if (!set || !member || snapshot === undefined || !['whole', 'verified'].includes(copy?.state ?? '')) continue;
    return { setId, startedAt: set.startedAt, snapshot, instanceClass: member.instanceClass };
  }
  return undefined;
}

function remarksOf(
  { identifier, tags, createdAt }: InstanceSeen,
  { why }: RestoreNewestSetInput,
  { database }: RestoreNewestSetPorts,
): readonly string[] {
  const set = tags[restoreTags.set] ?? 'a set';
  return [
    `${database.name}: ${why} ${set} was restored as '${identifier}'${createdAt ? ` (${createdAt.toISOString()})` : ''}. What is newer is lost.`,
    `${database.name}: its volume loads lazily from the snapshot, so the first reads are slow; pods that had started before have to be replaced, and ` +
      'passwords that were rotated after the set have to be set again.',
    ...(identifier === database.instance
      ? []
      : [`${database.name}: backups and alarms know it by '${database.instance}'; rename it once that name is free.`]),
  ];
}
