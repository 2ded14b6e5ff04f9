import { snapshotProgressMilliseconds } from './durations.ts';
import {
  type BlockStore,
  keyRequests,
  resourceConditions,
  type Snapshot,
  snapshotArn,
  specifiedTags,
  tagConditions,
  taggingRight,
  tagList,
  volumeArn,
} from './ec2-ebs.ts';
import { type Filterable, filtered, paged } from './ec2-filters.ts';
import type { Key, Kms } from './kms.ts';
import { AwsError, type CallContext, type Operation, type OperationInput, Unmodelled } from './service.ts';

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html: per volume of gp2, gp3, io1, io2; of st1 and sc1 one. */
const pendingPerVolume = 5;
/** Same page: copies under way to one region. */
const copiesToRegion = 20;
/** 'Wait at least 15 seconds between concurrent volume snapshots': https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (SnapshotCreationPerVolumeRateExceeded) */
const betweenSnapshotsMilliseconds = 15_000;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html and its like */
export function snapshotOperations(store: BlockStore): Readonly<Record<string, Operation>> {
  return {
    CreateSnapshot: createSnapshot(store),
    CopySnapshot: copySnapshot(store),
    DescribeSnapshots: describeSnapshots(store),
    DeleteSnapshot: {
      inputs: ['SnapshotId'],
      authorise: ({ SnapshotId: id }, { region }) => [
        {
          action: 'ec2:DeleteSnapshot',
          resources: [snapshotArn(region, String(id))],
          conditions: resourceConditions(region, store.snapshots.get(String(id))),
        },
      ],
      run: ({ SnapshotId: id }, { region }) => {
        store.snapshots.delete(store.requireSnapshot(region, id).id);
        return {};
      },
    },
  };
}

function createSnapshot(store: BlockStore): Operation {
  return {
    inputs: ['VolumeId', 'Description', 'TagSpecifications'],
    authorise: (input, { region, account }) => {
      const volume = store.volumes.get(String(input['VolumeId']));
      const tags = specifiedTags(input, 'snapshot');
      const made = snapshotArn(region, '*');
      return [
        {
          action: 'ec2:CreateSnapshot',
          resources: [volumeArn(region, account, String(input['VolumeId']))],
          conditions: resourceConditions(region, volume),
        },
        {
          action: 'ec2:CreateSnapshot',
          resources: [made],
          conditions: {
            'ec2:Region': region,
            'ec2:ParentVolume': volumeArn(region, account, String(input['VolumeId'])),
            ...tagConditions(tags),
          },
        },
        ...taggingRight('CreateSnapshot', made, region, tags),
      ];
    },
    run: (input, { region }) => {
      const volume = store.requireVolume(region, input['VolumeId']);
      const earlier = store.snapshotsIn(region).filter((one) => one.volumeId === volume.id && !one.copyOf);
      requireRoom(store, volume.id, earlier);
      const snapshot: Snapshot = {
        id: store.newId('snap'),
        region,
        volumeId: volume.id,
        gibibytes: volume.gibibytes,
        encrypted: volume.encrypted,
        ...(volume.key ? { key: volume.key } : {}),
        description: String(input['Description'] ?? ''),
        startedAt: store.now,
        completedAt: store.now + duration(store, region, earlier.length === 0 ? volume.gibibytes : 0),
        tags: specifiedTags(input, 'snapshot'),
      };
      store.snapshots.set(snapshot.id, snapshot);
      return described(store, snapshot);
    },
  };
}

function requireRoom(store: BlockStore, volumeId: string, earlier: readonly Snapshot[]): void {
  if (earlier.some(({ startedAt }) => store.now - startedAt < betweenSnapshotsMilliseconds)) {
    throw new AwsError(
      'SnapshotCreationPerVolumeRateExceeded',
      `The maximum per volume CreateSnapshot request rate has been exceeded for ${volumeId}. Use an increasing or variable sleep interval between requests.`,
    );
  }
  if (earlier.filter((one) => store.stateOf(one) === 'pending').length < pendingPerVolume) return;
  throw new AwsError(
    'ConcurrentSnapshotLimitExceeded',
    'Maximum allowed in-progress snapshots for a single volume exceeded.',
  );
}

/** A first snapshot or copy holds everything, a later one what has changed since. */
function duration(store: BlockStore, region: string, gibibytes: number): number {
  const { minimum, maximum, perGibibyte } = snapshotProgressMilliseconds;
  return minimum + store.services.kernel.random(`ebs/${region}`).below(maximum - minimum) + gibibytes * perGibibyte;
}

