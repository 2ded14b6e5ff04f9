import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnSecurityGroupIngress, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBInstance, type CfnDBInstanceProps, CfnDBParameterGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { masterSecretName, sqlName } from '../../domain/databases.ts';
import type { Database } from '../../platforms/schema.ts';
import { acknowledge } from '../checks/acknowledgements.ts';
import { backupWindow, type EngineSettings, engineSettings, maintenanceWindow } from '../database-engines.ts';
import { type DatabasePlace, databaseLogGroup } from './database-place.ts';
import { retentionOf } from './retention.ts';

/** Who may connect: a security group and what it is of. */
export interface DatabaseClient {
  readonly id: string;
  readonly securityGroupId: string;
  readonly description: string;
}

/** Where a database takes connections. */
export interface DatabaseDoor {
  readonly securityGroupId: string;
  readonly port: number;
  /** Name of its parameters, for an instance that takes its place. */
  readonly parameterGroup: string;
}

export interface DatabaseInstanceProps {
  readonly environmentName: string;
  readonly definition: Database;
  readonly instanceName: string;
  readonly place: DatabasePlace;
  readonly clients: readonly DatabaseClient[];
  readonly logRetentionDays: number;
  /** Absent for the instance that is written to. In another region than this stack's: by ARN and region. */
  readonly replicaOf?: { readonly identifier: string; readonly region?: string };
}

/** A newer certificate authority than RDS's old default, valid until 2061: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html */
const certificateAuthority = 'rds-ca-rsa2048-g1';
/** Seven days cost nothing: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.cost.html */
const performanceInsightsDays = 7;
const monitoringIntervalSeconds = 60;

/**
 * One RDS instance: its parameters, its logs, its wall, and the instance. The one that is written to and a replica differ in
 * where their data comes from, and in their backups alone.
 */
export class DatabaseInstance extends Construct implements DatabaseDoor {
  readonly instanceName: string;
  readonly port: number;
  readonly securityGroupId: string;
  readonly parameterGroup: string;
  readonly resource: CfnDBInstance;
  private readonly props: DatabaseInstanceProps;
  private readonly engine: EngineSettings;

  constructor(scope: Construct, id: string, props: DatabaseInstanceProps) {
    super(scope, id);
    this.props = props;
    this.instanceName = props.instanceName;
    this.engine = engineSettings(props.definition);
    this.port = this.engine.port;
    this.securityGroupId = this.securityGroup().securityGroupId;
    this.parameterGroup = this.parameters().ref;
    const logGroups = this.logGroups();
    this.resource = new CfnDBInstance(this, 'Instance', {
      ...this.common(),
      ...(props.replicaOf ? this.asReplica(props.replicaOf) : this.asSource()),
    });
    // RDS would make the log groups itself, without a key, and keep what is in them for ever.
    for (const logGroup of logGroups) this.resource.node.addDependency(logGroup);
    this.resource.applyRemovalPolicy(this.removalPolicy());
    this.acknowledgeFindings();
  }

  private common(): CfnDBInstanceProps {
    const { definition, place } = this.props;
    return {
      dbInstanceIdentifier: this.instanceName,
      dbInstanceClass: definition.instanceType,
      dbSubnetGroupName: place.subnetGroup.ref,
      dbParameterGroupName: this.parameterGroup,
      vpcSecurityGroups: [this.securityGroupId],
      publiclyAccessible: false,
      multiAz: definition.multipleZones,
      storageType: definition.storage.type,
      // The version stands in the definition: an upgrade by RDS itself would make the next deployment a downgrade, which it refuses.
      autoMinorVersionUpgrade: false,
      preferredMaintenanceWindow: maintenanceWindow(definition.maintenanceWindow),
      deletionProtection: definition.deletionProtection,
      enableCloudwatchLogsExports: definition.logExports,
      caCertificateIdentifier: certificateAuthority,
      copyTagsToSnapshot: true,
      enablePerformanceInsights: true,
      performanceInsightsKmsKeyId: place.key.keyArn,
      performanceInsightsRetentionPeriod: performanceInsightsDays,
      monitoringInterval: monitoringIntervalSeconds,
      monitoringRoleArn: place.monitoringRole.roleArn,
    };
  }

