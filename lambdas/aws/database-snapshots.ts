import {
  AddTagsToResourceCommand,
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
  type Tag,
} from '@aws-sdk/client-rds';
import {
  AwsUnavailable,
  CopiesAtTheirLimit,
  DatabaseBusy,
  SnapshotFailed,
  SnapshotQuotaReached,
} from '../../domain/errors.ts';
import type {
  DatabaseSnapshot,
  DatabaseSnapshots,
  SnapshotRequest,
  SnapshotTags,
} from '../ports/database-snapshots.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/**
 * Names of RDS's errors as the SDK has them. One and the same is thrown where the account has its number of snapshots and where 20 copies
 * to the region are under way: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html
 */
const rds = {
  noInstance: 'DBInstanceNotFoundFault',
  noSnapshot: 'DBSnapshotNotFoundFault',
  exists: 'DBSnapshotAlreadyExistsFault',
  quota: 'SnapshotQuotaExceededFault',
  instanceState: 'InvalidDBInstanceStateFault',
  snapshotState: 'InvalidDBSnapshotStateFault',
} as const;

/** 'Maximum 100': https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html */
const snapshotsAPage = 100;
const pagesMax = 1_000;

/** RDS of an account; a client a region. */
export function rdsSnapshots(account: string): DatabaseSnapshots {
  const clients = new Map<string, RDSClient>();
  const of = (region: string): RDSClient => {
    const client = clients.get(region) ?? new RDSClient(clientSettings(region));
    clients.set(region, client);
    return client;
  };
  const arnOf = (region: string, identifier: string) => `arn:aws:rds:${region}:${account}:snapshot:${identifier}`;
  return {
    source: (region, instance) => sourceOf(of(region), instance),

    async find(region, identifier) {
      const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: identifier });
      const answer = await answered([rds.noSnapshot], 'rds:DescribeDBSnapshots', () => of(region).send(command));
      const [found] = typeof answer === 'string' ? [] : (answer.DBSnapshots ?? []);
      return found && snapshotOf(found);
    },

    listManual: (region, instance) => listManual(of(region), region, instance),

    async create(region, { identifier, instance, tags }) {
      const command = new CreateDBSnapshotCommand({
        DBSnapshotIdentifier: identifier,
        DBInstanceIdentifier: instance,
        Tags: tagsOf(tags),
      });
      const said = await answered([rds.exists, rds.quota, rds.instanceState], 'rds:CreateDBSnapshot', () =>
        of(region).send(command),
      );
      if (said === rds.instanceState) throw new DatabaseBusy(instance, 'not available');
      if (said === rds.quota) throw quotaReached(region);
      return said === rds.exists ? 'exists' : 'made';
    },

    copy: (wanted) => copy(of(wanted.to), arnOf(wanted.from, wanted.identifier), wanted),

    async remove(region, identifier) {
      const command = new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: identifier });
      const said = await answered([rds.noSnapshot, rds.snapshotState], 'rds:DeleteDBSnapshot', () =>
        of(region).send(command),
      );
      return said !== rds.snapshotState;
    },

    async tag(region, identifier, tags) {
      const command = new AddTagsToResourceCommand({ ResourceName: arnOf(region, identifier), Tags: tagsOf(tags) });
      await calling('rds:AddTagsToResource', () => of(region).send(command));
    },
  };
}

async function sourceOf(client: RDSClient, instance: string): ReturnType<DatabaseSnapshots['source']> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance });
  const answer = await answered([rds.noInstance], 'rds:DescribeDBInstances', () => client.send(command));
  const [found] = typeof answer === 'string' ? [] : (answer.DBInstances ?? []);
  if (!found) return undefined;
  const replicaOf = found.ReadReplicaSourceDBInstanceIdentifier;
  return {
    instance,
    status: found.DBInstanceStatus ?? 'unknown',
    instanceClass: found.DBInstanceClass ?? '',
    ...(replicaOf ? { replicaOf } : {}),
  };
}

