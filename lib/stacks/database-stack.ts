import { CfnOutput, CustomResource } from 'aws-cdk-lib';
import { CfnSecurityGroupEgress, type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnSecretTargetAttachment } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { databaseInstanceName, databaseReplicaName, heartbeatPeriodSeconds } from '../../domain/databases.ts';
import { sessionEndSeconds } from '../../domain/lease.ts';
import type { Database } from '../../platforms/schema.ts';
import { type DatabaseClient, type DatabaseDoor, DatabaseInstance } from '../constructs/database-instance.ts';
import { DatabasePlace } from '../constructs/database-place.ts';
import type { Grant } from '../constructs/grant.ts';
import type { PlatformSecret } from '../constructs/platform-secret.ts';
import { retentionOf } from '../constructs/retention.ts';
import { functionLogGroups, TaskFunction } from '../constructs/task-function.ts';
import { describeChecks, describeEndpoint } from '../database-endpoint.ts';
import { authorities } from '../delivery/settings.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { PlatformStack } from './platform-stack.ts';
import type { DatabaseSecrets, SecretsStack } from './secrets-stack.ts';

/** Tasks of the functions that this stack makes. */
export const databaseTasks = ['prepare-database'] as const;
type DatabaseTask = (typeof databaseTasks)[number];

/** CloudFormation's type of a database's users and its heartbeat. */
export const databaseUsersType = 'Custom::MainstayDatabaseUsers';

export interface DatabaseStackProps {
  readonly vpc: IVpc;
  /** Who may connect beside this stack's own functions: the cluster's nodes. */
  readonly clients: readonly DatabaseClient[];
  readonly secrets: SecretsStack;
  readonly functions: ReadonlyMap<string, string>;
}

/**
 * The databases of the primary region, with their users, and the heartbeat that shows a replica's loss. No endpoint is public
 * and none is reached but from the nodes and from the functions of this stack.
 */
export class DatabaseStack extends PlatformStack {
  /** Where each database is reached, by its name. */
  readonly doors: ReadonlyMap<string, DatabaseDoor>;
  private readonly props: DatabaseStackProps;
  private readonly definition: Environment;
  private readonly place: DatabasePlace;
  private readonly functionSecurityGroup: SecurityGroup;

  constructor(scope: Construct, environment: Environment, props: DatabaseStackProps) {
    const { platform, name } = environment;
    super(scope, {
      environment,
      region: platform.regions.primary.name,
      part: 'Database',
      description: `${platform.title} (${environment.stage}): databases, their users and their heartbeat`,
    });
    this.props = props;
    this.definition = environment;
    this.place = new DatabasePlace(this, 'Place', {
      environmentName: name,
      vpc: props.vpc,
      logGroupNames: [functionLogGroups(name)],
    });
    this.functionSecurityGroup = this.securityGroup();
    this.doors = new Map(platform.databases.map((database) => [database.name, this.database(database)]));
  }

  private database(database: Database): DatabaseDoor {
    const id = pascalCase(database.name);
    const secrets = this.props.secrets.databases.get(database.name);
    if (!secrets) throw new RangeError(`The secrets' stack has no secrets of the database ${database.name}.`);
    const instanceName = databaseInstanceName(this.environmentName, database.name);
    const instance = this.instance(id, database, instanceName);
    for (let replica = 1; replica <= database.replicas.sameRegion; replica++) {
      const name = databaseReplicaName(this.environmentName, database.name, replica);
      this.instance(`${id}Replica${replica}`, database, name, instance);
    }
    const attachments = this.attach(id, instance, secrets);
    this.describe(id, database, instance);
    describeChecks(this, `${id}ChecksParameter`, database);
    new CfnSecurityGroupEgress(this, `FunctionsTo${id}`, {
      groupId: this.functionSecurityGroup.securityGroupId,
      destinationSecurityGroupId: instance.securityGroupId,
      ipProtocol: 'tcp',
      fromPort: instance.port,
      toPort: instance.port,
      description: `To ${database.name}`,
    });
    if (database.engine === 'postgres') {
      this.users(id, database, instance, secrets).node.addDependency(...attachments);
    }
    return instance;
  }

  private instance(id: string, database: Database, instanceName: string, source?: DatabaseInstance): DatabaseInstance {
    const instance = new DatabaseInstance(this, id, {
      environmentName: this.environmentName,
      definition: database,
      instanceName,
      place: this.place,
      clients: [
        ...this.props.clients,
        {
          id: 'Functions',
          securityGroupId: this.functionSecurityGroup.securityGroupId,
          description: 'The functions of this stack',
        },
      ],
      logRetentionDays: this.definition.platform.cluster.logRetentionDays,
      ...(source ? { replicaOf: { identifier: source.instanceName } } : {}),
    });
    if (source) instance.node.addDependency(source);
    return instance;
  }

