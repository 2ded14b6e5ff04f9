import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledgements.ts';
import { EncryptionKey } from '../constructs/encryption-key.ts';
import { ListedAddresses } from '../constructs/listed-addresses.ts';
import { retentionOf } from '../constructs/retention.ts';
import { type Environment, partOf, type Site } from '../environment.ts';
import { PlatformStack } from './platform-stack.ts';

/**
 * What nodes and pods ask, so that it stays inside and works without NAT: images, logs, metrics, pod identities, secrets and parameters,
 * the load balancer's state. The functions in the VPC ask the same, and besides Step Functions: a few calls a promotion, which go through
 * the NAT gateway of their zone, because an endpoint for them alone would cost $22 a month and region.
 */
export const interfaceEndpoints = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Monitoring: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
  Sts: InterfaceVpcEndpointAwsService.STS,
  EksAuth: InterfaceVpcEndpointAwsService.EKS_AUTH,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Parameters: InterfaceVpcEndpointAwsService.SSM,
  LoadBalancing: InterfaceVpcEndpointAwsService.ELASTIC_LOAD_BALANCING,
} as const;

/** The VPC of one region: exactly the listed ranges and zones, no look-up. */
export class NetworkStack extends PlatformStack {
  readonly vpc: IVpc;
  private readonly zones: readonly string[];

  constructor(scope: Construct, environment: Environment, site: Site) {
    const { place } = site;
    super(scope, {
      environment,
      region: place.name,
      part: partOf(site, 'Network'),
      description: `${environment.platform.title} (${environment.stage}): VPC of ${place.name}`,
    });
    this.zones = place.vpc.publicSubnets.map((subnet) => subnet.zone);
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: environment.name,
      ipAddresses: new ListedAddresses(place.vpc),
      availabilityZones: [...this.zones],
      natGateways: place.vpc.natGateways,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      ],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    acknowledge(vpc, 'listedZones');
    // The CDK's classes and interfaces differ under exactOptionalPropertyTypes alone.
    this.vpc = vpc as IVpc;
    for (const [id, service] of Object.entries(interfaceEndpoints)) {
      const endpoint = vpc.addInterfaceEndpoint(id, { service, privateDnsEnabled: true });
      acknowledge(endpoint, 'endpointSecurityGroup');
    }
    this.addFlowLog(environment.name, place.vpc.flowLogRetentionDays);
    new CfnOutput(this, 'VpcId', { value: this.vpc.vpcId, description: `VPC of ${place.name}` });
  }

  /** The listed zones. The CDK would ask the account for all that there are, which a synth without credentials can't. */
  override get availabilityZones(): string[] {
    return [...this.zones];
  }

  private addFlowLog(environmentName: string, retentionDays: number): void {
    const logGroupName = `/mainstay/${environmentName}/network/flow`;
    const encryptionKey = new EncryptionKey(this, 'Key', {
      alias: `mainstay/${environmentName}/network`,
      description: `Flow logs of ${environmentName}`,
      logGroupNames: [logGroupName],
    });
    const logGroup = new LogGroup(this, 'FlowLogGroup', {
      logGroupName,
      encryptionKey,
      retention: retentionOf(retentionDays),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup),
      trafficType: FlowLogTrafficType.ALL,
    });
  }
}
