import { describe, expect, it } from 'vitest';
import { resourcesOf, templates } from '../synthesized.ts';

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

  it('lets nothing in from the world', () => {
    for (const { Properties } of Object.values(resourcesOf(network, 'AWS::EC2::SecurityGroup'))) {
      expect(JSON.stringify(Properties['SecurityGroupIngress'] ?? [])).not.toContain('0.0.0.0/0');
    }
  });
});