function copySnapshot(store: BlockStore): Operation {
  return {
    inputs: [
      'SourceRegion',
      'SourceSnapshotId',
      'Description',
      'Encrypted',
      'KmsKeyId',
      'TagSpecifications',
      // The SDK signs them by itself; the region's own endpoint is asked in any case.
      'PresignedUrl',
      'DestinationRegion',
    ],
    authorise: (input, { region }) => {
      const tags = specifiedTags(input, 'snapshot');
      const source = snapshotArn(String(input['SourceRegion']), String(input['SourceSnapshotId']));
      const made = snapshotArn(region, '*');
      const sourced = { 'ec2:Region': region, 'ec2:SourceSnapshot': source, ...tagConditions(tags) };
      // Both since 2025: https://aws.amazon.com/blogs/storage/enhancing-resource-level-permissions-for-copying-amazon-ebs-snapshots/
      return [
        { action: 'ec2:CopySnapshot', resources: [made], conditions: sourced },
        {
          action: 'ec2:CopySnapshot',
          resources: [source],
          conditions: resourceConditions(region, store.snapshots.get(String(input['SourceSnapshotId']))),
        },
        ...taggingRight('CopySnapshot', made, region, tags),
      ];
    },
    run: (input, call) => {
      const source = store.requireSnapshot(String(input['SourceRegion']), input['SourceSnapshotId']);
      if (store.stateOf(source) !== 'completed') {
        throw new AwsError(
          'IncorrectState',
          `Snapshot ${source.id} is ${store.stateOf(source)}; only a completed one is copied.`,
        );
      }
      const here = store.snapshotsIn(call.region);
      if (here.filter((one) => one.copyOf && store.stateOf(one) === 'pending').length >= copiesToRegion) {
        throw new AwsError(
          'ResourceLimitExceeded',
          `Too many snapshot copies in progress. The limit is ${copiesToRegion} for this destination region.`,
        );
      }
      const snapshot = copy(store, source, input, call);
      store.snapshots.set(snapshot.id, snapshot);
      return { SnapshotId: snapshot.id, ...(snapshot.tags.size === 0 ? {} : { Tags: tagList(snapshot.tags) }) };
    },
  };
}

/**
 * A copy whose keys may not be used is made all the same and ends as `error`: 'if the proper KMS permissions are not obtained':
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html (stateMessage)
 */
function copy(
  store: BlockStore,
  source: Snapshot,
  input: OperationInput,
  { region, principal }: CallContext,
): Snapshot {
  if (source.encrypted && input['Encrypted'] === false) {
    throw new AwsError('InvalidParameterValue', 'The copy of an encrypted snapshot cannot be unencrypted.');
  }
  const encrypted = source.encrypted || input['Encrypted'] === true;
  const keyId = input['KmsKeyId'];
  const key = keyId === undefined ? undefined : store.services.service<Kms>('kms').find(region, String(keyId));
  const missing = keyId !== undefined && key?.region !== region;
  const refused = missing || !mayUse(store, source.key, key, { region, principal });
  const before = store.snapshotsIn(region).some(({ copyOf, volumeId }) => copyOf && volumeId === source.volumeId);
  return {
    id: store.newId('snap'),
    region,
    volumeId: source.volumeId,
    gibibytes: source.gibibytes,
    encrypted,
    ...(key && encrypted ? { key } : {}),
    description: String(input['Description'] ?? ''),
    startedAt: store.now,
    completedAt: store.now + duration(store, region, before ? 0 : source.gibibytes),
    copyOf: source.id,
    ...(refused ? { problem: 'Given key ID is not accessible' } : {}),
    tags: specifiedTags(input, 'snapshot'),
  };
}

function mayUse(
  { services }: BlockStore,
  from: Key | undefined,
  to: Key | undefined,
  { region, principal }: Pick<CallContext, 'region' | 'principal'>,
): boolean {
  try {
    if (from) services.authorise(principal, region, keyRequests(services, from, 'from'));
    if (to) services.authorise(principal, region, keyRequests(services, to, 'to'));
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

function describeSnapshots(store: BlockStore): Operation {
  const known: Filterable<Snapshot> = {
    'snapshot-id': ({ id }) => id,
    'volume-id': ({ volumeId }) => volumeId,
    'volume-size': ({ gibibytes }) => String(gibibytes),
    status: (snapshot) => store.stateOf(snapshot),
    description: ({ description }) => description,
    encrypted: ({ encrypted }) => String(encrypted),
    'owner-id': () => store.services.account,
  };
  return {
    inputs: ['OwnerIds', 'Filters', 'SnapshotIds', 'MaxResults', 'NextToken'],
    authorise: (_input, { region }) => [
      { action: 'ec2:DescribeSnapshots', resources: ['*'], conditions: { 'ec2:Region': region } },
    ],
    run: (input, { region, account }) => {
      const owners = (input['OwnerIds'] ?? ['self']) as readonly string[];
      const other = owners.find((owner) => owner !== 'self' && owner !== account);
      if (other !== undefined) throw new Unmodelled(`Snapshots of ${other} are not modelled; those of 'self' are.`);
      const ids = (input['SnapshotIds'] ?? []) as readonly string[];
      const asked = ids.length === 0 ? store.snapshotsIn(region) : ids.map((id) => store.requireSnapshot(region, id));
      const { items, ...next } = paged(filtered(asked, input['Filters'], known), input);
      return { Snapshots: items.map((snapshot) => described(store, snapshot)), ...next };
    },
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html */
function described(store: BlockStore, snapshot: Snapshot): OperationInput {
  const state = store.stateOf(snapshot);
  const { startedAt, completedAt, problem, key } = snapshot;
  const share = Math.min(1, (store.now - startedAt) / Math.max(1, completedAt - startedAt));
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.gibibytes,
    State: state,
    Progress: state === 'error' ? '0%' : `${Math.floor(share * 100)}%`,
    StartTime: new Date(startedAt),
    OwnerId: store.services.account,
    Description: snapshot.description,
    Encrypted: snapshot.encrypted,
    StorageTier: 'standard',
    ...(key ? { KmsKeyId: key.arn } : {}),
    ...(problem === undefined ? {} : { StateMessage: problem }),
    ...(state === 'completed' ? { CompletionTime: new Date(completedAt) } : {}),
    ...(snapshot.tags.size === 0 ? {} : { Tags: tagList(snapshot.tags) }),
  };
}
