import { assertModelled, page } from './modelled.ts';
import { accessTo, type SecretsContext } from './secretsmanager-access.ts';
import { randomPassword } from './secretsmanager-generate.ts';
import { rotationScheduleOf } from './secretsmanager-schedule.ts';
import type { StoredSecret } from './secretsmanager-store.ts';
import { requirePrimary } from './secretsmanager-versions.ts';
import { AwsError, type Operation, type OperationInput, Unmodelled } from './service.ts';

const dayMilliseconds = 86_400_000;
const recoveryDays = 30;

/** Operations that tell about secrets without their values, and their tags. */
export function descriptionOperations(
  context: SecretsContext,
  passwordMade: (password: string) => void,
): Readonly<Record<string, Operation>> {
  return {
    DescribeSecret: describeSecret(context),
    DeleteSecret: deleteSecret(context),
    ListSecrets: listSecrets(context),
    GetRandomPassword: getRandomPassword(context, passwordMade),
    TagResource: tagging(context, 'TagResource', 'Tags', (secret, tags) => {
      for (const { Key, Value } of tags as readonly { Key: string; Value: string }[]) secret.tags.set(Key, Value);
    }),
    UntagResource: tagging(context, 'UntagResource', 'TagKeys', (secret, keys) => {
      for (const key of keys as readonly string[]) secret.tags.delete(key);
    }),
  };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
function describeSecret(context: SecretsContext): Operation {
  return {
    inputs: ['SecretId'],
    authorise: (input, call) => accessTo(context, 'DescribeSecret', input, call),
    run: (input, { region }) => {
      const found = context.store.find(region, String(input['SecretId']));
      // One that is marked for deletion is described all the same.
      const secret = found?.deletedAt === undefined ? context.store.require(region, String(input['SecretId'])) : found;
      const { SecretVersionsToStages, ...told } = described(context, secret);
      return { ...told, VersionIdsToStages: SecretVersionsToStages };
    },
  };
}

/** An entry of ListSecrets, but for how copies stand; DescribeSecret says the same, and calls the versions VersionIdsToStages. */
function described({ store }: SecretsContext, secret: StoredSecret) {
  const labelled = secret.versions.filter(({ id }) => secret.stagesOf(id).length > 0);
  return {
    ARN: store.arn(secret),
    Name: secret.name,
    Description: secret.description,
    ...(secret.key === '' ? {} : { KmsKeyId: secret.key }),
    ...rotationOf(secret),
    LastRotatedDate: dateOf(secret.lastRotatedAt),
    LastChangedDate: dateOf(secret.lastChangedAt),
    DeletedDate: dateOf(secret.deletedAt),
    // A date without a time of day.
    LastAccessedDate:
      secret.lastReadAt === undefined
        ? undefined
        : new Date(Math.floor(secret.lastReadAt / dayMilliseconds) * dayMilliseconds),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    SecretVersionsToStages: Object.fromEntries(labelled.map(({ id }) => [id, secret.stagesOf(id)])),
    CreatedDate: new Date(secret.createdAt),
    ...replicationOf(secret),
  };
}

function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}

function rotationOf({ rotation, lastRotatedAt }: StoredSecret): Readonly<Record<string, unknown>> {
  if (!rotation) return {};
  const next = rotationScheduleOf(rotation.rules)(lastRotatedAt ?? rotation.since);
  return {
    RotationEnabled: rotation.enabled,
    RotationLambdaARN: rotation.lambdaArn,
    RotationRules: rotation.rules,
    // 'The next rotation is scheduled to occur on or before this date. … If rotation is unsuccessful, this date may be in the past.'
    ...(rotation.enabled && next ? { NextRotationDate: new Date(next.closesAt) } : {}),
  };
}

function replicationOf({ region, replicaOf, replicas }: StoredSecret): {
  PrimaryRegion?: string;
  ReplicationStatus?: unknown;
} {
  if (replicaOf !== undefined) return { PrimaryRegion: replicaOf };
  if (replicas.size === 0) return {};
  return {
    PrimaryRegion: region,
    ReplicationStatus: [...replicas].map((replica) => ({ Region: replica, Status: 'InSync' })),
  };
}

