import { secretReplicationMilliseconds, secretReplicationRetryMilliseconds } from './durations.ts';
import type { Kms } from './kms.ts';
import { assertModelled } from './modelled.ts';
import { accessTo, type SecretsContext } from './secretsmanager-access.ts';
import { StoredSecret } from './secretsmanager-store.ts';
import { requirePrimary } from './secretsmanager-versions.ts';
import { AwsError, type Operation, Unmodelled } from './service.ts';

/** Where a replica goes, and under which key. */
export interface ReplicaRegion {
  readonly Region: string;
  readonly KmsKeyId?: string;
}

/** Replicas of secrets. https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html */
export class SecretReplication {
  readonly #context: SecretsContext;
  /** The policy of a secret goes with its replicas. */
  readonly #copyPolicy: (from: StoredSecret, to: StoredSecret) => void;

  constructor(context: SecretsContext, copyPolicy: (from: StoredSecret, to: StoredSecret) => void) {
    this.#context = context;
    this.#copyPolicy = copyPolicy;
  }

  get operations(): Readonly<Record<string, Operation>> {
    return {
      ReplicateSecretToRegions: this.#replicateSecretToRegions(),
      StopReplicationToReplica: this.#stopReplicationToReplica(),
      RemoveRegionsFromReplication: this.#removeRegionsFromReplication(),
    };
  }

  /** Throws AwsError when the region has such a secret, or not the key. */
  require(name: string, { Region: region, KmsKeyId: key }: ReplicaRegion, overwrites = false): void {
    const { store, services } = this.#context;
    const standing = store.find(region, name);
    if (standing && overwrites) this.#requireReplaceable(standing);
    else if (standing) {
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    }
    if (key !== undefined && !services.service<Kms>('kms').find(region, key)) {
      throw new AwsError(
        'InvalidParameterException',
        `The key ${key} of the secret ${name} does not exist in ${region}.`,
      );
    }
  }

  /** What AWS does with one that has replicas, or is another's, is not documented. */
  #requireReplaceable({ name, region, replicas, replicaOf }: StoredSecret): void {
    if (replicas.size === 0 && replicaOf === undefined) return;
    throw new Unmodelled(`${name} in ${region} is replicated: that it is overwritten is not modelled.`);
  }

  /** A replica as its primary is now, instead of what has its name. */
  make(primary: StoredSecret, { Region: region, KmsKeyId: key = '' }: ReplicaRegion): void {
    const { store, services } = this.#context;
    const standing = store.find(region, primary.name);
    if (standing) {
      standing.rotation = undefined;
      store.remove(standing);
    }
    const { name, resource, description } = primary;
    const at = services.kernel.now();
    const replica = new StoredSecret({ name, resource, region, key, description, at, replicaOf: primary.region });
    replica.follow(primary);
    primary.replicas.add(region);
    store.add(replica);
    this.#copyPolicy(primary, replica);
  }

  /** A change of a secret reaches its replicas after a while. */
  spread(primary: StoredSecret): void {
    const { store, services } = this.#context;
    for (const region of primary.replicas) {
      const arrive = (): void => {
        if (!services.regions.reaches(primary.region, region)) {
          services.kernel.after(secretReplicationRetryMilliseconds, `replicate ${primary.name} to ${region}`, arrive);
          return;
        }
        const replica = store.find(region, primary.name);
        if (replica?.replicaOf === primary.region) replica.follow(primary);
      };
      services.kernel.after(secretReplicationMilliseconds, `replicate ${primary.name} to ${region}`, arrive);
    }
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html */
  #replicateSecretToRegions(): Operation {
    const { store } = this.#context;
    return {
      inputs: ['SecretId', 'AddReplicaRegions', 'ForceOverwriteReplicaSecret'],
      authorise: (input, call) =>
        accessTo(this.#context, 'ReplicateSecretToRegions', input, call, { keyActions: ['kms:Decrypt'] }),
      run: (input, { region }) => {
        const secret = requirePrimary(store.require(region, String(input['SecretId'])));
        for (const added of input['AddReplicaRegions'] as readonly ReplicaRegion[]) {
          assertModelled(added, ['Region', 'KmsKeyId'], 'AddReplicaRegions');
          this.require(secret.name, added, input['ForceOverwriteReplicaSecret'] === true);
          this.make(secret, added);
        }
        return { ARN: store.arn(secret), ReplicationStatus: statusOf(secret) };
      },
    };
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RemoveRegionsFromReplication.html */
  #removeRegionsFromReplication(): Operation {
    const { store } = this.#context;
    return {
      inputs: ['SecretId', 'RemoveReplicaRegions'],
      authorise: (input, call) => accessTo(this.#context, 'RemoveRegionsFromReplication', input, call),
      run: (input, { region }) => {
        const secret = requirePrimary(store.require(region, String(input['SecretId'])));
        for (const place of input['RemoveReplicaRegions'] as readonly string[]) {
          const replica = store.find(place, secret.name);
          if (replica?.replicaOf !== region || !secret.replicas.delete(place)) {
            throw new AwsError('InvalidParameterException', `The secret ${secret.name} has no replica in ${place}.`);
          }
          store.remove(replica);
        }
        return { ARN: store.arn(secret), ReplicationStatus: statusOf(secret) };
      },
    };
  }

  /**
   * 'promotes the replica to a primary secret in the replica Region. You must call this operation from the Region in which you want to promote the
   * replica'. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
   */
  #stopReplicationToReplica(): Operation {
    const { store } = this.#context;
    return {
      inputs: ['SecretId'],
      authorise: (input, call) => accessTo(this.#context, 'StopReplicationToReplica', input, call),
      run: (input, { region }) => {
        const secret = store.require(region, String(input['SecretId']));
        if (secret.replicaOf === undefined) {
          throw new AwsError('InvalidRequestException', `The secret ${secret.name} in ${region} is not a replica.`);
        }
        store.find(secret.replicaOf, secret.name)?.replicas.delete(region);
        secret.replicaOf = undefined;
        this.#context.changed(secret);
        return { ARN: store.arn(secret) };
      },
    };
  }
}

function statusOf({ replicas }: StoredSecret): readonly { readonly Region: string; readonly Status: string }[] {
  return [...replicas].map((Region) => ({ Region, Status: 'InSync' }));
}
