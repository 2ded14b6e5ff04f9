import { describe, expect, it } from 'vitest';
import { SimulatedAccount } from '../../../rehearsal/aws/account.ts';
import { Eks } from '../../../rehearsal/aws/eks.ts';
import type { World } from '../../../rehearsal/aws/module.ts';
import type { SimulatedService } from '../../../rehearsal/aws/service.ts';
import { noFaults } from '../../../rehearsal/faults/fault.ts';
import type { Iam } from '../../../rehearsal/iam/index.ts';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';
import { CredentialStore, Network } from '../../../rehearsal/lambda/index.ts';

function createEksWorld() {
  const kernel = new Kernel({ seed: 1, startsAt: Date.parse('2026-11-20T12:00:00Z') });
  const log = new EventLog(() => kernel.now());
  const account = new SimulatedAccount({ kernel, log, account: '111111111111', faults: noFaults, iam: {} as Iam });
  const subnets = { id: 'ec2', operations: {}, vpcOfSubnet: () => 'vpc-1' } as SimulatedService;
  const controllerOf = () => ({});
  account.register({
    services: [subnets, { id: 'elasticloadbalancing', operations: {}, controllerOf } as SimulatedService],
  });
  const credentials = new CredentialStore({ seed: 1, now: () => kernel.now() });
  const eks = new Eks({ account, credentials, network: new Network(), faults: noFaults } as unknown as World);
  const create = (type: string, properties: Readonly<Record<string, unknown>>) => {
    const provider = eks.providers.find((each) => each.type === type);
    if (!provider) throw new Error(`no provider for ${type}`);
    return provider.create({
      type,
      logicalId: 'Thing',
      stackName: 'Stack',
      region: 'us-east-1',
      account: '111111111111',
      properties,
    });
  };
  return { eks, create };
}

async function withCluster() {
  const world = createEksWorld();
  const resource = await world.create('AWS::EKS::Cluster', {
    Name: 'aeon',
    ResourcesVpcConfig: { SubnetIds: ['subnet-1'], EndpointPrivateAccess: true, EndpointPublicAccess: false },
  });
  return { ...world, resource, cluster: world.eks.cluster('us-east-1', 'aeon') };
}

const controllerChart = (values: object) => ({
  ClusterName: 'aeon',
  Chart: 'aws-load-balancer-controller',
  Namespace: 'kube-system',
  Values: JSON.stringify(values),
});

describe('a cluster from its template', () => {
  it('is known by its endpoint, its authority and its VPC, and holds nothing but the system`s namespaces', async () => {
    const { resource, cluster, eks } = await withCluster();
    expect(resource.ref).toBe('aeon');
    expect(resource.attributes['Endpoint']).toBe(`https://${cluster.host}`);
    expect(Buffer.from(String(resource.attributes['CertificateAuthorityData']), 'base64').toString()).toBe(
      cluster.certificateAuthority,
    );
    expect(cluster.options).toMatchObject({ vpcId: 'vpc-1', publicAccess: false, privateAccess: true });
    expect(eks.peer.serves(cluster.host.toLowerCase())).toBe(true);
    expect(cluster.objects('Namespace').map(({ metadata }) => metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
  });

  it('gets nodes with the size, labels and taints of its groups', async () => {
    const { create, cluster } = await withCluster();
    await create('AWS::EKS::Nodegroup', {
      ClusterName: 'aeon',
      NodegroupName: 'api',
      InstanceTypes: ['t3.xlarge'],
      ScalingConfig: { MinSize: 3, DesiredSize: 5, MaxSize: 100 },
      Labels: { workload: 'api' },
      Taints: [{ Key: 'workload', Value: 'api', Effect: 'NO_SCHEDULE' }],
    });
    expect(cluster.nodes.all).toHaveLength(5);
    expect(cluster.nodes.all[0]).toMatchObject({
      labels: { workload: 'api', 'eks.amazonaws.com/nodegroup': 'api' },
      taints: [{ key: 'workload' }],
    });
    await expect(async () =>
      create('AWS::EKS::Nodegroup', { ClusterName: 'aeon', InstanceTypes: ['x9.huge'] }),
    ).rejects.toThrow(/does not know the instance type x9.huge/);
  });

  it('refuses reserved groups and access policies that are not modelled', async () => {
    const { create } = await withCluster();
    const entry = { ClusterName: 'aeon', PrincipalArn: 'arn:aws:iam::111111111111:role/task' };
    await create('AWS::EKS::AccessEntry', { ...entry, KubernetesGroups: ['mainstay:delivery'] });
    await expect(async () =>
      create('AWS::EKS::AccessEntry', { ...entry, KubernetesGroups: ['system:masters'] }),
    ).rejects.toThrow(/cannot start with system:/);
    const policy = {
      PolicyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
      AccessScope: { Type: 'cluster' },
    };
    await expect(async () => create('AWS::EKS::AccessEntry', { ...entry, AccessPolicies: [policy] })).rejects.toThrow(
      /AmazonEKSEditPolicy/,
    );
  });
});

describe('charts', () => {
  it('install the definitions that objects need', async () => {
    const { create, cluster } = await withCluster();
    const gatewayClass = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'alb' },
      spec: { controllerName: 'gateway.k8s.aws/alb' },
    };
    expect(() => cluster.apply(gatewayClass, { manager: 'm' })).toThrow(/could not find the requested resource/);
    await create('Custom::AWSCDK-EKS-HelmChart', { ClusterName: 'aeon', Chart: 'gateway-api-crds' });
    expect(cluster.apply(gatewayClass, { manager: 'm' }).metadata.generation).toBe(1);
  });

  it('refuse an unknown chart, a controller under a wrong cluster name, and one without a role', async () => {
    const { create } = await withCluster();
    await expect(async () =>
      create('Custom::AWSCDK-EKS-HelmChart', { ClusterName: 'aeon', Chart: 'nginx' }),
    ).rejects.toThrow(/does not know the chart nginx/);
    await expect(async () =>
      create('Custom::AWSCDK-EKS-HelmChart', controllerChart({ clusterName: 'other' })),
    ).rejects.toThrow(/clusterName is 'other'/);
    await expect(async () =>
      create('Custom::AWSCDK-EKS-HelmChart', controllerChart({ clusterName: 'aeon' })),
    ).rejects.toThrow(/PodIdentityAssociation/);
  });
});
