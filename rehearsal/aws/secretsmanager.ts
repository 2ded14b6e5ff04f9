import { createHash } from 'node:crypto';
import type { Iam } from '../iam/index.ts';
import type { Kms } from './kms.ts';
import { assertModelled } from './modelled.ts';
import type { CreateModule } from './module.ts';
import { generatedSecret } from './secretsmanager-generate.ts';
import {
  type AccountServices,
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  type DeployedResource,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

interface Version {
  readonly id: string;
  readonly text: string;
  readonly createdAt: number;
}

/** A secret with its copies: they share name, suffix and versions; each region has a key of its own. */
interface Secret {
  readonly name: string;
  /** With the six characters that Secrets Manager adds to a name in an ARN. */
  readonly resource: string;
  readonly region: string;
  /** Region → key, of the secret and of its copies. Without a key the account's own `aws/secretsmanager`. */
  readonly keys: Readonly<Record<string, string>>;
  /** What AWSCURRENT stands on. */
  current: Version;
}

/** What a database tells a secret that is attached to it. */
export interface AttachmentTarget {
  attachmentOf(region: string, targetId: string): Readonly<Record<string, string | number>>;
}

/**
 * The simulated Secrets Manager of all regions. Values are in memory only: no operation writes one to the event log. Copies follow
 * at once: how long they take, AWS does not say.
 */
export class SecretsManager implements SimulatedService {
  readonly id = 'secretsmanager';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly #services: AccountServices;
  readonly #policies: Pick<Iam, 'putResourcePolicy'>;
  readonly #secrets: Secret[] = [];

  constructor(services: AccountServices, policies: Pick<Iam, 'putResourcePolicy'>) {
    this.#services = services;
    this.#policies = policies;
    this.operations = { GetSecretValue: this.#getSecretValue() };
    this.providers = [this.#secretProvider(), this.#attachmentProvider(), this.#policyProvider()];
  }

  /** A field of a secret's current value, as CloudFormation resolves `{{resolve:secretsmanager:…}}`. Throws AwsError ResourceNotFoundException. */
  field(region: string, secretId: string, field: string): string {
    const value: unknown = JSON.parse(this.#require(region, secretId).current.text)[field];
    if (typeof value === 'string') return value;
    throw new AwsError('ResourceNotFoundException', `The secret ${secretId} has no field '${field}'.`);
  }

  #find(region: string, secretId: string): Secret | undefined {
    const resource = /^arn:aws:secretsmanager:([^:]+):\d+:secret:(.+)$/.exec(secretId);
    if (resource && resource[1] !== region) return undefined;
    return this.#secrets.find(
      (secret) => region in secret.keys && (resource ? secret.resource === resource[2] : secret.name === secretId),
    );
  }

  #require(region: string, secretId: string): Secret {
    const secret = this.#find(region, secretId);
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  #arn(region: string, { resource }: Secret): string {
    return `arn:aws:secretsmanager:${region}:${this.#services.account}:secret:${resource}`;
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
  #getSecretValue(): Operation {
    return {
      inputs: ['SecretId', 'VersionStage'],
      authorise: (input, context) => this.#authorise(input, context),
      run: (input, { region }) => {
        const stage = input['VersionStage'] ?? 'AWSCURRENT';
        if (stage !== 'AWSCURRENT') throw new Unmodelled(`The version stage ${stage} is not modelled; AWSCURRENT is.`);
        const secret = this.#require(region, String(input['SecretId']));
        return {
          ARN: this.#arn(region, secret),
          Name: secret.name,
          VersionId: secret.current.id,
          SecretString: secret.current.text,
          VersionStages: ['AWSCURRENT'],
          CreatedDate: new Date(secret.current.createdAt),
        };
      },
    };
  }

  /**
   * The secret, and its key through Secrets Manager on the caller's behalf.
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
   */
  #authorise(input: OperationInput, { region, account }: CallContext): AuthorisationRequest[] {
    const secretId = String(input['SecretId']);
    const secret = this.#find(region, secretId);
    const arn = secret
      ? this.#arn(region, secret)
      : `arn:aws:secretsmanager:${region}:${account}:secret:${secretId.replace(/^arn:.*:secret:/, '')}`;
    const own = {
      action: 'secretsmanager:GetSecretValue',
      resources: [arn],
      conditions: { 'secretsmanager:SecretId': arn, 'secretsmanager:VersionStage': 'AWSCURRENT' },
    };
    const key = secret?.keys[region];
    if (!secret || key === undefined || key === '') return [own];
    const uses = this.#services.service<Kms>('kms').keyUseRequests({
      region,
      key,
      actions: ['kms:Decrypt'],
      viaService: 'secretsmanager',
      encryptionContext: { SecretARN: arn, SecretVersionId: secret.current.id },
    });
    return [own, ...uses];
  }

  #version(text: string): Version {
    return { id: this.#services.nextId('secret-version', 'uuid'), text, createdAt: this.#services.kernel.now() };
  }

  #secretProvider(): ResourceProvider {
    return {
      type: 'AWS::SecretsManager::Secret',
      modelled: ['Name', 'GenerateSecretString', 'KmsKeyId', 'ReplicaRegions'],
      inert: {
        Description: 'for people',
        Tags: 'tags of secrets play no part in a rehearsal',
      },
      create: (request) => this.#create(request),
    };
  }

  #create({ properties, region, stackName, logicalId }: ResourceRequest): DeployedResource {
    const name = String(properties['Name'] ?? `${logicalId}-${this.#services.nextId('secret-name', 'alnum13')}`);
    const replicas = (properties['ReplicaRegions'] ?? []) as { readonly Region: string; readonly KmsKeyId?: string }[];
    const keys: Record<string, string> = { [region]: String(properties['KmsKeyId'] ?? '') };
    for (const replica of replicas) {
      assertModelled(replica, ['Region', 'KmsKeyId'], `ReplicaRegions of ${name}`);
      keys[replica.Region] = replica.KmsKeyId ?? '';
    }
    for (const [place, key] of Object.entries(keys)) {
      if (this.#find(place, name)) {
        throw new AwsError(
          'ResourceExistsException',
          `The operation failed because the secret ${name} already exists.`,
        );
      }
      if (key !== '' && !this.#services.service<Kms>('kms').find(place, key)) {
        throw new AwsError(
          'InvalidParameterException',
          `The key ${key} of the secret ${name} does not exist in ${place}.`,
        );
      }
    }
    const suffix = createHash('sha256').update(`${region}/${stackName}/${logicalId}`).digest('hex').slice(0, 6);
    const random = this.#services.kernel.random(`secret/${region}/${name}`);
    const text = generatedSecret(properties['GenerateSecretString'], random);
    const secret = { name, resource: `${name}-${suffix}`, region, keys, current: this.#version(text) };
    this.#secrets.push(secret);
    const arn = this.#arn(region, secret);
    return { ref: arn, attributes: { Id: arn } };
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secrettargetattachment.html */
  #attachmentProvider(): ResourceProvider {
    return {
      type: 'AWS::SecretsManager::SecretTargetAttachment',
      modelled: ['SecretId', 'TargetId', 'TargetType'],
      inert: {},
      create: ({ properties, region }) => {
        if (properties['TargetType'] !== 'AWS::RDS::DBInstance') {
          throw new Unmodelled(`The target type ${properties['TargetType']} is not modelled; AWS::RDS::DBInstance is.`);
        }
        const secretId = String(properties['SecretId']);
        const secret = this.#require(region, secretId);
        const told = this.#services
          .service<SimulatedService & AttachmentTarget>('rds')
          .attachmentOf(region, String(properties['TargetId']));
        secret.current = this.#version(JSON.stringify({ ...JSON.parse(secret.current.text), ...told }));
        return { ref: secretId, attributes: { Id: secretId } };
      },
    };
  }

  #policyProvider(): ResourceProvider {
    return {
      type: 'AWS::SecretsManager::ResourcePolicy',
      modelled: ['SecretId', 'ResourcePolicy'],
      inert: { BlockPublicPolicy: 'a check at deployment, by a service that reads policies; ours name the account' },
      create: ({ properties, region, stackName, logicalId }) => {
        const secret = this.#require(region, String(properties['SecretId']));
        // Copies carry the policy: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
        for (const place of Object.keys(secret.keys)) {
          const arn = this.#arn(place, secret);
          const origin = { stack: stackName, logicalId, policy: `resource policy of ${arn}` };
          this.#policies.putResourcePolicy(arn, properties['ResourcePolicy'], origin);
        }
        const arn = this.#arn(region, secret);
        return { ref: arn, attributes: { Id: arn } };
      },
    };
  }
}

/** Secrets Manager as a module of the simulated world. */
export const createSecretsManager: CreateModule = ({ account, iam }) => {
  const secrets = new SecretsManager(account, iam);
  return { services: [secrets], providers: secrets.providers };
};
