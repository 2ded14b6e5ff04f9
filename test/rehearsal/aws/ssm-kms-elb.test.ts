import { describe, expect, it } from 'vitest';
import type { ElasticLoadBalancing } from '../../../rehearsal/aws/elasticloadbalancing.ts';
import type { Kms } from '../../../rehearsal/aws/kms.ts';
import type { OperationInput, Principal } from '../../../rehearsal/aws/service.ts';
import type { Ssm } from '../../../rehearsal/aws/ssm.ts';
import { type ServicesWorld, servicesWorld } from './services-world.ts';
import { arn, ask, region, role } from './small-world.ts';

const put = (world: ServicesWorld, input: OperationInput) =>
  world.ask('ssm', 'PutParameter', { Type: 'String', ...input });

describe('parameters', () => {
  it('are written once, unless overwriting is asked for, and count their versions', async () => {
    const world = await servicesWorld();
    expect(await put(world, { Name: '/mainstay/shop/release', Value: 'one' })).toEqual({
      Version: 1,
      Tier: 'Standard',
    });
    await expect(put(world, { Name: '/mainstay/shop/release', Value: 'two' })).rejects.toMatchObject({
      name: 'ParameterAlreadyExists',
    });
    expect(await put(world, { Name: '/mainstay/shop/release', Value: 'two', Overwrite: true })).toMatchObject({
      Version: 2,
    });
    const { Parameter: parameter } = await world.ask('ssm', 'GetParameter', { Name: '/mainstay/shop/release' });
    expect(parameter).toMatchObject({
      Value: 'two',
      Version: 2,
      ARN: 'arn:aws:ssm:us-east-1:111111111111:parameter/mainstay/shop/release',
    });
    expect(world.service<Ssm>('ssm').value('us-west-2', '/mainstay/shop/release')).toBeUndefined();
  });

  it('are found by names and by path, level by level', async () => {
    const world = await servicesWorld();
    for (const name of ['/shop/a', '/shop/b', '/shop/deep/c', '/other/d'])
      await put(world, { Name: name, Value: name });
    const below = async (input: object) =>
      (await world.ask('ssm', 'GetParametersByPath', { Path: '/shop/', ...input }))['Parameters'].map(
        ({ Name }: { Name: string }) => Name,
      );
    expect(await below({})).toEqual(['/shop/a', '/shop/b']);
    expect(await below({ Recursive: true })).toEqual(['/shop/a', '/shop/b', '/shop/deep/c']);
    const found = await world.ask('ssm', 'GetParameters', { Names: ['/shop/a', '/shop/z'] });
    expect(found['InvalidParameters']).toEqual(['/shop/z']);
  });

  it.each([
    ['a value over 4 KB', { Name: '/shop/a', Value: 'x'.repeat(4097) }, 'maximum parameter value of 4096'],
    ['a name without its slash', { Name: 'shop/a', Value: 'x' }, 'is not allowed'],
    ['a name of AWS', { Name: '/aws/a', Value: 'x' }, 'is not allowed'],
    ['no type', { Name: '/shop/a', Value: 'x', Type: undefined }, 'A parameter type is required'],
    ['a secret', { Name: '/shop/a', Value: 'x', Type: 'SecureString' }, 'secrets belong in Secrets Manager'],
  ])('are refused with %s', async (_case, input, message) => {
    const world = await servicesWorld();
    await expect(put(world, input)).rejects.toThrow(message);
    expect(world.service<Ssm>('ssm').value(region, '/shop/a')).toBeUndefined();
  });

  it('that are missing are named as SSM does', async () => {
    const world = await servicesWorld();
    await expect(world.ask('ssm', 'GetParameter', { Name: '/shop/z' })).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });
});

describe('keys', () => {
  const policy = (statements: object[] = []) => ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111111111111:root' }, Action: 'kms:*', Resource: '*' },
      ...statements,
    ],
  });
  const viaSsm = {
    Effect: 'Allow',
    Principal: { AWS: arn.role('reader') },
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringEquals: { 'kms:ViaService': 'ssm.us-east-1.amazonaws.com' } },
  };
  const resources = {
    Reader: role('reader', 'lambda.amazonaws.com', [{ Action: 'ssm:GetParameter', Resource: '*' }]),
    Key: {
      Type: 'AWS::KMS::Key',
      DependsOn: 'Reader',
      Properties: { KeyPolicy: policy([viaSsm]), EnableKeyRotation: true },
    },
    Alias: {
      Type: 'AWS::KMS::Alias',
      Properties: { AliasName: 'alias/shop', TargetKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } },
    },
    Off: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy(), Enabled: false } },
  };
  const reader: Principal = { kind: 'role', roleArn: arn.role('reader'), sessionName: 's' };

  it('are found by ARN, id, alias and alias ARN', async () => {
    const world = await servicesWorld({ name: 'Small', resources });
    const kms = world.service<Kms>('kms');
    const key = kms.find(region, 'alias/shop');
    for (const reference of [key?.arn, key?.id, 'arn:aws:kms:us-east-1:111111111111:alias/shop'])
      expect(kms.find(region, String(reference))).toEqual(key);
    expect(kms.find('us-west-2', 'alias/shop')).toBeUndefined();
  });

  it('admit whom their policy names, by the service it names', async () => {
    const world = await servicesWorld({ name: 'Small', resources });
    const kms = world.service<Kms>('kms');
    const use = (viaService: string, actions: string[]) => () =>
      kms.authoriseKeyUse({ principal: reader, region, key: 'alias/shop', actions, viaService });
    expect(use('ssm', ['kms:Decrypt'])).not.toThrow();
    expect(use('dynamodb', ['kms:Decrypt'])).toThrow(/kms:Decrypt/);
    expect(use('ssm', ['kms:Decrypt', 'kms:Encrypt'])).toThrow(/kms:Encrypt/);
  });

  it('that are disabled or missing are refused by name', async () => {
    const world = await servicesWorld({ name: 'Small', resources });
    const off = world.rehearsal.deployment.resources.find(({ logicalId }) => logicalId === 'Off');
    const use = (key: string) => () =>
      world.service<Kms>('kms').authoriseKeyUse({ principal: reader, region, key, actions: ['kms:Decrypt'] });
    expect(use(String(off?.ref))).toThrow('is disabled');
    expect(use('alias/nobody')).toThrow("Key 'alias/nobody' does not exist");
  });
});

