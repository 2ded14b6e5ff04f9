import { afterEach, describe, expect, it, vi } from 'vitest';
import { copiedSecrets } from '../../../lambdas/aws/copied-secrets.ts';
import { rdsInstances } from '../../../lambdas/aws/instances.ts';
import { eksNodeGroups } from '../../../lambdas/aws/node-groups.ts';
import { secretVersions } from '../../../lambdas/aws/secret-versions.ts';
import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createEc2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { createEks, type Eks } from '../../../rehearsal/aws/eks.ts';
import { createElasticLoadBalancing } from '../../../rehearsal/aws/elasticloadbalancing.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import { createRds } from '../../../rehearsal/aws/rds.ts';
import { createSecretsManager } from '../../../rehearsal/aws/secretsmanager.ts';
import { ground, instance, replica, secret } from '../../rehearsal/aws/databases-world.ts';
import { callerRole, type SdkWorld, sdkWorld } from '../../rehearsal/aws/sdk.ts';
import { replicated } from '../../rehearsal/aws/secrets-world.ts';

const primary = 'us-east-1';
const standby = 'us-west-2';
const second = 1000;

/** The adapters' clients speak to the world that is made here. */
const here = vi.hoisted(() => ({ settings: undefined as ((region: string) => object) | undefined }));
vi.mock('../../../lambdas/aws/client.ts', async (original) => ({
  ...(await original<typeof import('../../../lambdas/aws/client.ts')>()),
  clientSettings: (region: string) => here.settings?.(region),
}));
afterEach(() => {
  here.settings = undefined;
  vi.restoreAllMocks();
});

async function made(...given: Parameters<typeof sdkWorld>): Promise<SdkWorld> {
  const world = await sdkWorld(...given);
  here.settings = (region) => world.settings(region);
  // Requests are signed at the virtual time that it is then, however long the SDK takes to be loaded.
  vi.spyOn(Date, 'now').mockImplementation(() => world.rehearsal.kernel.now());
  return world;
}

async function asked<T>(world: SdkWorld, call: () => Promise<T>): Promise<T> {
  return world.settled(call());
}

const may = (...actions: string[]) => callerRole({ Effect: 'Allow', Action: actions, Resource: '*' });

describe('RDS as a failover sees it', () => {
  const modules = [createCloudWatch, createEc2, createKms, createRds, createSecretsManager];
  const rights = ['rds:DescribeDBInstances', 'rds:PromoteReadReplica', 'rds:RebootDBInstance', 'kms:*'];
  async function world() {
    const shop = { ...instance, Properties: { ...instance.Properties, MultiAZ: true } };
    const own = { Caller: may(...rights), Secret: secret, Instance: shop };
    return made(
      [
        { name: 'Primary', region: primary, resources: { ...ground, ...own } },
        { name: 'Standby', region: standby, resources: { ...ground, Instance: replica() }, dependsOn: ['Primary'] },
      ],
      modules,
    );
  }

  it('promotes a replica once, and finds it to be its own', async () => {
    const rds = await world();
    const instances = rdsInstances(standby);
    const see = () => asked(rds, () => instances.see('shop'));
    const promote = () => asked(rds, () => instances.promote('shop', { retentionDays: 30, window: '03:00-04:00' }));
    expect(await see()).toMatchObject({ status: 'available', sourceOf: `arn:aws:rds:${primary}:111111111111:db:shop` });
    expect(await promote()).toBe(true);
    expect(await promote(), 'its state does not allow it now').toBe(false);
    await rds.wait(610 * second);
    expect(await see()).toEqual({ status: 'backing-up', multipleZones: false });
  });

  it('has an instance of two zones change them', async () => {
    const rds = await world();
    const instances = rdsInstances(primary);
    expect(await asked(rds, () => instances.reboot('shop', true))).toBe(true);
    expect(await asked(rds, () => instances.reboot('shop', true))).toBe(false);
    await rds.wait(150 * second);
    expect(await asked(rds, () => instances.see('shop'))).toEqual({ status: 'available', multipleZones: true });
  });

  it('knows no other', async () => {
    const rds = await world();
    expect(await asked(rds, () => rdsInstances(primary).see('none'))).toBeUndefined();
  });
});