async function listManual(client: RDSClient, region: string, instance?: string): Promise<DatabaseSnapshot[]> {
  const found: DatabaseSnapshot[] = [];
  let marker: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const command = new DescribeDBSnapshotsCommand({
      SnapshotType: 'manual',
      MaxRecords: snapshotsAPage,
      ...(instance === undefined ? {} : { DBInstanceIdentifier: instance }),
      ...(marker === undefined ? {} : { Marker: marker }),
    });
    const answer = await calling('rds:DescribeDBSnapshots', () => client.send(command));
    found.push(...(answer.DBSnapshots ?? []).map(snapshotOf));
    marker = answer.Marker;
    if (!marker) return found;
  }
  throw new AwsUnavailable(`${region} has more than ${pagesMax * snapshotsAPage} manual snapshots.`);
}

/** The SDK signs the call to the source's region that RDS needs for an encrypted one, by the region in its ARN. */
async function copy(
  client: RDSClient,
  sourceArn: string,
  { from, to, identifier, key, tags }: Parameters<DatabaseSnapshots['copy']>[0],
): Promise<SnapshotRequest> {
  const command = new CopyDBSnapshotCommand({
    SourceDBSnapshotIdentifier: sourceArn,
    TargetDBSnapshotIdentifier: identifier,
    KmsKeyId: key,
    CopyTags: false,
    Tags: tagsOf(tags),
  });
  try {
    const taken = [rds.exists, rds.quota, rds.noSnapshot, rds.snapshotState];
    await calling(`rds:CopyDBSnapshot to ${to}`, () => client.send(command), taken);
    return 'made';
  } catch (error) {
    const { message } = error as Error;
    if (isNamed(error, rds.exists)) return 'exists';
    if (isNamed(error, rds.noSnapshot)) throw new SnapshotFailed(identifier, from, 'is gone');
    if (isNamed(error, rds.snapshotState)) throw new SnapshotFailed(identifier, from, `can't be copied: ${message}`);
    if (!isNamed(error, rds.quota)) throw error;
    // Both limits have one name, and say so in words: 'Cannot copy more than 5 snapshots across regions'.
    // https://github.com/pbudzon/aws-maintenance/issues/19
    throw /across regions|progress/i.test(message) ? new CopiesAtTheirLimit(to, message) : quotaReached(to);
  }
}

function quotaReached(region: string): SnapshotQuotaReached {
  return new SnapshotQuotaReached(
    region,
    'RDS says that the quota of manual snapshots is reached. Delete some that are not ours, or raise it with AWS and manualSnapshotQuota.',
  );
}

/** What the call gave, or the name of the error that the caller takes as an answer. */
async function answered<Output, Name extends string>(
  names: readonly Name[],
  what: string,
  call: () => Promise<Output>,
): Promise<Output | Name> {
  try {
    return await calling(what, call, names);
  } catch (error) {
    const named = names.find((name) => isNamed(error, name));
    if (named === undefined) throw error;
    return named;
  }
}

function tagsOf(tags: SnapshotTags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function snapshotOf(snapshot: DBSnapshot): DatabaseSnapshot {
  return {
    identifier: snapshot.DBSnapshotIdentifier ?? '',
    arn: snapshot.DBSnapshotArn ?? '',
    instance: snapshot.DBInstanceIdentifier ?? '',
    status: snapshot.Status ?? 'unknown',
    percent: snapshot.PercentProgress ?? 0,
    // One that is being made has no time of its own yet.
    createdAt: snapshot.SnapshotCreateTime?.getTime() ?? Number.POSITIVE_INFINITY,
    engine: snapshot.Engine ?? '',
    engineVersion: snapshot.EngineVersion ?? '',
    gibibytes: snapshot.AllocatedStorage ?? 0,
    ...(snapshot.KmsKeyId === undefined ? {} : { key: snapshot.KmsKeyId }),
    tags: Object.fromEntries((snapshot.TagList ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
