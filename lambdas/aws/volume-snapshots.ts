import {
  CopySnapshotCommand,
  CreateSnapshotCommand,
  DeleteSnapshotCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Filter,
  type Snapshot,
  type Tag,
  type Volume,
} from '@aws-sdk/client-ec2';
import { AwsUnavailable } from '../../domain/errors.ts';
import { snapshotTags } from '../../domain/recovery-set.ts';
import type { StoreVolume, VolumeSnapshot, VolumeSnapshots } from '../ports/volume-snapshots.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html, 'MaxResults' */
const pageMax = 1000;
const pagesMax = 100;
/** Tags of the volumes: by the storage class, and by the driver of its own (https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/tagging.md). */
const environmentTag = 'mainstay:environment';
const storeTag = 'mainstay:store';
const claimTag = 'kubernetes.io/created-for/pvc/name';
/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const tooManyOfVolume = 'ConcurrentSnapshotLimitExceeded';
const tooManyCopies = 'ResourceLimitExceeded';
const gone = 'InvalidSnapshot.NotFound';
const inUse = 'InvalidSnapshot.InUse';

/** EBS of any region; volumes are those of `home`. */
export function ebsVolumeSnapshots(home: string): VolumeSnapshots {
  const clients = new Map<string, EC2Client>();
  const clientOf = (region: string): EC2Client => {
    const client = clients.get(region) ?? new EC2Client(clientSettings(region));
    clients.set(region, client);
    return client;
  };
  return {
    volumes: (environment) => volumes(clientOf(home), environment),
    list: (region, environment, setId) => snapshots(clientOf(region), environment, setId),

    create(volume, tags) {
      const command = new CreateSnapshotCommand({
        VolumeId: volume.volumeId,
        Description: tags[snapshotTags.set] ?? '',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagList(tags) }],
      });
      return made(tooManyOfVolume, 'ec2:CreateSnapshot', () => clientOf(home).send(command));
    },

    copy({ from, region, encryptionKey, tags }) {
      const command = new CopySnapshotCommand({
        SourceRegion: from.region,
        SourceSnapshotId: from.snapshotId,
        Description: tags[snapshotTags.set] ?? '',
        Encrypted: true,
        KmsKeyId: encryptionKey,
        // A copy takes none of its source's: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagList(tags) }],
      });
      return made(tooManyCopies, 'ec2:CopySnapshot', () => clientOf(region).send(command));
    },

    async remove(region, snapshotId) {
      const command = new DeleteSnapshotCommand({ SnapshotId: snapshotId });
      try {
        await calling('ec2:DeleteSnapshot', () => clientOf(region).send(command), [gone, inUse]);
        return true;
      } catch (error) {
        if (isNamed(error, gone)) return true;
        if (isNamed(error, inUse)) return false;
        throw error;
      }
    },
  };
}

async function volumes(client: EC2Client, environment: string): Promise<readonly StoreVolume[]> {
  const filters = [tagged(environmentTag, environment), { Name: 'tag-key', Values: [storeTag] }];
  const found = await pages(async (nextToken) => {
    const command = new DescribeVolumesCommand({ Filters: filters, MaxResults: pageMax, NextToken: nextToken });
    const answer = await calling('ec2:DescribeVolumes', () => client.send(command));
    return { items: answer.Volumes ?? [], nextToken: answer.NextToken };
  });
  return found.flatMap(storeVolume);
}

/** `data-graph-0` of the store `graph`; one that is made or goes is none. */
function storeVolume({ VolumeId, Size, State, Tags }: Volume): StoreVolume[] {
  const tags = recordOf(Tags);
  const store = tags[storeTag] ?? '';
  const replica = /^data-(.+)-(\d+)$/.exec(tags[claimTag] ?? '');
  if (!VolumeId || !replica || replica[1] !== store || !['available', 'in-use'].includes(State ?? '')) return [];
  return [{ store, replica: Number(replica[2]), volumeId: VolumeId, gibibytes: Size ?? 0 }];
}

async function snapshots(client: EC2Client, environment: string, setId?: string): Promise<readonly VolumeSnapshot[]> {
  const filters = [
    tagged(snapshotTags.environment, environment),
    ...(setId === undefined ? [] : [tagged(snapshotTags.set, setId)]),
  ];
  const found = await pages(async (nextToken) => {
    const command = new DescribeSnapshotsCommand({
      OwnerIds: ['self'],
      Filters: filters,
      MaxResults: pageMax,
      NextToken: nextToken,
    });
    const answer = await calling('ec2:DescribeSnapshots', () => client.send(command));
    return { items: answer.Snapshots ?? [], nextToken: answer.NextToken };
  });
  return found.flatMap(volumeSnapshot);
}

function volumeSnapshot(snapshot: Snapshot): VolumeSnapshot[] {
  const tags = recordOf(snapshot.Tags);
  const setId = tags[snapshotTags.set];
  const member = tags[snapshotTags.member];
  if (!snapshot.SnapshotId || setId === undefined || member === undefined) return [];
  return [
    {
      snapshotId: snapshot.SnapshotId,
      setId,
      member,
      state: snapshot.State ?? 'pending',
      message: snapshot.StateMessage ?? '',
      // '42%'
      percent: Number.parseInt(snapshot.Progress ?? '', 10) || 0,
      startedAt: snapshot.StartTime ?? new Date(0),
      gibibytes: snapshot.VolumeSize ?? 0,
      encryptionKey: snapshot.KmsKeyId ?? '',
    },
  ];
}

/** Undefined where EBS answers that it makes as many as it may. */
async function made(
  limit: string,
  what: string,
  ask: () => Promise<{ readonly SnapshotId?: string | undefined }>,
): Promise<string | undefined> {
  try {
    return (await calling(what, ask, [limit])).SnapshotId;
  } catch (error) {
    if (isNamed(error, limit)) return undefined;
    throw error;
  }
}

async function pages<Item>(
  ask: (nextToken: string | undefined) => Promise<{ items: readonly Item[]; nextToken: string | undefined }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const answer = await ask(nextToken);
    found.push(...answer.items);
    nextToken = answer.nextToken;
    if (!nextToken) return found;
  }
  throw new AwsUnavailable(`EC2 has more than ${pagesMax} pages of volumes or snapshots of this environment.`);
}

function tagged(key: string, value: string): Filter {
  return { Name: `tag:${key}`, Values: [value] };
}

function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function recordOf(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).flatMap(({ Key, Value }) => (Key ? [[Key, Value ?? '']] : [])));
}
