import { DescribeNodegroupCommand, EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import type { NodeGroups } from '../ports/serving.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const notFound = 'ResourceNotFoundException';
/** An update of the group is under way: https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupConfig.html */
const inUse = 'ResourceInUseException';

/** Managed node groups of a cluster of the region. */
export function eksNodeGroups(region: string, clusterName: string): NodeGroups {
  const client = new EKSClient(clientSettings(region));
  const describe = async (nodegroupName: string) => {
    const command = new DescribeNodegroupCommand({ clusterName, nodegroupName });
    try {
      return (await calling('eks:DescribeNodegroup', () => client.send(command), [notFound])).nodegroup;
    } catch (error) {
      if (isNamed(error, notFound)) return undefined;
      throw error;
    }
  };
  return {
    async see(name) {
      const group = await describe(name);
      if (!group) return undefined;
      const issues = (group.health?.issues ?? []).flatMap(({ code }) => code ?? []);
      return { name, desired: group.scalingConfig?.desiredSize ?? 0, issues };
    },

    async resize(name, desired) {
      const { minSize = 0, maxSize = 1, desiredSize } = (await describe(name))?.scalingConfig ?? {};
      if (desiredSize === desired) return true;
      const command = new UpdateNodegroupConfigCommand({
        clusterName,
        nodegroupName: name,
        scalingConfig: {
          minSize: Math.min(minSize, desired),
          desiredSize: desired,
          maxSize: Math.max(maxSize, desired),
        },
      });
      try {
        await calling('eks:UpdateNodegroupConfig', () => client.send(command), [inUse]);
        return true;
      } catch (error) {
        if (isNamed(error, inUse)) return false;
        throw error;
      }
    },
  };
}
