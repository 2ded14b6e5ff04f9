import { createHash } from 'node:crypto';
import { DatabaseModel } from '../postgres/database.ts';
import { verifierOf } from '../postgres/scram.ts';
import { databaseCreationMilliseconds } from './durations.ts';
import type { Kms } from './kms.ts';
import { rdsArn } from './rds-access.ts';
import { beginBackups } from './rds-backups.ts';
import { pause, type RdsContext, serverOf } from './rds-context.ts';
import type { ParameterGroup } from './rds-groups.ts';
import type { DatabaseInstanceState, InstanceFigures } from './rds-instances.ts';
import { instanceProperties } from './rds-properties.ts';
import { replicaSource } from './rds-replica.ts';
import { startServer } from './rds-servers.ts';
import type { SecretsManager } from './secretsmanager.ts';
import { AwsError, type DeployedResource, type ResourceProvider, type ResourceRequest, Unmodelled } from './service.ts';

/** RDS picks one where none is given: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html Always this here. */
export const backupWindowUnlessGiven = '04:00-04:30';

/** What an instance's names follow from: the same of the same origin. */
export function identityOf(
  context: RdsContext,
  { region, identifier, origin }: { readonly region: string; readonly identifier: string; readonly origin: string },
): Pick<DatabaseInstanceState, 'identifier' | 'region' | 'arn' | 'resourceId' | 'host' | 'createdAt'> {
  const hash = createHash('sha256').update(`rds/${region}/${origin}`).digest('hex');
  const { account, kernel } = context.world.account;
  return {
    identifier,
    region,
    arn: rdsArn({ region, account }, 'db', identifier),
    resourceId: `db-${hash.slice(0, 26).toUpperCase()}`,
    host: `${identifier}.${hash.slice(0, 12)}.${region}.rds.amazonaws.com`,
    createdAt: kernel.now(),
  };
}

/** The zone of an instance, and of its other half: zones are not simulated beyond their names. */
export function zonesOf(
  region: string,
  multiAz: boolean,
): Pick<DatabaseInstanceState, 'multiAz' | 'zone' | 'secondaryZone'> {
  return { multiAz, zone: `${region}a`, ...(multiAz ? { secondaryZone: `${region}b` } : {}) };
}

/** On by default since PostgreSQL 15: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html */
export function tlsForcedBy({ parameters }: ParameterGroup): boolean {
  return (parameters['rds.force_ssl'] ?? '1') === '1';
}

/** AWS::RDS::DBInstance. */
export function instanceProvider(context: RdsContext): ResourceProvider {
  return { type: 'AWS::RDS::DBInstance', ...instanceProperties, create: (request) => create(context, request) };
}

