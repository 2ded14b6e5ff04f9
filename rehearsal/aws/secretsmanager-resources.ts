import { createHash } from 'node:crypto';
import type { Iam } from '../iam/index.ts';
import { assertModelled } from './modelled.ts';
import type { SecretsContext } from './secretsmanager-access.ts';
import { generatedSecret } from './secretsmanager-generate.ts';
import type { ReplicaRegion, SecretReplication } from './secretsmanager-replication.ts';
import type { SecretRotation } from './secretsmanager-rotation.ts';
import type { RotationRules } from './secretsmanager-schedule.ts';
import { StoredSecret } from './secretsmanager-store.ts';
import { requirePrimary } from './secretsmanager-versions.ts';
import {
  AwsError,
  type DeployedResource,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

/** What a database tells a secret that is attached to it. */
export interface AttachmentTarget {
  attachmentOf(region: string, targetId: string): Readonly<Record<string, string | number>>;
}

/** What the CloudFormation providers of secrets stand on. */
export interface SecretsResources {
  readonly context: SecretsContext;
  readonly replication: SecretReplication;
  readonly rotation: SecretRotation;
  readonly policies: Pick<Iam, 'putResourcePolicy'>;
  /** Resource policy documents by secret, so that a later replica gets its primary's. */
  readonly documents: Map<
    StoredSecret,
    { readonly document: unknown; readonly stack: string; readonly logicalId: string }
  >;
}

/** The CloudFormation providers of Secrets Manager's resource types. */
export function secretsProviders(resources: SecretsResources): readonly ResourceProvider[] {
  return [
    secretProvider(resources),
    attachmentProvider(resources),
    policyProvider(resources),
    rotationScheduleProvider(resources),
  ];
}

/** Puts a secret's policy on one of its replicas. */
export function copyPolicy(resources: SecretsResources, from: StoredSecret, to: StoredSecret): void {
  const known = resources.documents.get(from);
  if (!known) return;
  const arn = resources.context.store.arn(to);
  resources.policies.putResourcePolicy(arn, known.document, {
    stack: known.stack,
    logicalId: known.logicalId,
    policy: `resource policy of ${arn}`,
  });
}

function secretProvider(resources: SecretsResources): ResourceProvider {
  return {
    type: 'AWS::SecretsManager::Secret',
    modelled: ['Name', 'Description', 'GenerateSecretString', 'KmsKeyId', 'ReplicaRegions', 'Tags'],
    inert: {},
    create: (request) => createSecret(resources, request),
  };
}

function createSecret(
  { context, replication }: SecretsResources,
  { properties, region, stackName, logicalId }: ResourceRequest,
): DeployedResource {
  const { services, store } = context;
  const name = String(properties['Name'] ?? `${logicalId}-${services.nextId('secret-name', 'alnum13')}`);
  const replicas = (properties['ReplicaRegions'] ?? []) as readonly ReplicaRegion[];
  for (const replica of replicas) assertModelled(replica, ['Region', 'KmsKeyId'], `ReplicaRegions of ${name}`);
  const key = properties['KmsKeyId'];
  for (const place of [{ Region: region, ...(key === undefined ? {} : { KmsKeyId: String(key) }) }, ...replicas]) {
    replication.require(name, place);
  }
  const suffix = createHash('sha256').update(`${region}/${stackName}/${logicalId}`).digest('hex').slice(0, 6);
  const text = generatedSecret(properties['GenerateSecretString'], services.kernel.random(`secret/${region}/${name}`));
  const tags = (properties['Tags'] ?? []) as readonly { readonly Key: string; readonly Value: string }[];
  const secret = new StoredSecret({
    name,
    resource: `${name}-${suffix}`,
    region,
    key: String(key ?? ''),
    at: services.kernel.now(),
    description: properties['Description'] === undefined ? undefined : String(properties['Description']),
    tags: new Map(tags.map(({ Key, Value }) => [Key, String(Value)])),
  });
  addCurrent(context, secret, text);
  store.add(secret);
  // CloudFormation waits until the replicas are there. Assumed.
  for (const replica of replicas) replication.make(secret, replica);
  context.changed(secret);
  const arn = store.arn(secret);
  return { ref: arn, attributes: { Id: arn } };
}

function addCurrent({ services }: SecretsContext, secret: StoredSecret, text: string): void {
  const id = services.nextId('secret-version', 'uuid');
  secret.add({ id, text, createdAt: services.kernel.now() });
  secret.attach('AWSCURRENT', id);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secrettargetattachment.html */
function attachmentProvider({ context }: SecretsResources): ResourceProvider {
  return {
    type: 'AWS::SecretsManager::SecretTargetAttachment',
    modelled: ['SecretId', 'TargetId', 'TargetType'],
    inert: {},
    create: ({ properties, region }) => {
      if (properties['TargetType'] !== 'AWS::RDS::DBInstance') {
        throw new Unmodelled(`The target type ${properties['TargetType']} is not modelled; AWS::RDS::DBInstance is.`);
      }
      const secretId = String(properties['SecretId']);
      const secret = requirePrimary(context.store.require(region, secretId));
      const told = context.services
        .service<SimulatedService & AttachmentTarget>('rds')
        .attachmentOf(region, String(properties['TargetId']));
      addCurrent(context, secret, JSON.stringify({ ...JSON.parse(secret.current.text), ...told }));
      context.changed(secret);
      return { ref: secretId, attributes: { Id: secretId } };
    },
  };
}

function policyProvider(resources: SecretsResources): ResourceProvider {
  return {
    type: 'AWS::SecretsManager::ResourcePolicy',
    modelled: ['SecretId', 'ResourcePolicy'],
    inert: { BlockPublicPolicy: 'a check at deployment, by a service that reads policies; ours name the account' },
    create: ({ properties, region, stackName, logicalId }) => {
      const { store } = resources.context;
      const secret = requirePrimary(store.require(region, String(properties['SecretId'])));
      resources.documents.set(secret, { document: properties['ResourcePolicy'], stack: stackName, logicalId });
      copyPolicy(resources, secret, secret);
      // Replicas carry the policy: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
      for (const place of secret.replicas) {
        const replica = store.find(place, secret.name);
        if (replica) copyPolicy(resources, secret, replica);
      }
      const arn = store.arn(secret);
      return { ref: arn, attributes: { Id: arn } };
    },
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html */
function rotationScheduleProvider({ context, rotation }: SecretsResources): ResourceProvider {
  return {
    type: 'AWS::SecretsManager::RotationSchedule',
    modelled: ['SecretId', 'RotationLambdaARN', 'RotationRules', 'RotateImmediatelyOnUpdate'],
    inert: {},
    create: async ({ properties, region }) => {
      const secret = requirePrimary(context.store.require(region, String(properties['SecretId'])));
      if (secret.rotation) {
        throw new AwsError('InvalidRequestException', `The secret ${secret.name} has a rotation schedule already.`);
      }
      const lambdaArn = properties['RotationLambdaARN'];
      const rules = properties['RotationRules'] as RotationRules | undefined;
      if (lambdaArn === undefined || rules === undefined) {
        throw new Unmodelled(
          `A rotation schedule without RotationLambdaARN or RotationRules (${secret.name}) is not modelled.`,
        );
      }
      const immediately = String(properties['RotateImmediatelyOnUpdate'] ?? true) === 'true';
      const given = { lambdaArn: String(lambdaArn), rules: numbered(rules), immediately };
      await rotation.configure(secret, given, context.services.nextId('secret-version', 'uuid'));
      const arn = context.store.arn(secret);
      return { ref: arn, attributes: { Id: arn } };
    },
  };
}

/** A template's numbers may be texts. */
function numbered({ AutomaticallyAfterDays: days, ...rules }: RotationRules): RotationRules {
  return days === undefined ? rules : { ...rules, AutomaticallyAfterDays: Number(days) };
}
