import type { RotationRules } from './secretsmanager-schedule.ts';
import { AwsError, Unmodelled } from './service.ts';

/** One version. It has no text while a rotation has only announced it. */
export interface SecretVersion {
  readonly id: string;
  createdAt: number;
  text?: string;
}

/** How a secret rotates. */
export interface RotationConfiguration {
  readonly lambdaArn: string;
  readonly rules: RotationRules;
  /** From when on the rules count. */
  readonly since: number;
  enabled: boolean;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const versionsMaximum = 100;
const labelsMaximum = 20;
/** 'doesn't remove versions created less than 24 hours ago': https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
const versionKeptMilliseconds = 86_400_000;

/** One secret in one region: a primary or standalone one, or a replica, which differs in its region and its key alone. */
export class StoredSecret {
  readonly name: string;
  /** Name with the six characters that Secrets Manager adds to it in an ARN. */
  readonly resource: string;
  readonly region: string;
  readonly createdAt: number;
  readonly description: string | undefined;
  /** Empty: the account's own `aws/secretsmanager`. */
  readonly key: string;
  readonly tags: Map<string, string>;
  /** Region of the primary while this is its replica. */
  replicaOf: string | undefined;
  /** Regions that hold a replica. */
  readonly replicas = new Set<string>();
  rotation: RotationConfiguration | undefined;
  lastRotatedAt: number | undefined;
  lastChangedAt: number;
  lastReadAt: number | undefined;
  /** When somebody marked it for deletion. */
  deletedAt: number | undefined;
  #versions = new Map<string, SecretVersion>();
  #stages = new Map<string, string>();

  constructor(made: {
    readonly name: string;
    readonly resource: string;
    readonly region: string;
    readonly key: string;
    readonly at: number;
    readonly description?: string | undefined;
    readonly tags?: ReadonlyMap<string, string>;
    readonly replicaOf?: string;
  }) {
    this.name = made.name;
    this.resource = made.resource;
    this.region = made.region;
    this.key = made.key;
    this.createdAt = made.at;
    this.lastChangedAt = made.at;
    this.description = made.description;
    this.tags = new Map(made.tags ?? []);
    this.replicaOf = made.replicaOf;
  }

  get versions(): readonly SecretVersion[] {
    return [...this.#versions.values()];
  }

  /** Label → version. */
  get stages(): ReadonlyMap<string, string> {
    return this.#stages;
  }

  version(id: string): SecretVersion | undefined {
    return this.#versions.get(id);
  }

  /** The version that has the label. */
  at(stage: string): SecretVersion | undefined {
    return this.#versions.get(this.#stages.get(stage) ?? '');
  }

  stagesOf(id: string): string[] {
    return [...this.#stages].filter(([, version]) => version === id).map(([stage]) => stage);
  }

  /** The current version; a secret that was created has one. */
  get current(): SecretVersion & { readonly text: string } {
    const version = this.at('AWSCURRENT');
    if (version?.text === undefined) throw notFound('staging label: AWSCURRENT');
    return { ...version, text: version.text };
  }

  /** Adds a version, removing the oldest without a label where there is no more room. Throws AwsError LimitExceededException. */
  add(version: SecretVersion): void {
    if (this.#versions.size >= versionsMaximum) {
      const removable = this.versions.find(
        ({ id, createdAt }) =>
          this.stagesOf(id).length === 0 && version.createdAt - createdAt >= versionKeptMilliseconds,
      );
      if (!removable) {
        throw new AwsError('LimitExceededException', `A secret has at most ${versionsMaximum} versions.`);
      }
      this.#versions.delete(removable.id);
    }
    this.#versions.set(version.id, version);
  }

  /**
   * Attaches a label to a version, taking it from the one that has it. 'If you specify AWSCURRENT, and it is already attached to another version,
   * then Secrets Manager also moves the staging label AWSPREVIOUS to the version that AWSCURRENT was removed from':
   * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
   */
  attach(stage: string, id: string): void {
    const before = this.#stages.get(stage);
    if (before === id) return;
    if (stage === 'AWSCURRENT') {
      if (this.version(id)?.text === undefined) {
        throw new Unmodelled(
          `AWSCURRENT moves to the empty version ${id} of ${this.name}: what AWS does then is unknown.`,
        );
      }
      if (before !== undefined) this.#stages.set('AWSPREVIOUS', before);
      else this.#stages.delete('AWSPREVIOUS');
    }
    if (!this.#stages.has(stage) && this.#stages.size >= labelsMaximum) {
      throw new AwsError('LimitExceededException', `A secret has at most ${labelsMaximum} staging labels.`);
    }
    this.#stages.set(stage, id);
    // A version cannot be the current one and the one before it.
    if (stage === 'AWSCURRENT' && this.#stages.get('AWSPREVIOUS') === id) this.#stages.delete('AWSPREVIOUS');
  }

  detach(stage: string): void {
    const id = this.#stages.get(stage);
    this.#stages.delete(stage);
    // Without a text there is nothing to keep.
    if (id !== undefined && this.version(id)?.text === undefined && this.stagesOf(id).length === 0) {
      this.#versions.delete(id);
    }
  }

  /** As if everything about it had happened at that moment. */
  pretendOld(at: number): void {
    for (const version of this.#versions.values()) version.createdAt = Math.min(version.createdAt, at);
    this.lastChangedAt = at;
    this.lastRotatedAt = at;
  }

  /** Becomes what the other is: how a replica follows its primary. */
  follow(primary: StoredSecret): void {
    this.#versions = new Map(primary.versions.map((version) => [version.id, { ...version }]));
    this.#stages = new Map(primary.stages);
    this.lastChangedAt = primary.lastChangedAt;
    this.lastRotatedAt = primary.lastRotatedAt;
    this.tags.clear();
    for (const [key, value] of primary.tags) this.tags.set(key, value);
  }
}

/** In AWS's words: https://github.com/aws/aws-sdk-js-v3/issues/7701 */
export function notFound(what: string): AwsError {
  return new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${what}`);
}

/** Every secret of every region. */
export class SecretStore {
  readonly account: string;
  readonly #secrets: StoredSecret[] = [];

  constructor(account: string) {
    this.account = account;
  }

  get all(): readonly StoredSecret[] {
    return this.#secrets;
  }

  add(secret: StoredSecret): void {
    this.#secrets.push(secret);
  }

  remove(secret: StoredSecret): void {
    this.#secrets.splice(this.#secrets.indexOf(secret), 1);
  }

  arn({ region, resource }: StoredSecret): string {
    return `arn:aws:secretsmanager:${region}:${this.account}:secret:${resource}`;
  }

  /** By name, ARN, or ARN without the six characters: https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen */
  find(region: string, secretId: string): StoredSecret | undefined {
    const [, home, resource] = /^arn:aws:secretsmanager:([^:]+):\d+:secret:(.+)$/.exec(secretId) ?? [];
    if (home !== undefined && home !== region) return undefined;
    const here = this.#secrets.filter((secret) => secret.region === region);
    if (resource === undefined) return here.find(({ name }) => name === secretId);
    return here.find((secret) => secret.resource === resource) ?? here.find(({ name }) => name === resource);
  }

  /** Throws AwsError ResourceNotFoundException, and InvalidRequestException for one that is marked for deletion. */
  require(region: string, secretId: string): StoredSecret {
    const secret = this.find(region, secretId);
    if (secret?.deletedAt !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
}