describe('node groups', () => {
  const group = {
    Type: 'AWS::EKS::Nodegroup',
    DependsOn: ['Cluster'],
    Properties: {
      ...{ ClusterName: 'aeon', NodegroupName: 'api', NodeRole: 'r', Subnets: ['s'], InstanceTypes: ['t3.xlarge'] },
      ScalingConfig: { MinSize: 2, MaxSize: 3, DesiredSize: 2 },
    },
  };
  async function world() {
    const resources = {
      Caller: may('eks:DescribeNodegroup', 'eks:UpdateNodegroupConfig'),
      Cluster: { Type: 'AWS::EKS::Cluster', Properties: { Name: 'aeon', RoleArn: 'r', ResourcesVpcConfig: {} } },
      Api: group,
    };
    const eks = await made(
      [{ name: 'Small', resources }],
      [createCloudWatch, createEc2, createElasticLoadBalancing, createEks],
    );
    return { eks, groups: eksNodeGroups(primary, 'aeon'), service: eks.rehearsal.account.service<Eks>('eks') };
  }

  it('grow beyond their largest size where they must, and shrink below their smallest', async () => {
    const { eks, groups, service } = await world();
    const nodes = () => service.cluster(primary, 'aeon').nodes.of('api').length;
    expect(await asked(eks, () => groups.resize('api', 4))).toBe(true);
    expect(await asked(eks, () => groups.resize('api', 5)), 'the change before has not ended').toBe(false);
    await eks.wait(100 * second);
    expect(nodes()).toBe(4);
    expect(await asked(eks, () => groups.see('api'))).toEqual({ name: 'api', desired: 4, issues: [] });
    expect(await asked(eks, () => groups.resize('api', 0))).toBe(true);
    await eks.wait(100 * second);
    expect(nodes()).toBe(0);
  });

  it('say where there is no capacity', async () => {
    const { eks, groups, service } = await world();
    service.nodeGroups.capacity.push({ instanceType: 't3.xlarge', left: 0 });
    await asked(eks, () => groups.resize('api', 3));
    await eks.wait(100 * second);
    expect(await asked(eks, () => groups.see('api'))).toMatchObject({ issues: ['AsgInstanceLaunchFailures'] });
  });

  it('that are not there are not seen', async () => {
    const { eks, groups } = await world();
    expect(await asked(eks, () => groups.see('none'))).toBeUndefined();
  });
});

describe('a copied secret', () => {
  const rights = ['StopReplicationToReplica', 'PutSecretValue', 'DescribeSecret'].map(
    (name) => `secretsmanager:${name}`,
  );
  async function world() {
    const resources = { Caller: may(...rights), Login: replicated };
    const sdk = await made([{ name: 'Primary', region: primary, resources }], [createKms, createSecretsManager]);
    return { sdk, copies: copiedSecrets(standby) };
  }

  it('is taken over once, and written once for a cause', async () => {
    const { sdk, copies } = await world();
    await expect(
      asked(sdk, () => copies.put('login', '{}', 'move')),
      'a copy takes no value',
    ).rejects.toMatchObject({
      name: 'AwsRefused',
    });
    await asked(sdk, () => copies.takeOver('login'));
    await asked(sdk, () => copies.takeOver('login'));
    await asked(sdk, () => copies.put('login', '{"host":"here"}', 'move'));
    await asked(sdk, () => copies.put('login', '{"host":"here"}', 'move'));
    const of = (region: string) => asked(sdk, () => secretVersions(region).describe('login'));
    const taken = await of(standby);
    expect(taken?.copyOf).toBeUndefined();
    expect(taken?.versions.size, 'the former value stays as the previous one').toBe(2);
    expect((await of(primary))?.versions.size, 'the other region keeps its own').toBe(1);
  });
});
