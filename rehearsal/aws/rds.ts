import { createHash } from 'node:crypto';
import { DatabaseModel } from '../postgres/database.ts';
import { verifierOf } from '../postgres/scram.ts';
import { databaseCreationMilliseconds, replicaLagMilliseconds } from './durations.ts';
import type { Ec2 } from './ec2-inert.ts';
import type { Kms } from './kms.ts';
import type { MetricSink, ServiceModule, World } from './module.ts';
import { databaseEndpoints } from './rds-endpoints.ts';
import { instanceProperties } from './rds-properties.ts';
import type { AttachmentTarget, SecretsManager } from './secretsmanager.ts';
import {
  AwsError,
  type DeployedResource,
  type Operation,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

interface ParameterGroup {
  readonly parameters: Readonly<Record<string, string>>;
}

interface SubnetGroup {
  readonly vpcId: string;
}

/** A simulated instance. */
export interface DatabaseInstanceState {
  readonly identifier: string;
  readonly region: string;
  readonly arn: string;
  readonly resourceId: string;
  readonly host: string;
  readonly port: number;
  readonly vpcId: string;
  readonly tlsForced: boolean;
  readonly backupRetentionDays: number;
  readonly encrypted: boolean;
  readonly status: 'creating' | 'available';
  /** ARN of the instance that it follows. */
  readonly replicaOf?: string;
  /** Its data; a replica's are its source's. */
  readonly model: DatabaseModel;
}

/** The simulated RDS of all regions: PostgreSQL instances and their replicas. */
export class Rds implements SimulatedService, AttachmentTarget {
  readonly id = 'rds';
  readonly operations: Readonly<Record<string, Operation>> = {};
  readonly providers: readonly ResourceProvider[];
  readonly #world: World;
  readonly #instances = new Map<string, DatabaseInstanceState>();
  readonly #parameterGroups = new Map<string, ParameterGroup>();
  readonly #subnetGroups = new Map<string, SubnetGroup>();

  constructor(world: World) {
    this.#world = world;
    this.providers = [this.#parameterGroupProvider(), this.#subnetGroupProvider(), this.#instanceProvider()];
  }

  /** An instance by region and identifier, for checkers. */
  instance(region: string, identifier: string): DatabaseInstanceState | undefined {
    return this.#instances.get(`${region}/${identifier}`);
  }

  get instances(): readonly DatabaseInstanceState[] {
    return [...this.#instances.values()];
  }

  attachmentOf(region: string, targetId: string): Readonly<Record<string, string | number>> {
    const instance = this.instance(region, targetId);
    if (!instance) throw new AwsError('DBInstanceNotFound', `DBInstance ${targetId} not found.`, 404);
    const { host, port, identifier } = instance;
    return { engine: 'postgres', host, port, dbInstanceIdentifier: identifier };
  }

  #key(region: string, name: string): string {
    return `${region}/${name}`;
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
        this.#parameterGroups.set(this.#key(region, name), { parameters: Object.fromEntries(values) });
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
        const subnets = properties['SubnetIds'] as readonly string[];
        const ec2 = this.#world.account.service<Ec2 & SimulatedService>('ec2');
        const vpcs = new Set(subnets.map((subnet) => ec2.vpcOfSubnet(subnet)));
        const [vpcId] = vpcs;
        if (vpcs.size !== 1 || vpcId === undefined || subnets.length < 2) {
          throw new AwsError(
            'InvalidSubnet',
            `A subnet group needs two subnets or more, of one VPC; ${subnets.length} of ${vpcs.size} came.`,
          );
        }
        const name = String(properties['DBSubnetGroupName'] ?? `${stackName}-${logicalId}`).toLowerCase();
        this.#subnetGroups.set(this.#key(region, name), { vpcId });
        return { ref: name, attributes: {} };
      },
    };
  }

  #instanceProvider(): ResourceProvider {
    return { type: 'AWS::RDS::DBInstance', ...instanceProperties, create: (request) => this.#create(request) };
  }

  async #create(request: ResourceRequest): Promise<DeployedResource> {
    const { properties, region } = request;
    const identifier = String(properties['DBInstanceIdentifier']);
    if (this.instance(region, identifier)) {
      throw new AwsError('DBInstanceAlreadyExists', `DB instance ${identifier} already exists`);
    }
    const instance = this.#made(request, identifier);
    this.#instances.set(this.#key(region, identifier), { ...instance, status: 'creating' });
    const kind = instance.replicaOf === undefined ? 'instance' : 'replica';
    await this.#world.account.kernel.sleep(databaseCreationMilliseconds[kind], `create ${identifier}`);
    this.#instances.set(this.#key(region, identifier), instance);
    return {
      ref: identifier,
      attributes: {
        DBInstanceArn: instance.arn,
        DbiResourceId: instance.resourceId,
        DBInstanceStatus: instance.status,
        'Endpoint.Address': instance.host,
        'Endpoint.Port': String(instance.port),
        'Endpoint.HostedZoneId': 'Z2R2ITUGPM61AM',
      },
    };
  }

  #made(
    { properties, region, account, stackName, logicalId }: ResourceRequest,
    identifier: string,
  ): DatabaseInstanceState {
    const subnets = this.#subnetGroups.get(this.#key(region, String(properties['DBSubnetGroupName'])));
    const group = this.#parameterGroups.get(this.#key(region, String(properties['DBParameterGroupName'])));
    if (!subnets) throw new AwsError('DBSubnetGroupNotFoundFault', 'The DB subnet group does not exist.');
    if (!group) throw new AwsError('DBParameterGroupNotFound', 'The DB parameter group does not exist.');
    this.#checkKey(region, properties['KmsKeyId']);
    const hash = createHash('sha256').update(`rds/${region}/${stackName}/${logicalId}`).digest('hex');
    const source = properties['SourceDBInstanceIdentifier'];
    const replicated = source === undefined ? undefined : this.#source(region, String(source), properties);
    return {
      identifier,
      region,
      arn: `arn:aws:rds:${region}:${account}:db:${identifier}`,
      resourceId: `db-${hash.slice(0, 26).toUpperCase()}`,
      host: `${identifier}.${hash.slice(0, 12)}.${region}.rds.amazonaws.com`,
      port: Number(properties['Port'] ?? 5432),
      vpcId: subnets.vpcId,
      // On by default since PostgreSQL 15: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
      tlsForced: (group.parameters['rds.force_ssl'] ?? '1') === '1',
      backupRetentionDays: Number(properties['BackupRetentionPeriod'] ?? (replicated ? 0 : 1)),
      encrypted: replicated ? replicated.encrypted : String(properties['StorageEncrypted']) === 'true',
      status: 'available',
      ...(replicated ? { replicaOf: replicated.arn } : {}),
      model: replicated ? replicated.model : this.#newDatabase(region, identifier, properties),
    };
  }

  /** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html */
  #source(region: string, identifier: string, properties: Readonly<Record<string, unknown>>): DatabaseInstanceState {
    const [, home = region, name = identifier] = /^arn:aws:rds:([^:]+):\d+:db:(.+)$/.exec(identifier) ?? [];
    const source = this.instance(home, name);
    if (source?.status !== 'available') {
      throw new AwsError(
        'DBInstanceNotFound',
        `The source instance ${identifier} ${source ? 'is not available' : 'does not exist'}.`,
        404,
      );
    }
    if (source.backupRetentionDays === 0) {
      throw new AwsError(
        'InvalidDBInstanceState',
        `Automated backups are not enabled for ${identifier}, so it can have no replica.`,
      );
    }
    if (home !== region && source.encrypted && properties['KmsKeyId'] === undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        `A replica of the encrypted ${identifier} in ${region} needs a key of ${region}.`,
      );
    }
    if (home === region && properties['KmsKeyId'] !== undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        'A replica in the region of its source has the key of its source.',
      );
    }
    return source;
  }

  #checkKey(region: string, key: unknown): void {
    if (key === undefined || this.#world.account.service<Kms>('kms').find(region, String(key))) return;
    throw new AwsError('KMSKeyNotAccessibleFault', `The key ${key} does not exist in ${region}.`);
  }

  #newDatabase(region: string, identifier: string, properties: Readonly<Record<string, unknown>>): DatabaseModel {
    if (properties['Engine'] !== 'postgres')
      throw new Unmodelled(`The engine ${properties['Engine']} is not modelled; postgres is.`);
    const master = this.#resolved(region, properties['MasterUsername']);
    const salt = createHash('sha256').update(`salt/${identifier}`).digest().subarray(0, 16);
    const password = this.#resolved(region, properties['MasterUserPassword']);
    return new DatabaseModel(String(properties['DBName']), master, verifierOf(password, salt));
  }

  /** A reference to a secret comes as it stands in the template. Only here does it become a value, which is not written down. */
  #resolved(region: string, given: unknown): string {
    const [, secretId, field] = /^\{\{resolve:secretsmanager:(.+):SecretString:(\w+)\}\}$/.exec(String(given)) ?? [];
    if (!secretId || !field) return String(given);
    return this.#world.account.service<SecretsManager>('secretsmanager').field(region, secretId, field);
  }

  /** Each minute, in the replica's region: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html */
  publishLag(): void {
    const { account } = this.#world;
    const random = account.kernel.random('rds/replica-lag');
    const { minimum, maximum } = replicaLagMilliseconds;
    for (const { identifier, region, replicaOf } of this.instances) {
      if (replicaOf === undefined) continue;
      account.service<SimulatedService & MetricSink>('cloudwatch').putMetric({
        namespace: 'AWS/RDS',
        name: 'ReplicaLag',
        dimensions: { DBInstanceIdentifier: identifier },
        value: (minimum + (maximum - minimum) * random.uniform()) / 1000,
        unit: 'Seconds',
        region,
      });
    }
    account.kernel.after(60_000, 'replica lag', () => this.publishLag());
  }
}

/** RDS as a module of the simulated world. */
export function createRds(world: World): ServiceModule {
  const rds = new Rds(world);
  world.network.connectStream(databaseEndpoints(world.account, () => rds.instances));
  return {
    services: [rds],
    providers: rds.providers,
    started: () => {
      if (rds.instances.some(({ replicaOf }) => replicaOf !== undefined)) rds.publishLag();
    },
  };
}