describe('load balancers', () => {
  const healthCheck = { path: '/ready', intervalSeconds: 15, healthyThreshold: 2, unhealthyThreshold: 2 };

  async function withTargetGroups() {
    const world = await servicesWorld();
    const elb = world.service<ElasticLoadBalancing>('elasticloadbalancing');
    const controller = elb.controllerOf({ region, vpcId: 'vpc-1' });
    const balancer = await controller.createLoadBalancer({
      name: 'k8s-shop-1',
      scheme: 'internal',
      tags: {},
      attributes: {},
    });
    const make = (name: string) =>
      controller.createTargetGroup({ name, port: 8080, loadBalancerArn: balancer.arn, healthCheck, tags: {} });
    return { world, elb, balancer, make, blue: await make('k8s-shop-blue'), green: await make('k8s-shop-green') };
  }

  it('and their target groups have the names that metrics carry', async () => {
    const { balancer, blue } = await withTargetGroups();
    expect(balancer.fullName).toMatch(/^app\/k8s-shop-1\/[0-9a-f]{16}$/);
    expect(balancer.arn).toBe(`arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/${balancer.fullName}`);
    expect(blue.arn).toBe(`arn:aws:elasticloadbalancing:us-east-1:111111111111:${blue.fullName}`);
    expect(balancer.dnsName).toMatch(/^internal-k8s-shop-1-\d+\.us-east-1\.elb\.amazonaws\.com$/);
  });

  it('are described by ARN, name and load balancer', async () => {
    const { world, balancer, blue, green } = await withTargetGroups();
    const describeGroups = async (input: object) =>
      (await world.ask('elasticloadbalancing', 'DescribeTargetGroups', input))['TargetGroups'].map(
        (group: { TargetGroupArn: string }) => group.TargetGroupArn,
      );
    expect(await describeGroups({ TargetGroupArns: [green.arn] })).toEqual([green.arn]);
    expect(await describeGroups({ Names: ['k8s-shop-blue'] })).toEqual([blue.arn]);
    expect(await describeGroups({ LoadBalancerArn: balancer.arn })).toEqual([blue.arn, green.arn]);
    const { TargetGroups: groups } = await world.ask('elasticloadbalancing', 'DescribeTargetGroups', {
      TargetGroupArns: [blue.arn],
    });
    expect(groups[0]).toMatchObject({
      LoadBalancerArns: [balancer.arn],
      HealthCheckPath: '/ready',
      TargetType: 'ip',
      Port: 8080,
    });
    await expect(describeGroups({ TargetGroupArns: ['arn:nobody'] })).rejects.toMatchObject({
      name: 'TargetGroupNotFoundException',
    });
    await expect(describeGroups({ LoadBalancerArn: 'arn:nobody' })).rejects.toMatchObject({
      name: 'LoadBalancerNotFoundException',
    });
  });

  it('refuse a name twice, and to lose a target group that is in use', async () => {
    const { elb, make, blue, balancer } = await withTargetGroups();
    await expect(make('k8s-shop-blue')).rejects.toMatchObject({ name: 'DuplicateTargetGroupNameException' });
    expect(() => elb.deleteTargetGroup(blue.arn)).toThrow('currently in use');
    elb.deleteLoadBalancer(balancer.arn);
    elb.deleteTargetGroup(blue.arn);
    expect(() => elb.setTargets(blue.arn, [])).toThrow('not found');
  });

  it('show the health of the targets that the controller registers', async () => {
    const { world, elb, blue } = await withTargetGroups();
    elb.setTargets(blue.arn, [{ id: '10.0.11.4', port: 8080, state: 'initial' }]);
    elb.setTargets(blue.arn, [{ id: '10.0.11.4', port: 8080, state: 'healthy' }]);
    const { TargetHealthDescriptions: health } = await world.ask('elasticloadbalancing', 'DescribeTargetHealth', {
      TargetGroupArn: blue.arn,
    });
    expect(health).toMatchObject([{ Target: { Id: '10.0.11.4' }, TargetHealth: { State: 'healthy' } }]);
  });

  it('are made only by a controller that may, for the tags it gives', async () => {
    const world = await servicesWorld({
      name: 'Small',
      resources: {
        Role: role('controller', 'pods.eks.amazonaws.com', [
          { Action: 'elasticloadbalancing:CreateLoadBalancer', Resource: '*' },
        ]),
      },
    });
    const principal: Principal = { kind: 'role', roleArn: arn.role('controller'), sessionName: 's' };
    const controller = world
      .service<ElasticLoadBalancing>('elasticloadbalancing')
      .controllerOf({ region, vpcId: 'vpc-1', principal });
    const balancer = await controller.createLoadBalancer({ name: 'a', scheme: 'internal', tags: {}, attributes: {} });
    await expect(
      controller.createTargetGroup({ name: 'b', port: 1, loadBalancerArn: balancer.arn, healthCheck, tags: {} }),
    ).rejects.toThrow('CreateTargetGroup');
    await expect(
      ask(world.rehearsal, 'elasticloadbalancing', 'DescribeLoadBalancers', {}, principal),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