  /** Writes engine, host and port into the secrets: their readers, and a rotation, find the database by its secret alone. */
  private attach(id: string, instance: DatabaseInstance, secrets: DatabaseSecrets): CfnSecretTargetAttachment[] {
    return ownSecretsOf(secrets).map(
      (secret, index) =>
        new CfnSecretTargetAttachment(this, `${id}Secret${index}`, {
          secretId: secret.secretArn,
          targetId: instance.resource.ref,
          targetType: 'AWS::RDS::DBInstance',
        }),
    );
  }

  /** Users with their rights, the heartbeat's table and the job that writes it, made by a function of ours as the master. */
  private users(id: string, database: Database, instance: DatabaseInstance, secrets: DatabaseSecrets): CustomResource {
    const { master, heartbeat, manifest, users } = secrets;
    const read = ownSecretsOf(secrets);
    const provider = this.task(`${id}Prepare`, 'prepare-database', database, {
      description: `Makes the users of ${database.name} and its heartbeat`,
      timeoutSeconds: 120,
      secrets: read,
    });
    const resource = new CustomResource(this, `${id}Users`, {
      resourceType: databaseUsersType,
      serviceToken: provider.functionArn,
      properties: {
        // A new instance, such as one restored from a snapshot, is prepared anew.
        Instance: instance.resource.attrDbiResourceId,
        Master: master.name,
        ...(heartbeat ? { Heartbeat: heartbeat.name, HeartbeatPeriodSeconds: heartbeatPeriodSeconds } : {}),
        // Where another region may take over.
        ...(heartbeat ? { FencePeriodSeconds: sessionEndSeconds } : {}),
        ...(manifest ? { Manifest: manifest.name } : {}),
        Users: JSON.stringify(users.map((user) => user.name)),
      },
    });
    resource.node.addDependency(provider);
    return resource;
  }

  private task(
    id: string,
    task: DatabaseTask,
    database: Database,
    options: {
      readonly description: string;
      readonly timeoutSeconds: number;
      readonly secrets: readonly PlatformSecret[];
    },
  ): TaskFunction {
    const bundle = this.props.functions.get(task);
    if (!bundle) throw new RangeError(`There is no handler lambdas/**/${task}.handler.ts to bundle.`);
    return new TaskFunction(this, id, {
      task: `${task}-${database.name}`,
      environmentName: this.environmentName,
      description: options.description,
      bundle,
      timeoutSeconds: options.timeoutSeconds,
      memoryMebibytes: 512,
      environment: {
        MAINSTAY_ENVIRONMENT: this.environmentName,
        ...authorities,
      },
      grants: this.readSecrets(options.secrets),
      encryptionKey: this.place.key,
      logRetention: retentionOf(this.definition.platform.cluster.logRetentionDays),
      network: { vpc: this.props.vpc, securityGroups: [this.functionSecurityGroup] },
    });
  }

  private readSecrets(secrets: readonly PlatformSecret[]): Grant[] {
    return [
      { actions: ['secretsmanager:GetSecretValue'], resources: secrets.map((secret) => secret.secretArn) },
      {
        actions: ['kms:Decrypt'],
        resources: [this.props.secrets.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${this.region}.amazonaws.com` } },
      },
    ];
  }

  private securityGroup(): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'FunctionSecurityGroup', {
      vpc: this.props.vpc,
      description: 'Functions that log in to databases: out to those and to AWS, nothing in',
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS endpoints, through NAT as well');
    return securityGroup;
  }

  private describe(id: string, database: Database, instance: DatabaseInstance): void {
    const { port, resource, instanceName } = instance;
    describeEndpoint(this, `${id}EndpointParameter`, database.name, instance);
    new CfnOutput(this, `${id}Endpoint`, {
      value: `${resource.attrEndpointAddress}:${port}`,
      description: `${database.name}, from the cluster's nodes, with TLS`,
    });
    new CfnOutput(this, `${id}Console`, {
      value: `https://${this.region}.console.aws.amazon.com/rds/home?region=${this.region}#database:id=${instanceName};is-cluster=false`,
      description: `${database.name} in the console`,
    });
  }
}

/** In an order that stays as it is: logical ids of what attaches them go by their place. */
function ownSecretsOf({ master, heartbeat, manifest, users }: DatabaseSecrets): readonly PlatformSecret[] {
  return [master, ...(heartbeat ? [heartbeat] : []), ...users, ...(manifest ? [manifest] : [])];
}
