import { beforeAll, describe, expect, it } from 'vitest';
import { createEc2, type Ec2 } from '../../../rehearsal/aws/ec2-inert.ts';
import type { NetworkMap } from '../../../rehearsal/aws/network-map.ts';
import { bundleHandler } from '../lambda/bundle.ts';
import { fakeService, lambdaWorld } from '../lambda/world.ts';
import { servicesWorld } from './services-world.ts';

const resource = (type: string, properties: object) => ({ Type: `AWS::EC2::${type}`, Properties: properties });
const subnet = (number: number) =>
  resource('Subnet', { VpcId: { Ref: 'Vpc' }, CidrBlock: `10.0.${number}.0/24`, AvailabilityZone: 'us-east-1a' });
const association = (name: string) =>
  resource('SubnetRouteTableAssociation', { SubnetId: { Ref: name }, RouteTableId: { Ref: `${name}Table` } });
const route = (table: string, target: object) =>
  resource('Route', { RouteTableId: { Ref: table }, DestinationCidrBlock: '0.0.0.0/0', ...target });

/** A VPC with a public and a private subnet, and nothing that leads out of the private one. */
const network = {
  Vpc: resource('VPC', { CidrBlock: '10.0.0.0/16' }),
  Internet: resource('InternetGateway', {}),
  Public: subnet(1),
  PublicTable: resource('RouteTable', { VpcId: { Ref: 'Vpc' } }),
  PublicAssociation: association('Public'),
  PublicRoute: route('PublicTable', { GatewayId: { Ref: 'Internet' } }),
  Private: subnet(11),
  PrivateTable: resource('RouteTable', { VpcId: { Ref: 'Vpc' } }),
  PrivateAssociation: association('Private'),
};
const nat = (within: string) => ({
  Nat: resource('NatGateway', { SubnetId: { Ref: within } }),
  PrivateRoute: route('PrivateTable', { NatGatewayId: { Ref: 'Nat' } }),
});
const endpoint = (service: string, more: object) => ({
  Endpoint: resource('VPCEndpoint', {
    VpcId: { Ref: 'Vpc' },
    ServiceName: `com.amazonaws.us-east-1.${service}`,
    VpcEndpointType: 'Interface',
    ...more,
  }),
});

async function mapOf(more: object): Promise<{ map: NetworkMap; id: (name: string) => string }> {
  const world = await servicesWorld({ name: 'Small', resources: { ...network, ...more } });
  const made = new Map(world.rehearsal.deployment.resources.map(({ logicalId, ref }) => [logicalId, ref]));
  return { map: world.service<Ec2>('ec2').network, id: (name) => String(made.get(name)) };
}

describe('a private subnet', () => {
  it.each([
    ['through a NAT gateway', nat('Public'), 'ecr.us-west-2.amazonaws.com'],
    [
      'by an interface endpoint',
      endpoint('monitoring', { PrivateDnsEnabled: true }),
      'monitoring.us-east-1.amazonaws.com',
    ],
    ['by the endpoint of ECR', endpoint('ecr.api', { PrivateDnsEnabled: true }), 'api.ecr.us-east-1.amazonaws.com'],
    [
      'by a gateway endpoint of its route table',
      endpoint('s3', { VpcEndpointType: 'Gateway', RouteTableIds: [{ Ref: 'PrivateTable' }] }),
      'some-bucket.s3.us-east-1.amazonaws.com',
    ],
  ])('reaches AWS %s', async (_, more, host) => {
    const { map, id } = await mapOf(more);
    expect(map.reaches(id('Private'), host)).toBe(true);
  });

  it.each([
    ['without either', {}, 'sns.us-east-1.amazonaws.com'],
    ['through a NAT gateway that stands in a private subnet', nat('Private'), 'sns.us-east-1.amazonaws.com'],
    ['by the endpoint of another service', endpoint('sqs', { PrivateDnsEnabled: true }), 'sns.us-east-1.amazonaws.com'],
    ['by the endpoint of another region', endpoint('sns', { PrivateDnsEnabled: true }), 'sns.us-west-2.amazonaws.com'],
    ['by an endpoint without a private name', endpoint('sns', {}), 'sns.us-east-1.amazonaws.com'],
    [
      'by a gateway endpoint of another route table',
      endpoint('dynamodb', { VpcEndpointType: 'Gateway', RouteTableIds: [{ Ref: 'PublicTable' }] }),
      'dynamodb.us-east-1.amazonaws.com',
    ],
  ])('does not %s', async (_, more, host) => {
    const { map, id } = await mapOf(more);
    expect(map.reaches(id('Private'), host)).toBe(false);
  });

  it('holds internal load balancers, a public one those that face the internet', async () => {
    const { map, id } = await mapOf({});
    expect(map.loadBalancerSubnets(id('Vpc'), 'internal')).toEqual(['10.0.11.0/24']);
    expect(map.loadBalancerSubnets(id('Vpc'), 'internet-facing')).toEqual(['10.0.1.0/24']);
  });

  it('that has a route to the internet gateway still leads nowhere: interfaces of functions have no public address', async () => {
    const { map, id } = await mapOf({});
    expect(map.reaches(id('Public'), 'sns.us-east-1.amazonaws.com')).toBe(false);
  });
});

describe('a function in a VPC', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await bundleHandler(`
      import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';
      const client = new SNSClient({ maxAttempts: 1 });
      export const handler = () => client.send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:111111111111:t', Message: 'm' }))
        .then(() => 'reached', (error: any) => error.code);
    `);
  });

  async function answerWith(routes: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[]) {
    const rights = [
      'CreateNetworkInterface',
      'DescribeNetworkInterfaces',
      'DescribeSubnets',
      'DeleteNetworkInterface',
      'AssignPrivateIpAddresses',
      'UnassignPrivateIpAddresses',
    ];
    const world = await lambdaWorld({
      folder,
      services: [fakeService('sns', 'sns', { Publish: () => ({ MessageId: '1' }) })],
      statements: [
        { Effect: 'Allow', Action: ['sns:Publish', ...rights.map((right) => `ec2:${right}`)], Resource: '*' },
      ],
      properties: { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] } },
    });
    const { services } = createEc2(world as unknown as Parameters<typeof createEc2>[0]);
    const [ec2] = services as Ec2[];
    for (const [type, id, properties] of routes) ec2?.network.add(`AWS::EC2::${type}`, id, properties);
    const before = world.kernel.now();
    return { answer: await world.answer({}), seconds: (world.kernel.now() - before) / 1000 };
  }

  it('waits in vain for a service that its subnet has no way to', async () => {
    const { answer, seconds } = await answerWith([['Subnet', 'subnet-1', { VpcId: 'vpc-1' }]]);
    expect(answer).toBe('ETIMEDOUT');
    expect(seconds).toBeGreaterThan(10);
  });

  it('is served where the VPC has the endpoint', async () => {
    const { answer } = await answerWith([
      ['Subnet', 'subnet-1', { VpcId: 'vpc-1' }],
      [
        'VPCEndpoint',
        'vpce-1',
        {
          VpcId: 'vpc-1',
          ServiceName: 'com.amazonaws.us-east-1.sns',
          VpcEndpointType: 'Interface',
          PrivateDnsEnabled: 'true',
        },
      ],
    ]);
    expect(answer).toBe('reached');
  });
});
