import { volumeCreationMilliseconds } from './durations.ts';
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
  tagsOf,
  type Volume,
  volumeArn,
} from './ec2-ebs.ts';
import { type Filterable, filtered, paged } from './ec2-filters.ts';
import type { Key, Kms } from './kms.ts';
import {
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
} from './service.ts';

/** What is created without a figure: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html */
const gp3 = { iops: 3000, throughput: 125 };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html and its like */
export function volumeOperations(store: BlockStore): Readonly<Record<string, Operation>> {
  return {
    DescribeVolumes: describeVolumes(store),
    CreateVolume: createVolume(store),
    DeleteVolume: {
      inputs: ['VolumeId'],
      authorise: ({ VolumeId: id }, { region, account }) => [
        {
          action: 'ec2:DeleteVolume',
          resources: [volumeArn(region, account, String(id))],
          conditions: resourceConditions(region, store.volumes.get(String(id))),
        },
      ],
      run: ({ VolumeId: id }, { region }) => {
        const volume = store.requireVolume(region, id);
        if (store.now < volume.availableAt) {
          throw new AwsError('IncorrectState', `The volume '${volume.id}' is 'creating'; it has to be 'available'.`);
        }
        store.volumes.delete(volume.id);
        return {};
      },
    },
    CreateTags: createTags(store),
  };
}

/** A volume that is there from now on, or once it has been created. */
export function addVolume(store: BlockStore, made: Omit<Volume, 'id' | 'createdAt' | 'availableAt'>): Volume {
  const volume: Volume = {
    id: store.newId('vol'),
    createdAt: store.now,
    availableAt: store.now + volumeCreationMilliseconds,
    ...(made.type === 'gp3' ? gp3 : {}),
    ...made,
  };
  store.volumes.set(volume.id, volume);
  return volume;
}

