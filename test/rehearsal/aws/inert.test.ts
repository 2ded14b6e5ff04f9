import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Ec2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { inertTypes } from '../../../rehearsal/aws/inert.ts';
import { modules } from '../../../rehearsal/aws/registry.ts';
import { createRehearsal } from '../../../rehearsal/rehearsal.ts';
import { smallAssembly } from '../assembly/small-assembly.ts';
import { servicesWorld, startsAt } from './services-world.ts';

const network = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16', EnableDnsSupport: true } },
  Subnet: {
    Type: 'AWS::EC2::Subnet',
    Properties: { VpcId: { Ref: 'Vpc' }, CidrBlock: '10.0.1.0/24', AvailabilityZone: 'us-east-1a' },
  },
};

describe('resource types without behaviour', () => {
  it('stand in the fidelity reference, each with its reason', () => {
    const page = readFileSync(new URL('../../../docs/reference/fidelity.md', import.meta.url), 'utf8');
    const section = page.split('## Resource types')[1] ?? '';
    const missing = inertTypes.filter(({ type, reason }) => !section.includes(`| \`${type}\` | ${reason} |`));
    expect(missing.map(({ type }) => type)).toEqual([]);
  });

  it('have the same ids in every run, and subnets know their VPC', async () => {
    const ids = async () => {
      const world = await servicesWorld({ name: 'Small', resources: network });
      return world.rehearsal.deployment.resources.map(({ ref }) => ref);
    };
    const [vpc, subnet] = await ids();
    expect(vpc).toMatch(/^vpc-0[0-9a-f]{16}$/);
    expect(await ids()).toEqual([vpc, subnet]);
    const world = await servicesWorld({ name: 'Small', resources: network });
    expect(world.service<Ec2>('ec2').vpcOfSubnet(String(subnet))).toBe(vpc);
    expect(() => world.service<Ec2>('ec2').vpcOfSubnet('subnet-other')).toThrow("'subnet-other' does not exist");
  });

  it('give every attribute that the table promises', async () => {
    const resources = {
      ...network,
      Group: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: { VpcId: { 'Fn::GetAtt': ['Subnet', 'VpcId'] }, GroupDescription: 'for a test' },
      },
      Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Name: 'front', Scope: 'REGIONAL' } },
    };
    const world = await servicesWorld({ name: 'Small', resources });
    const [vpc, , group, acl] = world.rehearsal.deployment.resources;
    expect(group?.attributes).toEqual({ GroupId: group?.ref, Id: group?.ref, VpcId: vpc?.ref });
    expect(acl?.ref).toMatch(/^arn:aws:wafv2:us-east-1:111111111111:regional\/webacl\/front\/[0-9a-f]{32}$/);
  });

  it('are not every type: one that nobody provides ends the deployment', async () => {
    const resources = { Farm: { Type: 'AWS::AnyOther::Thing', Properties: {} } };
    await expect(servicesWorld({ name: 'Small', resources })).rejects.toThrow('AWS::AnyOther::Thing');
  });

  it('and all other modules make one world together', async () => {
    const directory = smallAssembly([{ name: 'Small', template: { Resources: network } }]);
    const { deployment } = await createRehearsal({ assemblyDirectory: directory, seed: 1, startsAt, modules });
    expect(deployment.resources).toHaveLength(2);
  });
});
