import { expect, it } from 'vitest';
import type { Ec2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { servicesWorld } from './services-world.ts';

const resource = (type: string, properties: object) => ({ Type: `AWS::EC2::${type}`, Properties: properties });
const reference = (Ref: string) => ({ Ref });
const group = (SecurityGroupEgress: readonly object[], SecurityGroupIngress: readonly object[] = []) =>
  resource('SecurityGroup', {
    VpcId: reference('Vpc'),
    GroupDescription: 'of the test',
    SecurityGroupEgress,
    SecurityGroupIngress,
  });
const rule = (port: number, peer: object) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, ...peer });
const anywhere = { CidrIp: '0.0.0.0/0' };
const nowhere = [rule(443, { CidrIp: '127.0.0.1/32' })];
const endpoint = (service: string, more: object) =>
  resource('VPCEndpoint', { VpcId: reference('Vpc'), ServiceName: `com.amazonaws.us-west-2.${service}`, ...more });
const gateway = { VpcEndpointType: 'Gateway', RouteTableIds: [reference('Table')] };

/** The network of a restore test: no internet gateway, no NAT; two gateway endpoints, one interface endpoint, a database. */
const isolated = {
  Vpc: resource('VPC', { CidrBlock: '10.9.0.0/24' }),
  Table: resource('RouteTable', { VpcId: reference('Vpc') }),
  ...Object.fromEntries(
    ['A', 'B'].flatMap((zone, index) => [
      [
        `Subnet${zone}`,
        resource('Subnet', {
          VpcId: reference('Vpc'),
          CidrBlock: `10.9.0.${index * 128}/25`,
          AvailabilityZone: `us-west-2${zone.toLowerCase()}`,
        }),
      ],
      [
        `Association${zone}`,
        resource('SubnetRouteTableAssociation', {
          SubnetId: reference(`Subnet${zone}`),
          RouteTableId: reference('Table'),
        }),
      ],
    ]),
  ),
  Functions: group([rule(443, anywhere)]),
  Strangers: group([rule(443, { DestinationPrefixListId: 'pl-s3' })]),
  Door: group(nowhere, [rule(443, { SourceSecurityGroupId: reference('Functions') })]),
  Database: group(nowhere),
  IntoDatabase: resource('SecurityGroupIngress', {
    GroupId: reference('Database'),
    ...rule(5432, { SourceSecurityGroupId: reference('Functions') }),
  }),
  OutOfFunctions: resource('SecurityGroupEgress', {
    GroupId: reference('Functions'),
    ...rule(5432, { DestinationSecurityGroupId: reference('Database') }),
  }),
  S3: endpoint('s3', gateway),
  DynamoDb: endpoint('dynamodb', gateway),
  Secrets: endpoint('secretsmanager', {
    VpcEndpointType: 'Interface',
    PrivateDnsEnabled: true,
    SecurityGroupIds: [reference('Door')],
  }),
};

async function isolatedNetwork() {
  const world = await servicesWorld({ name: 'Restore', region: 'us-west-2', resources: isolated });
  const made = new Map(world.rehearsal.deployment.resources.map(({ logicalId, ref }) => [logicalId, String(ref)]));
  const id = (name: string) => made.get(name) ?? '';
  const { network } = world.service<Ec2>('ec2');
  const reached = (group: string, ...hosts: readonly string[]) =>
    hosts.filter((host) => network.reaches(id('SubnetB'), `${host}.amazonaws.com`, [id(group)]));
  return { network, id, reached };
}

it('an isolated network lets functions out to its endpoints and to nothing else', async () => {
  const { reached } = await isolatedNetwork();
  const hosts = ['sets.s3.us-west-2', 'dynamodb.us-west-2', 'secretsmanager.us-west-2'];
  expect(reached('Functions', ...hosts)).toEqual(hosts.map((host) => `${host}`));
  expect(
    reached('Functions', 'rds.us-west-2', 'states.us-west-2', 'sets.s3.us-east-1', 'secretsmanager.us-east-1'),
  ).toEqual([]);
});

it('security groups decide at the interface endpoint and on the way out', async () => {
  const { reached } = await isolatedNetwork();
  expect(reached('Strangers', 'sets.s3.us-west-2', 'secretsmanager.us-west-2')).toEqual(['sets.s3.us-west-2']);
  expect(reached('Database', 'sets.s3.us-west-2', 'secretsmanager.us-west-2')).toEqual([]);
});

it('a database takes connections of whom its group lets in, on its port', async () => {
  const { network, id } = await isolatedNetwork();
  const connects = (group: string, port: number, vpcId = id('Vpc')) =>
    network.connects(
      { subnetIds: [id('SubnetA'), id('SubnetB')], groups: [id(group)] },
      { vpcId, groups: [id('Database')], port },
    );
  expect([connects('Functions', 5432), connects('Functions', 5433), connects('Strangers', 5432)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(connects('Functions', 5432, 'vpc-other')).toBe(false);
});
