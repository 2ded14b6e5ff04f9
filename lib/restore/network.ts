import {
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { CfnDBParameterGroup, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { shortHash } from '../../domain/restores.ts';
import type { Database } from '../../platforms/schema.ts';
import { acknowledge } from '../checks/acknowledgements.ts';
import { type EngineSettings, engineSettings } from '../database-engines.ts';
import { restoreSubnetGroupName } from './rights.ts';

export interface RestoreNetworkProps {
  readonly environmentName: string;
  /** Two: RDS asks for as many. */
  readonly zones: readonly string[];
  readonly databases: readonly Database[];
}

/** Nothing is ever routed to it, so that it may be the same everywhere. */
const cidr = '10.255.255.0/24';

/**
 * Where tests restore: a VPC without a gateway, a peering or a route out. What logs in to a restored database there reaches the record of the
 * set, its manifest and its secrets by endpoints, and nothing else.
 */
export class RestoreNetwork extends Construct {
  readonly vpc: IVpc;
  readonly zone: string;
  readonly subnetGroup: string;
  readonly functionSecurityGroup: SecurityGroup;
  readonly databaseSecurityGroup: SecurityGroup;
  /** By database; `*` for all that are not named. */
  readonly parameterGroups: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, { environmentName, zones, databases }: RestoreNetworkProps) {
    super(scope, id);
    const vpc = this.isolatedVpc(environmentName, zones);
    this.vpc = vpc as IVpc;
    this.zone = zones[0] ?? '';
    // One zone: a test that cannot read a secret is late by a week at most, and the endpoint costs by the zone.
    const endpoint = vpc.addInterfaceEndpoint('SecretsManager', {
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      privateDnsEnabled: true,
      subnets: { subnets: vpc.isolatedSubnets.slice(0, 1) },
    });
    acknowledge(endpoint, 'endpointSecurityGroup');
    this.subnetGroup = restoreSubnetGroupName(environmentName);
    new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupName: this.subnetGroup,
      dbSubnetGroupDescription: `Where restore tests of ${environmentName} restore`,
      subnetIds: vpc.isolatedSubnets.map((subnet) => subnet.subnetId),
    });
    this.functionSecurityGroup = this.group('Functions', 'Functions of restore tests: out to the databases and to AWS');
    this.functionSecurityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS endpoints: no route leads elsewhere');
    this.databaseSecurityGroup = this.group('Databases', 'Restored databases: in from the functions, nothing out');
    this.databaseSecurityGroup.addEgressRule(Peer.ipv4('127.0.0.1/32'), Port.tcp(5432), 'Nowhere');
    openPorts(this, this.functionSecurityGroup, this.databaseSecurityGroup, databases);
    this.parameterGroups = this.groupsOfParameters(environmentName, databases);
  }

  private isolatedVpc(environmentName: string, zones: readonly string[]): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: `${environmentName}-restores`,
      ipAddresses: IpAddresses.cidr(cidr),
      availabilityZones: [...zones],
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    acknowledge(vpc, 'listedZones');
    acknowledge(vpc, 'isolatedFlowLog');
    return vpc;
  }

  private group(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, `${id}SecurityGroup`, { vpc: this.vpc, description, allowAllOutbound: false });
  }

  /**
   * The databases' own parameters, but for pg_cron's database: without it there no job of the copy runs, and its data stay what they were.
   * https://github.com/citusdata/pg_cron#setting-up-pg_cron
   */
  private groupsOfParameters(
    environmentName: string,
    databases: readonly Database[],
  ): Readonly<Record<string, string>> {
    const named = new Map<string, string>();
    const ofDatabase = databases.map(({ name }, index): [string, string] => {
      const database = databases[index] as Database;
      const { family, parameters: own } = engineSettings(database);
      const parameters = Object.fromEntries(
        Object.entries(own).map(([key, value]) => [key, key === 'cron.database_name' ? 'postgres' : value]),
      );
      const hash = shortHash(JSON.stringify({ family, parameters }));
      const group = named.get(hash) ?? this.parameterGroup(environmentName, hash, { family, parameters });
      named.set(hash, group);
      return [name, group];
    });
    const [first] = named.values();
    if (first === undefined) return {};
    return { '*': first, ...Object.fromEntries(ofDatabase.filter(([, group]) => group !== first)) };
  }

  private parameterGroup(
    environmentName: string,
    hash: string,
    { family, parameters }: Pick<EngineSettings, 'family' | 'parameters'>,
  ): string {
    const name = `mainstay-${environmentName}-restores-${hash}`;
    new CfnDBParameterGroup(this, `Parameters${hash}`, {
      dbParameterGroupName: name,
      family,
      description: 'Restore tests: as the database, without its scheduled jobs',
      parameters: { ...parameters },
    });
    return name;
  }
}

/** From functions to restored databases, by the ports of their engines. */
export function openPorts(
  scope: Construct,
  from: SecurityGroup,
  to: SecurityGroup,
  databases: readonly Database[],
): void {
  const ports = new Set(databases.map((database) => engineSettings(database).port));
  for (const port of ports) {
    const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port };
    new CfnSecurityGroupEgress(scope, `${from.node.id}To${port}`, {
      ...rule,
      groupId: from.securityGroupId,
      destinationSecurityGroupId: to.securityGroupId,
      description: 'To restored databases',
    });
    new CfnSecurityGroupIngress(scope, `${to.node.id}From${port}`, {
      ...rule,
      groupId: to.securityGroupId,
      sourceSecurityGroupId: from.securityGroupId,
      description: 'The functions that look at restored data',
    });
  }
}