/**
 * Marks it: with a recovery window nothing is lost for at least a week, and nothing can be read.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
 */
function deleteSecret(context: SecretsContext): Operation {
  return {
    inputs: ['SecretId', 'RecoveryWindowInDays'],
    authorise: (input, call) => accessTo(context, 'DeleteSecret', input, call),
    run: (input, { region }) => {
      const secret = requirePrimary(context.store.require(region, String(input['SecretId'])));
      // 'You can't delete a primary secret that is replicated to other Regions.'
      if (secret.replicas.size > 0) {
        throw new AwsError(
          'InvalidRequestException',
          `You can't delete secret ${secret.name} that still has replica regions [${[...secret.replicas].join(', ')}]`,
        );
      }
      const days = Number(input['RecoveryWindowInDays'] ?? recoveryDays);
      secret.deletedAt = context.services.kernel.now();
      const DeletionDate = new Date(secret.deletedAt + days * dayMilliseconds);
      return { ARN: context.store.arn(secret), Name: secret.name, DeletionDate };
    },
  };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
function listSecrets(context: SecretsContext): Operation {
  return {
    inputs: ['Filters', 'MaxResults', 'NextToken'],
    authorise: () => [{ action: 'secretsmanager:ListSecrets', resources: ['*'] }],
    run: (input, { region }) => {
      const filters = (input['Filters'] ?? []) as readonly { Key?: string; Values?: readonly string[] }[];
      const found = context.store.all
        .filter((secret) => secret.region === region && secret.deletedAt === undefined)
        .filter((secret) => filters.every((filter) => passes(secret, filter)));
      const { items, nextToken } = page(found, input['NextToken'], Number(input['MaxResults'] ?? 100));
      return {
        SecretList: items.map((secret) => {
          const { ReplicationStatus: _notListed, ...entry } = described(context, secret);
          return entry;
        }),
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      };
    },
  };
}

/** Prefixes; '!' before one negates it. */
function passes(secret: StoredSecret, filter: { readonly Key?: string; readonly Values?: readonly string[] }): boolean {
  assertModelled(filter, ['Key', 'Values'], 'Filters');
  if (filter.Values?.some((value) => value.startsWith('!'))) {
    throw new Unmodelled('A negated filter of ListSecrets is not modelled.');
  }
  const starts = (text: string): boolean => (filter.Values ?? []).some((value) => text.startsWith(value));
  if (filter.Key === 'name') return starts(secret.name);
  if (filter.Key === 'tag-key') return [...secret.tags.keys()].some(starts);
  if (filter.Key === 'tag-value') return [...secret.tags.values()].some(starts);
  throw new Unmodelled(`The filter ${filter.Key} of ListSecrets is not modelled; name, tag-key and tag-value are.`);
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
function getRandomPassword({ services }: SecretsContext, passwordMade: (password: string) => void): Operation {
  return {
    inputs: [
      'PasswordLength',
      'ExcludeCharacters',
      'ExcludeNumbers',
      'ExcludePunctuation',
      'ExcludeUppercase',
      'ExcludeLowercase',
      'IncludeSpace',
      'RequireEachIncludedType',
    ],
    authorise: () => [{ action: 'secretsmanager:GetRandomPassword', resources: ['*'] }],
    run: (input) => {
      const password = randomPassword(input, services.kernel.random('secretsmanager/random-password'));
      passwordMade(password);
      return { RandomPassword: password };
    },
  };
}

function tagging(
  context: SecretsContext,
  operation: 'TagResource' | 'UntagResource',
  member: 'Tags' | 'TagKeys',
  change: (secret: StoredSecret, given: unknown) => void,
): Operation {
  return {
    inputs: ['SecretId', member],
    authorise: (input: OperationInput, call) => accessTo(context, operation, input, call),
    run: (input, { region }) => {
      const secret = requirePrimary(context.store.require(region, String(input['SecretId'])));
      change(secret, input[member]);
      context.changed(secret);
      return {};
    },
  };
}
