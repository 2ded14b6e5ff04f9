import { DescribeNodegroupCommand, EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createEc2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { createEks, type Eks } from '../../../rehearsal/aws/eks.ts';
import type { CapacityLimit } from '../../../rehearsal/aws/eks-nodegroups.ts';
import { createElasticLoadBalancing } from '../../../rehearsal/aws/elasticloadbalancing.ts';
import { callerRole, sdkWorld } from './sdk.ts';

const second = 1000;
const groupArn = 'arn:aws:eks:us-east-1:111111111111:nodegroup/aeon';

const group = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::EKS::Nodegroup',
  Properties: {
    ...{ ClusterName: 'aeon', NodegroupName: name, NodeRole: 'r', Subnets: ['s'], Labels: { workload: 'api' } },
    ...{ InstanceTypes: ['t3.xlarge', 't3.large'], CapacityType: 'SPOT' },
    ScalingConfig: { MinSize: 1, MaxSize: 6, DesiredSize: 1 },
    ...more,
  },
});

async function world(...limits: CapacityLimit[]) {
  const resources = {
    Caller: callerRole({
      Effect: 'Allow',
      Action: ['eks:DescribeNodegroup', 'eks:UpdateNodegroupConfig'],
      Resource: [`${groupArn}/api/*`, `${groupArn}/api-on-demand/*`],
    }),
    Cluster: { Type: 'AWS::EKS::Cluster', Properties: { Name: 'aeon', RoleArn: 'r', ResourcesVpcConfig: {} } },
    Api: { ...group('api'), DependsOn: ['Cluster'] },
    OnDemand: {
      ...group('api-on-demand', {
        CapacityType: 'ON_DEMAND',
        ScalingConfig: { MinSize: 0, MaxSize: 6, DesiredSize: 0 },
      }),
      DependsOn: ['Cluster'],
    },
    Other: { ...group('other'), DependsOn: ['Cluster'] },
  };
  const made = await sdkWorld(
    [{ name: 'Small', resources }],
    [createCloudWatch, createEc2, createElasticLoadBalancing, createEks],
  );
  const eks = made.rehearsal.account.service<Eks>('eks');
  eks.nodeGroups.capacity.push(...limits);
  const client = new EKSClient(made.settings());
  Object.defineProperty(client.config, 'systemClockOffset', {
    get: () => made.rehearsal.kernel.now() - Date.now(),
    set: () => {},
  });
  const cluster = eks.cluster('us-east-1', 'aeon');
  return {
    ...made,
    cluster,
    nodes: (name: string) => cluster.nodes.of(name).length,
    scale: (nodegroupName: string, scalingConfig: object) =>
      made.settled(
        client.send(new UpdateNodegroupConfigCommand({ clusterName: 'aeon', nodegroupName, scalingConfig })),
      ),
    describe: async (nodegroupName: string) =>
      (await made.settled(client.send(new DescribeNodegroupCommand({ clusterName: 'aeon', nodegroupName })))).nodegroup,
  };
}

describe('a node group', () => {
  it('follows its wanted number within 45 to 95 seconds, with nodes that the cluster shows', async () => {
    const { scale, wait, nodes, cluster, describe: described } = await world();
    const { update } = await scale('api', { desiredSize: 4 });
    expect(update).toMatchObject({ type: 'ConfigUpdate', params: [{ type: 'DesiredSize', value: '4' }] });
    expect((await described('api'))?.status).toBe('UPDATING');
    await wait(44 * second);
    expect(nodes('api')).toBe(1);
    await wait(52 * second);
    expect(nodes('api')).toBe(4);
    const found = await described('api');
    expect(found).toMatchObject({
      status: 'ACTIVE',
      capacityType: 'SPOT',
      scalingConfig: { desiredSize: 4 },
      health: { issues: [] },
    });
    const shown = cluster
      .objects('Node')
      .filter(({ metadata }) => metadata.labels?.['eks.amazonaws.com/nodegroup'] === 'api');
    expect(shown).toHaveLength(4);
    expect(shown[3]?.status).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] });
  });

  it('that shrinks lets its nodes go', async () => {
    const { scale, wait, nodes, cluster } = await world();
    await scale('api-on-demand', { desiredSize: 2 });
    await wait(100 * second);
    await scale('api-on-demand', { desiredSize: 0 });
    await wait(10 * second);
    expect(nodes('api-on-demand')).toBe(0);
    expect(cluster.objects('Node')).toHaveLength(2);
  });

  it('without capacity says so, and goes on when there is some', async () => {
    const limit = { spot: true, left: 1 };
    const { scale, wait, nodes, describe: described } = await world(limit);
    await scale('api', { desiredSize: 3 });
    await wait(100 * second);
    expect(nodes('api')).toBe(2);
    expect(await described('api')).toMatchObject({
      status: 'DEGRADED',
      health: {
        issues: [
          { code: 'AsgInstanceLaunchFailures', message: expect.stringContaining('InsufficientInstanceCapacity') },
        ],
      },
    });
    await scale('api-on-demand', { desiredSize: 1 });
    await wait(100 * second);
    expect(nodes('api-on-demand')).toBe(1);
    limit.left = 5;
    await wait(160 * second);
    expect(nodes('api')).toBe(3);
    expect((await described('api'))?.health?.issues).toEqual([]);
  });

  it('takes another of its types where the first has no capacity', async () => {
    const { scale, wait, cluster } = await world({ instanceType: 't3.xlarge', left: 0 });
    await scale('api', { desiredSize: 2 });
    await wait(100 * second);
    const types = cluster.nodes.of('api').map(({ labels }) => labels['node.kubernetes.io/instance-type']);
    expect(types).toEqual(['t3.xlarge', 't3.large']);
  });

  it('refuses sizes that contradict each other, a second change meanwhile, and who has no right', async () => {
    const { scale, describe: described } = await world();
    await expect(scale('api', { desiredSize: 7 })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await scale('api', { desiredSize: 2 });
    await expect(scale('api', { desiredSize: 3 })).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await expect(scale('other', { desiredSize: 2 })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(described('none')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
