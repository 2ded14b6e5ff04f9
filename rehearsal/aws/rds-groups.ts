import type { Ec2 } from './ec2-inert.ts';
import type { World } from './module.ts';
import { AwsError, type ResourceProvider, type SimulatedService, Unmodelled } from './service.ts';

export interface ParameterGroup {
  readonly name: string;
  readonly family: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface SubnetGroup {
  readonly name: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

/** Parameter groups and subnet groups of all regions. */
export class DatabaseGroups {
  readonly providers: readonly ResourceProvider[];
  readonly #world: World;
  readonly #parameterGroups = new Map<string, ParameterGroup>();
  readonly #subnetGroups = new Map<string, SubnetGroup>();

  constructor(world: World) {
    this.#world = world;
    this.providers = [this.#parameterGroupProvider(), this.#subnetGroupProvider()];
  }

  /** The group, or RDS's own of the family (`default.postgres18`), which changes nothing. Throws AwsError DBParameterGroupNotFound. */
  parameters(region: string, name: string): ParameterGroup {
    const [, family] = /^default\.(postgres\d+)$/.exec(name) ?? [];
    if (family) return { name, family, parameters: {} };
    const group = this.#parameterGroups.get(`${region}/${name.toLowerCase()}`);
    if (group) return group;
    throw new AwsError('DBParameterGroupNotFound', `The DB parameter group ${name} does not exist.`, 404);
  }

  /** Throws AwsError DBSubnetGroupNotFoundFault: the account has no default VPC. */
  subnets(region: string, name: string): SubnetGroup {
    const group = this.#subnetGroups.get(`${region}/${name.toLowerCase()}`);
    if (group) return group;
    throw new AwsError('DBSubnetGroupNotFoundFault', `The DB subnet group ${name} does not exist.`, 404);
  }

  #parameterGroupProvider(): ResourceProvider {
    return {
      type: 'AWS::RDS::DBParameterGroup',
      modelled: ['Family', 'Parameters', 'DBParameterGroupName'],
      inert: { Description: 'for people', Tags: 'tags of parameter groups play no part in a rehearsal' },
      create: ({ properties, region, stackName, logicalId }) => {
        const { Family: family, Parameters: parameters = {} } = properties;
        if (!/^postgres\d+$/.test(String(family))) {
          throw new Unmodelled(`The family ${family} is not modelled; those of PostgreSQL are.`);
        }
        const name = String(properties['DBParameterGroupName'] ?? `${stackName}-${logicalId}`).toLowerCase();
        const values = Object.entries(parameters as object).map(([key, value]) => [key, String(value)]);
        const group = { name, family: String(family), parameters: Object.fromEntries(values) };
        this.#parameterGroups.set(`${region}/${name}`, group);
        return { ref: name, attributes: { DBParameterGroupName: name } };
      },
    };
  }

  /** 'must contain at least one subnet in at least two Availability Zones': zones are not simulated, two subnets are asked for. */
  #subnetGroupProvider(): ResourceProvider {
    return {
      type: 'AWS::RDS::DBSubnetGroup',
      modelled: ['SubnetIds', 'DBSubnetGroupName'],
      inert: { DBSubnetGroupDescription: 'for people', Tags: 'tags of subnet groups play no part in a rehearsal' },
      create: ({ properties, region, stackName, logicalId }) => {
        const subnetIds = properties['SubnetIds'] as readonly string[];
        const ec2 = this.#world.account.service<Ec2 & SimulatedService>('ec2');
        const vpcs = new Set(subnetIds.map((subnet) => ec2.vpcOfSubnet(subnet)));
        const [vpcId] = vpcs;
        if (vpcs.size !== 1 || vpcId === undefined || subnetIds.length < 2) {
          throw new AwsError(
            'InvalidSubnet',
            `A subnet group needs two subnets or more, of one VPC; ${subnetIds.length} of ${vpcs.size} came.`,
          );
        }
        const name = String(properties['DBSubnetGroupName'] ?? `${stackName}-${logicalId}`).toLowerCase();
        this.#subnetGroups.set(`${region}/${name}`, { name, vpcId, subnetIds });
        return { ref: name, attributes: {} };
      },
    };
  }
}
