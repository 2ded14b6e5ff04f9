import { CfnOutput, CustomResource, Duration } from 'aws-cdk-lib';
import { CfnSecurityGroupEgress, type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { CfnSecretTargetAttachment } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { databaseInstanceName, databaseReplicaName, heartbeatPeriodSeconds } from '../../domain/databases.ts';
import type { Database } from '../../platforms/schema.ts';
import { type DatabaseClient, DatabaseInstance } from '../constructs/database-instance.ts';
import { DatabasePlace } from '../constructs/database-place.ts';
import type { Grant } from '../constructs/grant.ts';
import type { PlatformSecret } from '../constructs/platform-secret.ts';
import { retentionOf } from '../constructs/retention.ts';
import { functionLogGroups, TaskFunction } from '../constructs/task-function.ts';
import { describeEndpoint } from '../database-endpoint.ts';
import { type Environment, pascalCase } from '../environment.ts';
import { PlatformStack } from './platform-stack.ts';
import type { DatabaseSecrets, SecretsStack } from './secrets-stack.ts';

/** Tasks of the functions that this stack makes. */
export const databaseTasks = ['prepare-database', 'heartbeat'] as const;
type DatabaseTask = (typeof databaseTasks)[number];

/** CloudFormation's type of a database's users and the heartbeat's table. */
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
  /** Started by schedules; the alarms watch them. */
  readonly scheduled: readonly TaskFunction[];
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
    const databases = platform.databases.map((database) => this.database(database));
    this.scheduled = databases.flatMap(({ heartbeat }) => (heartbeat ? [heartbeat] : []));
  }

  private database(database: Database): { readonly heartbeat: TaskFunction | undefined } {
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
    new CfnSecurityGroupEgress(this, `FunctionsTo${id}`, {
      groupId: this.functionSecurityGroup.securityGroupId,
      destinationSecurityGroupId: instance.securityGroupId,
      ipProtocol: 'tcp',
      fromPort: instance.port,
      toPort: instance.port,
      description: `To ${database.name}`,
    });
    if (database.engine !== 'postgres') return { heartbeat: undefined };
    const users = this.users(id, database, instance, secrets);
    users.node.addDependency(...attachments);
    if (!secrets.heartbeat) return { heartbeat: undefined };
    const heartbeat = this.heartbeat(id, database, secrets.heartbeat);
    heartbeat.rule.node.addDependency(users);
    return { heartbeat: heartbeat.beats };
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
    const { master, heartbeat, users } = secrets;
    return [master, ...(heartbeat ? [heartbeat] : []), ...users].map(
      (secret, index) =>
        new CfnSecretTargetAttachment(this, `${id}Secret${index}`, {
          secretId: secret.secretArn,
          targetId: instance.resource.ref,
          targetType: 'AWS::RDS::DBInstance',
        }),
    );
  }

  /** Users with their rights, and the heartbeat's table, made by a function of ours as the master. */
  private users(id: string, database: Database, instance: DatabaseInstance, secrets: DatabaseSecrets): CustomResource {
    const { master, heartbeat, users } = secrets;
    const read = [master, ...(heartbeat ? [heartbeat] : []), ...users];
    const provider = this.task(`${id}Prepare`, 'prepare-database', database, {
      description: `Makes the users of ${database.name} and the heartbeat's table`,
      timeoutSeconds: 120,
      secrets: read,
      environment: {},
    });
    const resource = new CustomResource(this, `${id}Users`, {
      resourceType: databaseUsersType,
      serviceToken: provider.functionArn,
      properties: {
        // A new instance, such as one restored from a snapshot, is prepared anew.
        Instance: instance.resource.attrDbiResourceId,
        Master: master.name,
        ...(heartbeat ? { Heartbeat: heartbeat.name } : {}),
        Users: JSON.stringify(users.map((user) => user.name)),
      },
    });
    resource.node.addDependency(provider);
    return resource;
  }

  private heartbeat(id: string, database: Database, secret: PlatformSecret) {
    const beats = this.task(`${id}Heartbeat`, 'heartbeat', database, {
      description: `Writes the heartbeat row of ${database.name}`,
      timeoutSeconds: 20,
      secrets: [secret],
      environment: { MAINSTAY_HEARTBEAT_SECRET: secret.name },
    });
    // A beat that comes late says nothing: the next one is due.
    beats.function.configureAsyncInvoke({ maxEventAge: Duration.seconds(heartbeatPeriodSeconds), retryAttempts: 0 });
    const rule = new Rule(this, `${id}Beats`, {
      ruleName: `mainstay-${this.environmentName}-heartbeat-${database.name}`,
      description: `Starts the heartbeat of ${database.name}`,
      schedule: Schedule.rate(Duration.seconds(heartbeatPeriodSeconds)),
      targets: [
        new LambdaFunction(beats.function, {
          event: RuleTargetInput.fromObject({}),
          maxEventAge: Duration.seconds(heartbeatPeriodSeconds),
          retryAttempts: 0,
        }),
      ],
    });
    return { beats, rule };
  }

  private task(
    id: string,
    task: DatabaseTask,
    database: Database,
    options: {
      readonly description: string;
      readonly timeoutSeconds: number;
      readonly secrets: readonly PlatformSecret[];
      readonly environment: Readonly<Record<string, string>>;
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
        // RDS signs its certificates by authorities that Node does not know; the runtime brings them, unread unless asked for.
        // https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-certificate-loading
        NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
        ...options.environment,
      },
      grants: this.readSecrets(options.secrets),
      encryptionKey: this.place.key,
      logRetention: retentionOf(this.definition.platform.cluster.logRetentionDays),
      network: { vpc: this.props.vpc, securityGroup: this.functionSecurityGroup },
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
