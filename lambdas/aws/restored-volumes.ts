import {
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Volume,
} from '@aws-sdk/client-ec2';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { RestoredVolume, RestoredVolumes } from '../ports/restored-databases.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const gone = 'InvalidVolume.NotFound';
const busy = ['VolumeInUse', 'IncorrectState'];
const volumesAPage = 500;
const pagesMax = 20;

/** EBS of a region: volumes made of snapshots to see whether they can be used. */
export function ebsRestoredVolumes(region: string): RestoredVolumes {
  const client = new EC2Client(clientSettings(region));
  return {
    async tagged(tag, value) {
      const filter = value === undefined ? { Name: 'tag-key', Values: [tag] } : { Name: `tag:${tag}`, Values: [value] };
      const found: RestoredVolume[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < pagesMax; page++) {
        const command = new DescribeVolumesCommand({
          Filters: [filter],
          MaxResults: volumesAPage,
          ...(nextToken === undefined ? {} : { NextToken: nextToken }),
        });
        const answer = await calling('ec2:DescribeVolumes', () => client.send(command));
        found.push(...(answer.Volumes ?? []).map(volumeOf));
        nextToken = answer.NextToken;
        if (!nextToken) return found;
      }
      throw new AwsUnavailable(`${region} has more than ${pagesMax * volumesAPage} volumes with the tag ${tag}.`);
    },

    async create({ token, snapshot, zone, tags }) {
      const command = new CreateVolumeCommand({
        ClientToken: token,
        SnapshotId: snapshot,
        AvailabilityZone: zone,
        VolumeType: 'gp3',
        TagSpecifications: [
          { ResourceType: 'volume', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
        ],
      });
      const answer = await calling('ec2:CreateVolume', () => client.send(command));
      return answer.VolumeId ?? '';
    },

    async remove(volumeId) {
      const command = new DeleteVolumeCommand({ VolumeId: volumeId });
      try {
        await calling('ec2:DeleteVolume', () => client.send(command), [gone, ...busy]);
        return true;
      } catch (error) {
        if (isNamed(error, gone)) return true;
        if (busy.some((name) => isNamed(error, name))) return false;
        throw error;
      }
    },
  };
}

function volumeOf({ VolumeId, State, Size, CreateTime, Tags }: Volume): RestoredVolume {
  return {
    volumeId: VolumeId ?? '',
    state: State ?? 'creating',
    gibibytes: Size ?? 0,
    ...(CreateTime ? { createdAt: CreateTime } : {}),
    tags: Object.fromEntries((Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
