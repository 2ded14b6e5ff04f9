import { createHash } from 'node:crypto';
import type { Iam } from '../iam/index.ts';
import type { CreateModule } from './module.ts';
import {
  type AccountServices,
  type AuthorisationRequest,
  AwsError,
  type DeployedResource,
  type Operation,
  type OperationInput,
  type Principal,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

export interface Key {
  readonly arn: string;
  readonly id: string;
  readonly region: string;
  readonly enabled: boolean;
}

/** A use of a key that a service makes for somebody. */
export interface KeyUse {
  readonly principal: Principal;
  readonly region: string;
  /** ARN, key id, alias name or alias ARN. */
  readonly key: string;
  /** `kms:Decrypt`, … */
  readonly actions: readonly string[];
  /** The service that asks KMS for the caller: `dynamodb`. Becomes kms:ViaService `dynamodb.<region>.amazonaws.com`. */
  readonly viaService?: string;
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** Also of one that is disabled. */
  readonly disabled?: true;
}

/** The simulated KMS of all regions: who may use which key. There is no cryptography. */
export class Kms implements SimulatedService {
  readonly id = 'kms';
  readonly operations: Readonly<Record<string, Operation>> = {
    DescribeKey: this.#describeKey(),
    DisableKey: this.#disableKey(),
  };
  readonly providers: readonly ResourceProvider[];
  readonly #services: AccountServices;
  readonly #policies: Pick<Iam, 'putResourcePolicy'>;
  readonly #keys = new Map<string, Key>();
  /** `region/alias/name` → ARN of the key. */
  readonly #aliases = new Map<string, string>();
  /** ARN of a key → its aliases, in the order in which they were made. */
  readonly #aliasesOf = new Map<string, string[]>();

  constructor(services: AccountServices, policies: Pick<Iam, 'putResourcePolicy'>) {
    this.#services = services;
    this.#policies = policies;
    this.providers = this.#createProviders();
  }

  /** The key behind an ARN, id, alias name or alias ARN, as a service of the region names it; undefined when there is none. */
  find(region: string, reference: string): Key | undefined {
    const name = reference.replace(/^arn:aws:kms:[^:]+:\d+:/, '');
    const home = /^arn:aws:kms:([^:]+):/.exec(reference)?.[1] ?? region;
    if (name.startsWith('alias/')) return this.#keys.get(this.#aliases.get(`${home}/${name}`) ?? '');
    return this.#keys.get(this.#arn(home, name.replace(/^key\//, '')));
  }

  /**
   * Whether the principal may use the key: by the key's policy and its own. Keys that AWS manages (`alias/aws/…`) are open to
   * the account's principals through their service. Throws AwsError AccessDenied, NotFoundException, DisabledException.
   */
  authoriseKeyUse(use: KeyUse): void {
    this.#services.authorise(use.principal, use.region, this.keyUseRequests(use));
  }

  /** The decisions that `authoriseKeyUse` asks for; none for a key that AWS manages. Throws AwsError NotFoundException, DisabledException. */
  keyUseRequests(use: Omit<KeyUse, 'principal'>): AuthorisationRequest[] {
    if (/(^|:)alias\/aws\//.test(use.key)) return [];
    const key = this.find(use.region, use.key);
    if (!key) throw new AwsError('NotFoundException', `Key '${use.key}' does not exist in ${use.region}.`);
    if (!key.enabled && !use.disabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`);
    const context = Object.entries(use.encryptionContext ?? {}).map(([name, value]) => [
      `kms:EncryptionContext:${name}`,
      value,
    ]);
    const conditions: Record<string, string | string[]> = {
      // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
      'kms:CallerAccount': this.#services.account,
      'kms:ResourceAliases': this.#aliasesOf.get(key.arn) ?? [],
      ...(use.viaService === undefined ? {} : { 'kms:ViaService': `${use.viaService}.${key.region}.amazonaws.com` }),
      ...Object.fromEntries(context),
      ...(context.length === 0 ? {} : { 'kms:EncryptionContextKeys': Object.keys(use.encryptionContext ?? {}) }),
    };
    return use.actions.map((action) => ({ action, resources: [key.arn], conditions }));
  }

  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
  #describeKey(): Operation {
    const required = (input: OperationInput, region: string): Key => {
      const key = this.find(region, String(input['KeyId']));
      if (key?.region === region) return key;
      throw new AwsError('NotFoundException', `Key '${input['KeyId']}' does not exist`);
    };
    return {
      inputs: ['KeyId'],
      // A key that is disabled can be described: it is not used.
      authorise: (input, { region }) => {
        const { arn } = required(input, region);
        return this.keyUseRequests({ region, key: arn, actions: ['kms:DescribeKey'], disabled: true });
      },
      run: (input, { region }) => {
        const { arn, id, enabled } = required(input, region);
        return { KeyMetadata: { KeyId: id, Arn: arn, Enabled: enabled, KeyState: enabled ? 'Enabled' : 'Disabled' } };
      },
    };
  }

  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html, by key id or ARN. */
  #disableKey(): Operation {
    return {
      inputs: ['KeyId'],
      authorise: (input, { region }) =>
        this.keyUseRequests({ region, key: String(input['KeyId']), actions: ['kms:DisableKey'], disabled: true }),
      run: (input, { region }) => {
        const key = this.find(region, String(input['KeyId']));
        if (!key) throw new AwsError('NotFoundException', `Key '${input['KeyId']}' does not exist`);
        this.#keys.set(key.arn, { ...key, enabled: false });
        return {};
      },
    };
  }

  #arn(region: string, id: string): string {
    return `arn:aws:kms:${region}:${this.#services.account}:key/${id}`;
  }

  #createKey(request: ResourceRequest, id: string): DeployedResource {
    const { KeyPolicy: policy, Enabled: enabled, KeySpec: spec, KeyUsage: usage } = request.properties;
    if ((spec ?? 'SYMMETRIC_DEFAULT') !== 'SYMMETRIC_DEFAULT' || (usage ?? 'ENCRYPT_DECRYPT') !== 'ENCRYPT_DECRYPT') {
      throw new Unmodelled(`KeySpec ${spec} with KeyUsage ${usage} is not modelled; symmetric encryption keys are.`);
    }
    const arn = this.#arn(request.region, id);
    this.#keys.set(arn, { arn, id, region: request.region, enabled: enabled !== false });
    const origin = { stack: request.stackName, logicalId: request.logicalId, policy: `resource policy of ${arn}` };
    this.#policies.putResourcePolicy(arn, policy ?? defaultKeyPolicy(this.#services.account), origin);
    return { ref: id, attributes: { Arn: arn, KeyId: id } };
  }

  #createProviders(): ResourceProvider[] {
    const inert = {
      Description: 'for people',
      Tags: 'tags of keys play no part in a rehearsal',
      PendingWindowInDays: 'no key is deleted in a rehearsal',
    };
    return [
      {
        type: 'AWS::KMS::Key',
        modelled: ['KeyPolicy', 'Enabled', 'KeySpec', 'KeyUsage', 'MultiRegion'],
        inert: {
          ...inert,
          EnableKeyRotation: 'there is no key material',
          RotationPeriodInDays: 'there is no key material',
          BypassPolicyLockoutSafetyCheck: 'key policies are never put again in a rehearsal',
        },
        create: (request) => this.#createKey(request, keyId(request, request.properties['MultiRegion'] === true)),
      },
      {
        type: 'AWS::KMS::ReplicaKey',
        modelled: ['KeyPolicy', 'Enabled', 'PrimaryKeyArn'],
        inert,
        create: (request) => {
          const primary = this.#keys.get(String(request.properties['PrimaryKeyArn']));
          if (!primary)
            throw new AwsError('NotFoundException', `Key ${request.properties['PrimaryKeyArn']} does not exist.`);
          return this.#createKey(request, primary.id);
        },
      },
      {
        type: 'AWS::KMS::Alias',
        modelled: ['AliasName', 'TargetKeyId'],
        inert: {},
        create: (request) => {
          const name = String(request.properties['AliasName']);
          const target = this.find(request.region, String(request.properties['TargetKeyId']));
          if (!target)
            throw new AwsError('NotFoundException', `Key ${request.properties['TargetKeyId']} does not exist.`);
          const place = `${request.region}/${name}`;
          if (this.#aliases.has(place))
            throw new AwsError('AlreadyExistsException', `An alias with the name ${name} already exists.`);
          this.#aliases.set(place, target.arn);
          this.#aliasesOf.set(target.arn, [...(this.#aliasesOf.get(target.arn) ?? []), name]);
          return {
            ref: name,
            attributes: { AliasArn: `arn:aws:kms:${request.region}:${this.#services.account}:${name}` },
          };
        },
      },
    ];
  }
}

/** KMS as a module of the simulated world. */
export const createKms: CreateModule = ({ account, iam }) => {
  const kms = new Kms(account, iam);
  return { services: [kms], providers: kms.providers };
};

/** The same stack always makes the same key id. */
function keyId({ region, stackName, logicalId }: ResourceRequest, multiRegion: boolean): string {
  const hex = createHash('sha256').update(`kms/${region}/${stackName}/${logicalId}`).digest('hex');
  if (multiRegion) return `mrk-${hex.slice(0, 32)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** 'gives the account that owns the key full access': https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
function defaultKeyPolicy(account: string): object {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  };
}