async function create(context: RdsContext, request: ResourceRequest): Promise<DeployedResource> {
  const { properties, region } = request;
  const { instances, groups, world } = context;
  const identifier = String(properties['DBInstanceIdentifier']).toLowerCase();
  instances.requireFree(region, identifier);
  const group = groups.parameters(region, String(properties['DBParameterGroupName']));
  const instance = made(context, request, identifier, group);
  const source = instance.replicaOf === undefined ? undefined : instances.byArn(instance.replicaOf);
  const real = await startServer(world, instance, {
    parameters: group.parameters,
    source: source?.real,
    masterPassword: () => resolved(context, region, properties['MasterUserPassword']),
  });
  if (real) instance.real = real;
  instances.add(instance);
  const kind = source ? 'replica' : 'instance';
  await pause(context, databaseCreationMilliseconds[kind], `create ${identifier}`);
  instances.become(instance, 'available');
  beginBackups(context, instance, { first: false });
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

function made(
  context: RdsContext,
  { properties, region, stackName, logicalId }: ResourceRequest,
  identifier: string,
  group: ParameterGroup,
): DatabaseInstanceState {
  const subnets = context.groups.subnets(region, String(properties['DBSubnetGroupName']));
  const keyArn = keyOf(context, region, properties['KmsKeyId']);
  const reference = properties['SourceDBInstanceIdentifier'];
  const source =
    reference === undefined
      ? undefined
      : replicaSource(context.instances, { region, source: String(reference), key: properties['KmsKeyId'] });
  const replicaKey = keyArn ?? source?.keyArn;
  return {
    ...identityOf(context, { region, identifier, origin: `${stackName}/${logicalId}` }),
    port: Number(properties['Port'] ?? 5432),
    vpcId: subnets.vpcId,
    subnetGroup: subnets.name,
    parameterGroup: group.name,
    tlsForced: tlsForcedBy(group),
    figures: source ? { ...source.figures, ...figuresOf(properties) } : { ...unlessGiven, ...figuresOf(properties) },
    backupRetentionDays: Number(properties['BackupRetentionPeriod'] ?? (source ? 0 : 1)),
    backupWindow: String(properties['PreferredBackupWindow'] ?? source?.backupWindow ?? backupWindowUnlessGiven),
    encrypted: source ? source.encrypted : isTrue(properties['StorageEncrypted']),
    ...(replicaKey === undefined ? {} : { keyArn: replicaKey }),
    ...zonesOf(region, isTrue(properties['MultiAZ'])),
    deletionProtection: isTrue(properties['DeletionProtection']),
    copyTagsToSnapshot: isTrue(properties['CopyTagsToSnapshot']),
    tags: tagsFrom(properties['Tags']),
    status: 'creating',
    ...(source ? { replicaOf: source.arn } : {}),
    model: source ? source.model : newDatabase(context, { region, identifier, properties, group }),
  };
}

const unlessGiven = {
  instanceClass: 'db.t4g.micro',
  engineVersion: '18.3',
  gibibytes: 20,
  storageType: 'gp3',
  securityGroupIds: [],
};

function figuresOf(properties: Readonly<Record<string, unknown>>): Partial<InstanceFigures> {
  const { DBInstanceClass, EngineVersion, AllocatedStorage, StorageType, VPCSecurityGroups } = properties;
  return {
    ...(DBInstanceClass === undefined ? {} : { instanceClass: String(DBInstanceClass) }),
    ...(EngineVersion === undefined ? {} : { engineVersion: String(EngineVersion) }),
    ...(AllocatedStorage === undefined ? {} : { gibibytes: Number(AllocatedStorage) }),
    ...(StorageType === undefined ? {} : { storageType: String(StorageType) }),
    ...(VPCSecurityGroups === undefined ? {} : { securityGroupIds: (VPCSecurityGroups as unknown[]).map(String) }),
  };
}

function isTrue(given: unknown): boolean {
  return String(given) === 'true';
}

function tagsFrom(given: unknown): ReadonlyMap<string, string> {
  return new Map(((given ?? []) as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, String(Value)]));
}

function keyOf({ world }: RdsContext, region: string, key: unknown): string | undefined {
  if (key === undefined) return undefined;
  const found = world.account.service<Kms>('kms').find(region, String(key));
  if (found) return found.arn;
  throw new AwsError('KMSKeyNotAccessibleFault', `The key ${key} does not exist in ${region}.`);
}

function newDatabase(
  context: RdsContext,
  {
    region,
    identifier,
    properties,
    group: { parameters },
  }: {
    readonly region: string;
    readonly identifier: string;
    readonly properties: Readonly<Record<string, unknown>>;
    readonly group: ParameterGroup;
  },
): DatabaseModel {
  if (properties['Engine'] !== 'postgres')
    throw new Unmodelled(`The engine ${properties['Engine']} is not modelled; postgres is.`);
  const master = resolved(context, region, properties['MasterUsername']);
  const salt = createHash('sha256').update(`salt/${identifier}`).digest().subarray(0, 16);
  const password = resolved(context, region, properties['MasterUserPassword']);
  return new DatabaseModel(
    String(properties['DBName']),
    master,
    verifierOf(password, salt),
    serverOf(context, region, parameters),
  );
}

/** A reference to a secret comes as it stands in the template. Only here does it become a value, which is not written down. */
function resolved({ world }: RdsContext, region: string, given: unknown): string {
  const [, secretId, field] = /^\{\{resolve:secretsmanager:(.+):SecretString:(\w+)\}\}$/.exec(String(given)) ?? [];
  if (!secretId || !field) return String(given);
  return world.account.service<SecretsManager>('secretsmanager').field(region, secretId, field);
}
