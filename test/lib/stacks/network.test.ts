import { describe, expect, it } from 'vitest';
import { deliveryAccess } from '../../../lib/kubernetes/task-access.ts';
import { actionsOf, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const network = templates()['AeonNetwork'];

describe('network', () => {
  it('has exactly the listed ranges in the listed zones', () => {
    const subnets = Object.values(resourcesOf(network, 'AWS::EC2::Subnet')).map(({ Properties }) => [
      Properties['AvailabilityZone'],
      Properties['CidrBlock'],
      Properties['MapPublicIpOnLaunch'],
    ]);
    expect(subnets).toEqual([
      ['us-east-1a', '10.0.1.0/24', false],
      ['us-east-1b', '10.0.2.0/24', false],
      ['us-east-1c', '10.0.3.0/24', false],
      ['us-east-1a', '10.0.11.0/24', false],
      ['us-east-1b', '10.0.12.0/24', false],
      ['us-east-1c', '10.0.13.0/24', false],
    ]);
    network?.hasResourceProperties('AWS::EC2::VPC', {
      CidrBlock: '10.0.0.0/16',
      EnableDnsHostnames: true,
      EnableDnsSupport: true,
    });
  });

  it('tells the load-balancer controller by tags which subnets are whose', () => {
    const tagged = Object.values(resourcesOf(network, 'AWS::EC2::Subnet')).map(({ Properties }) => {
      const tags = Properties['Tags'] as { Key: string; Value: string }[];
      return tags.filter(({ Key }) => Key.startsWith('kubernetes.io/role/')).map(({ Key, Value }) => `${Key}=${Value}`);
    });
    expect(tagged).toEqual([
      ['kubernetes.io/role/elb=1'],
      ['kubernetes.io/role/elb=1'],
      ['kubernetes.io/role/elb=1'],
      ['kubernetes.io/role/internal-elb=1'],
      ['kubernetes.io/role/internal-elb=1'],
      ['kubernetes.io/role/internal-elb=1'],
    ]);
  });

  it('has a NAT gateway a zone in production and one in staging', () => {
    network?.resourceCountIs('AWS::EC2::NatGateway', 3);
    templates('staging')['AeonStagingNetwork']?.resourceCountIs('AWS::EC2::NatGateway', 1);
  });

  it('logs all flows under a key of ours', () => {
    network?.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'ALL', LogDestinationType: 'cloud-watch-logs' });
    network?.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/mainstay/aeon/network/flow',
      RetentionInDays: 30,
    });
  });

  it('has an endpoint of every service that a function inside it calls in its region, or a way out for it', () => {
    /** Endpoint by the prefix of the actions that go through it; NAT for what nobody but our functions asks. */
    const endpoints: Readonly<Record<string, string>> = {
      cloudwatch: 'monitoring',
      dynamodb: 'dynamodb',
      ecr: 'ecr.api',
      elasticloadbalancing: 'elasticloadbalancing',
      secretsmanager: 'secretsmanager',
      ssm: 'ssm',
      states: 'NAT',
    };
    const delivery = templates()['AeonDelivery'];
    const called = Object.keys(deliveryAccess).flatMap((task) =>
      actionsOf(
        // The key of a table is used by DynamoDB itself, whose endpoint is a gateway.
        taskStatements(delivery, `mainstay-aeon-${task}`).filter(
          ({ Condition }) => !JSON.stringify(Condition ?? '').includes('kms:ViaService'),
        ),
      ).map((action) => action.split(':')[0] ?? ''),
    );
    const made = JSON.stringify(resourcesOf(network, 'AWS::EC2::VPCEndpoint')).replaceAll(
      // Of a gateway the CDK leaves the region to CloudFormation.
      '"com.amazonaws.",{"Ref":"AWS::Region"},".',
      '"com.amazonaws.us-east-1.',
    );
    for (const service of new Set([...called, 'secretsmanager'])) {
      const endpoint = endpoints[service] ?? `no endpoint is known for ${service}`;
      if (endpoint === 'NAT') continue;
      expect([service, made.includes(`com.amazonaws.us-east-1.${endpoint}"`)]).toEqual([service, true]);
    }
  });

  it.each(['AeonNetwork', 'AeonStandbyNetwork'])(
    'lets every private subnet of %s out by the NAT gateway of its own zone',
    (stack) => {
      const network = templates()[stack];
      const subnets = resourcesOf(network, 'AWS::EC2::Subnet');
      const zoneOf = (id: string | undefined) => subnets[id ?? '']?.Properties['AvailabilityZone'];
      const gateways = resourcesOf(network, 'AWS::EC2::NatGateway');
      const routes = Object.values(resourcesOf(network, 'AWS::EC2::Route')).map(({ Properties }) => Properties);
      const tables = Object.values(resourcesOf(network, 'AWS::EC2::SubnetRouteTableAssociation'));
      const ways = tables.flatMap(({ Properties }) => {
        const table = JSON.stringify(Properties['RouteTableId']);
        const route = routes.find((each) => JSON.stringify(each['RouteTableId']) === table && each['NatGatewayId']);
        if (!route) return [];
        const gateway = gateways[(route['NatGatewayId'] as { Ref: string }).Ref];
        const there = zoneOf((gateway?.Properties['SubnetId'] as { Ref: string } | undefined)?.Ref);
        return [
          { zone: zoneOf((Properties['SubnetId'] as { Ref: string }).Ref), to: route['DestinationCidrBlock'], there },
        ];
      });
      expect(ways).toHaveLength(3);
      expect(ways.filter(({ zone, to, there }) => zone !== there || to !== '0.0.0.0/0')).toEqual([]);
    },
  );

  it('stands in the standby with that region’s ranges and zones', () => {
    const standby = templates()['AeonStandbyNetwork'];
    const subnets = Object.values(resourcesOf(standby, 'AWS::EC2::Subnet')).map(({ Properties }) => [
      Properties['AvailabilityZone'],
      Properties['CidrBlock'],
    ]);
    expect(subnets).toEqual([
      ['us-west-2a', '10.1.1.0/24'],
      ['us-west-2b', '10.1.2.0/24'],
      ['us-west-2c', '10.1.3.0/24'],
      ['us-west-2a', '10.1.11.0/24'],
      ['us-west-2b', '10.1.12.0/24'],
      ['us-west-2c', '10.1.13.0/24'],
    ]);
    standby?.resourceCountIs('AWS::EC2::NatGateway', 3);
  });

  it('lets nothing in from the world', () => {
    for (const { Properties } of Object.values(resourcesOf(network, 'AWS::EC2::SecurityGroup'))) {
      expect(JSON.stringify(Properties['SecurityGroupIngress'] ?? [])).not.toContain('0.0.0.0/0');
    }
  });
});