function describeVolumes(store: BlockStore): Operation {
  const stateOf = ({ availableAt }: Volume) => (store.now < availableAt ? 'creating' : 'available');
  const known: Filterable<Volume> = {
    'volume-id': ({ id }) => id,
    status: stateOf,
    size: ({ gibibytes }) => String(gibibytes),
    encrypted: ({ encrypted }) => String(encrypted),
    'snapshot-id': ({ snapshotId }) => snapshotId,
    'availability-zone': ({ zone }) => zone,
    'volume-type': ({ type }) => type,
  };
  return {
    inputs: ['VolumeIds', 'Filters', 'MaxResults', 'NextToken'],
    authorise: (_input, { region }) => [
      { action: 'ec2:DescribeVolumes', resources: ['*'], conditions: { 'ec2:Region': region } },
    ],
    run: (input, { region }) => {
      const ids = (input['VolumeIds'] ?? []) as readonly string[];
      const asked = ids.length === 0 ? store.volumesIn(region) : ids.map((id) => store.requireVolume(region, id));
      const { items, ...next } = paged(filtered(asked, input['Filters'], known), input);
      return { Volumes: items.map((volume) => described(volume, stateOf(volume))), ...next };
    },
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html */
function described(volume: Volume, state: string): OperationInput {
  const { iops, throughput, key, snapshotId, tags } = volume;
  return {
    VolumeId: volume.id,
    AvailabilityZone: volume.zone,
    Size: volume.gibibytes,
    VolumeType: volume.type,
    State: state,
    CreateTime: new Date(volume.createdAt),
    Encrypted: volume.encrypted,
    SnapshotId: snapshotId ?? '',
    MultiAttachEnabled: false,
    Attachments: [],
    ...(iops === undefined ? {} : { Iops: iops }),
    ...(throughput === undefined ? {} : { Throughput: throughput }),
    ...(key ? { KmsKeyId: key.arn } : {}),
    ...(tags.size === 0 ? {} : { Tags: tagList(tags) }),
  };
}

function createVolume(store: BlockStore): Operation {
  return {
    inputs: [
      'AvailabilityZone',
      'SnapshotId',
      'Size',
      'VolumeType',
      'Iops',
      'Throughput',
      'Encrypted',
      'KmsKeyId',
      'TagSpecifications',
      'ClientToken',
    ],
    authorise: (input, call) => creationRights(store, input, call),
    run: (input, { region }) => {
      const token = input['ClientToken'] === undefined ? undefined : String(input['ClientToken']);
      // 'to ensure the idempotency of the request': https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
      const same = store.volumesIn(region).find(({ clientToken }) => token !== undefined && clientToken === token);
      if (same) return described(same, 'creating');
      const zone = String(input['AvailabilityZone'] ?? '');
      if (!new RegExp(`^${region}[a-c]$`).test(zone)) {
        throw new AwsError('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
      }
      const snapshot =
        input['SnapshotId'] === undefined ? undefined : store.requireSnapshot(region, input['SnapshotId']);
      if (snapshot && store.stateOf(snapshot) !== 'completed') {
        throw new AwsError('IncorrectState', `Snapshot ${snapshot.id} is not completed.`);
      }
      const gibibytes = Number(input['Size'] ?? snapshot?.gibibytes ?? Number.NaN);
      if (!(gibibytes >= (snapshot?.gibibytes ?? 1))) {
        throw new AwsError('InvalidParameterValue', 'The size of a volume must be at least that of its snapshot.');
      }
      const key = keyOf(store, input, region);
      const volume = addVolume(store, {
        region,
        zone,
        gibibytes,
        // 'Default: gp2'
        type: String(input['VolumeType'] ?? 'gp2'),
        encrypted: input['Encrypted'] === true || snapshot?.encrypted === true,
        ...(input['Iops'] === undefined ? {} : { iops: Number(input['Iops']) }),
        ...(input['Throughput'] === undefined ? {} : { throughput: Number(input['Throughput']) }),
        ...(key ? { key } : {}),
        ...(snapshot ? { snapshotId: snapshot.id } : {}),
        ...(token === undefined ? {} : { clientToken: token }),
        tags: specifiedTags(input, 'volume'),
      });
      return described(volume, 'creating');
    },
  };
}

/** The key named, else the snapshot's. Throws AwsError InvalidParameterValue. */
function keyOf(store: BlockStore, input: OperationInput, region: string): Key | undefined {
  if (input['KmsKeyId'] === undefined) return store.snapshots.get(String(input['SnapshotId']))?.key;
  const key = store.services.service<Kms>('kms').find(region, String(input['KmsKeyId']));
  if (key?.region === region) return key;
  throw new AwsError('InvalidParameterValue', `The key '${input['KmsKeyId']}' does not exist in ${region}.`);
}

/** The source snapshot is judged as well: https://aws.amazon.com/blogs/storage/enhancing-resource-level-permission-for-creating-an-amazon-ebs-volume-from-a-snapshot */
function creationRights(
  store: BlockStore,
  input: OperationInput,
  { region, account }: CallContext,
): AuthorisationRequest[] {
  const tags = specifiedTags(input, 'volume');
  const snapshot = store.snapshots.get(String(input['SnapshotId']));
  const made = volumeArn(region, account, '*');
  const key = keyOf(store, input, region);
  const own = {
    'ec2:Region': region,
    'ec2:Encrypted': String(snapshot?.encrypted ?? input['Encrypted'] === true),
    'ec2:VolumeSize': String(input['Size'] ?? snapshot?.gibibytes ?? ''),
    'ec2:VolumeType': String(input['VolumeType'] ?? 'gp2'),
    'ec2:ParentSnapshot': snapshot ? snapshotArn(region, snapshot.id) : [],
    ...tagConditions(tags),
  };
  return [
    { action: 'ec2:CreateVolume', resources: [made], conditions: own },
    ...(input['SnapshotId'] === undefined
      ? []
      : [
          {
            action: 'ec2:CreateVolume',
            resources: [snapshotArn(region, String(input['SnapshotId']))],
            conditions: resourceConditions(region, snapshot),
          },
        ]),
    ...taggingRight('CreateVolume', made, region, tags),
    ...(snapshot?.key ? keyRequests(store.services, snapshot.key, 'from') : []),
    ...(key ? keyRequests(store.services, key, 'to') : []),
  ];
}

function createTags(store: BlockStore): Operation {
  const found = (region: string, id: string): Volume | Snapshot =>
    id.startsWith('vol-') ? store.requireVolume(region, id) : store.requireSnapshot(region, id);
  return {
    inputs: ['Resources', 'Tags'],
    authorise: (input, { region, account }) =>
      (input['Resources'] as readonly string[]).map((id) => ({
        action: 'ec2:CreateTags',
        resources: [id.startsWith('vol-') ? volumeArn(region, account, id) : snapshotArn(region, id)],
        conditions: {
          ...resourceConditions(region, store.volumes.get(id) ?? store.snapshots.get(id)),
          ...tagConditions(tagsOf(input['Tags'] ?? [])),
          'ec2:CreateAction': [],
        },
      })),
    run: (input, { region }) => {
      const resources = (input['Resources'] as readonly string[]).map((id) => found(region, id));
      for (const { tags } of resources) for (const [name, value] of tagsOf(input['Tags'])) tags.set(name, value);
      return {};
    },
  };
}