  private asSource(): CfnDBInstanceProps {
    const { definition, environmentName, place } = this.props;
    const { storage } = definition;
    const secret = masterSecretName(environmentName, definition.name);
    return {
      engine: definition.engine,
      engineVersion: definition.version,
      dbName: sqlName(definition.name),
      port: String(this.engine.port),
      storageEncrypted: true,
      kmsKeyId: place.key.keyArn,
      allocatedStorage: String(storage.gibibytes),
      ...(storage.growsToGibibytes ? { maxAllocatedStorage: storage.growsToGibibytes } : {}),
      ...(storage.iops ? { iops: storage.iops } : {}),
      ...(storage.throughputMebibytesPerSecond ? { storageThroughput: storage.throughputMebibytesPerSecond } : {}),
      // By name, so that this stack refers to the secret and not to a stack's output. Never ManageMasterUserPassword: RDS gives
      // such an instance no replicas. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
      masterUsername: `{{resolve:secretsmanager:${secret}:SecretString:username}}`,
      masterUserPassword: `{{resolve:secretsmanager:${secret}:SecretString:password}}`,
      backupRetentionPeriod: definition.automatedBackups.retentionDays,
      preferredBackupWindow: backupWindow(definition.automatedBackups),
    };
  }

  /**
   * Engine, version, users, size and encryption are the source's; in another region under a key of that one. Backups stay off: a
   * replica that is backing up cannot be promoted.
   * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
   */
  private asReplica({ identifier, region }: { identifier: string; region?: string }): CfnDBInstanceProps {
    return {
      sourceDbInstanceIdentifier: identifier,
      ...(region ? { sourceRegion: region, kmsKeyId: this.props.place.key.keyArn } : {}),
      port: String(this.engine.port),
      backupRetentionPeriod: 0,
    };
  }

  private parameters(): CfnDBParameterGroup {
    const { definition } = this.props;
    return new CfnDBParameterGroup(this, 'Parameters', {
      family: this.engine.family,
      description: `${definition.name}: TLS forced, statements over ${definition.slowQueryMilliseconds} ms logged`,
      parameters: { ...this.engine.parameters },
    });
  }

  private securityGroup(): SecurityGroup {
    const { place, clients, definition } = this.props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: place.vpc,
      description: `Database ${definition.name}: in from the nodes and functions listed, nothing out`,
      allowAllOutbound: false,
    });
    // A group without a rule outwards would allow everything; this one reaches nothing.
    securityGroup.addEgressRule(Peer.ipv4('127.0.0.1/32'), Port.tcp(this.port), 'Nowhere');
    for (const { id, securityGroupId, description } of clients) {
      new CfnSecurityGroupIngress(this, `From${id}`, {
        groupId: securityGroup.securityGroupId,
        sourceSecurityGroupId: securityGroupId,
        ipProtocol: 'tcp',
        fromPort: this.port,
        toPort: this.port,
        description,
      });
    }
    return securityGroup;
  }

  private logGroups(): LogGroup[] {
    const { definition, place, logRetentionDays } = this.props;
    return definition.logExports.map(
      (log) =>
        new LogGroup(this, `${log}Logs`, {
          logGroupName: databaseLogGroup(this.instanceName, log),
          encryptionKey: place.key,
          retention: retentionOf(logRetentionDays),
          removalPolicy: RemovalPolicy.RETAIN,
        }),
    );
  }

  /** A replica gives no final snapshot: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html */
  private removalPolicy(): RemovalPolicy {
    const { definition, replicaOf } = this.props;
    if (replicaOf) return RemovalPolicy.RETAIN;
    return definition.finalSnapshot ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY;
  }

  private acknowledgeFindings(): void {
    const { definition, replicaOf } = this.props;
    acknowledge(this.resource, 'databasePort');
    if (replicaOf) acknowledge(this.resource, 'replicaBackups');
    if (replicaOf) acknowledge(this.resource, 'replicaEncryption');
    if (!definition.multipleZones) acknowledge(this.resource, 'oneZone');
    if (!definition.deletionProtection) acknowledge(this.resource, 'deletable');
  }
}
