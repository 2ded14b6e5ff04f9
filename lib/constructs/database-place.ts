import { Aws } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { databasesKeyAlias } from '../../domain/databases.ts';
import { acknowledge } from '../checks/acknowledgements.ts';
import { EncryptionKey } from './encryption-key.ts';

export interface DatabasePlaceProps {
  readonly environmentName: string;
  readonly vpc: IVpc;
  /** Beside those of the databases: log groups that the key encrypts. */
  readonly logGroupNames: readonly string[];
}

/** Log group that RDS writes an instance's exported log to. */
export function databaseLogGroup(instance: string, log: string): string {
  return `/aws/rds/instance/${instance}/${log}`;
}

/** What the databases of one region share: their key, their subnets, the role of their monitoring. */
export class DatabasePlace extends Construct {
  readonly key: EncryptionKey;
  readonly vpc: IVpc;
  readonly subnetGroup: CfnDBSubnetGroup;
  readonly monitoringRole: Role;

  constructor(scope: Construct, id: string, props: DatabasePlaceProps) {
    super(scope, id);
    const { environmentName, vpc } = props;
    this.vpc = vpc;
    this.key = new EncryptionKey(this, 'Key', {
      alias: databasesKeyAlias(environmentName),
      description: `Databases of ${environmentName} in this region, their logs and their functions' settings`,
      logGroupNames: [databaseLogGroup(`${environmentName}-*`, '*'), ...props.logGroupNames],
    });
    this.subnetGroup = new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupName: environmentName,
      dbSubnetGroupDescription: `Private subnets of ${environmentName}`,
      subnetIds: vpc.privateSubnets.map((subnet) => subnet.subnetId),
    });
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
    this.monitoringRole = new Role(this, 'MonitoringRole', {
      assumedBy: new ServicePrincipal('monitoring.rds.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: `RDS writes the operating system's figures of ${environmentName}'s databases`,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonRDSEnhancedMonitoringRole')],
    });
    acknowledge(this.monitoringRole, 'databaseMonitoring');
  }
}
