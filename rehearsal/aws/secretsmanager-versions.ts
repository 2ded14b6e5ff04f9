import { page } from './modelled.ts';
import { accessTo, type SecretsContext } from './secretsmanager-access.ts';
import { notFound, type StoredSecret } from './secretsmanager-store.ts';
import { AwsError, type CallContext, type Operation, type OperationInput } from './service.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const valueBytesMaximum = 65_536;
const labelsPerCallMaximum = 20;

/** Operations on the versions of a secret. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html */
export function versionOperations(context: SecretsContext): Readonly<Record<string, Operation>> {
  return {
    GetSecretValue: getSecretValue(context),
    PutSecretValue: putSecretValue(context),
    UpdateSecretVersionStage: updateSecretVersionStage(context),
    ListSecretVersionIds: listSecretVersionIds(context),
  };
}

/** 'Operation not permitted on a replica secret. Call must be made in primary secret's region.' */
export function requirePrimary(secret: StoredSecret): StoredSecret {
  if (secret.replicaOf === undefined) return secret;
  throw new AwsError(
    'InvalidRequestException',
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
function getSecretValue(context: SecretsContext): Operation {
  const { store, services } = context;
  return {
    inputs: ['SecretId', 'VersionId', 'VersionStage'],
    authorise: (input, call) => {
      const { VersionId: id, VersionStage: stage } = input;
      const secret = store.find(call.region, String(input['SecretId']));
      const version = id ?? secret?.stages.get(stage ?? 'AWSCURRENT');
      return accessTo(context, 'GetSecretValue', input, call, {
        conditions: {
          ...(id === undefined ? {} : { 'secretsmanager:VersionId': id }),
          ...(id !== undefined && stage === undefined ? {} : { 'secretsmanager:VersionStage': stage ?? 'AWSCURRENT' }),
        },
        keyActions: ['kms:Decrypt'],
        ...(version === undefined ? {} : { versionId: version }),
      });
    },
    run: (input, { region }) => {
      const secret = store.require(region, String(input['SecretId']));
      const version = askedVersion(secret, input);
      secret.lastReadAt = services.kernel.now();
      return {
        ARN: store.arn(secret),
        Name: secret.name,
        VersionId: version.id,
        SecretString: version.text,
        VersionStages: secret.stagesOf(version.id),
        CreatedDate: new Date(version.createdAt),
      };
    },
  };
}

/** 'If you include both parameters, they must refer to the same secret version.' A version without a value is not found. */
function askedVersion(secret: StoredSecret, { VersionId: id, VersionStage: stage }: OperationInput) {
  if (id === undefined) {
    const label = String(stage ?? 'AWSCURRENT');
    const version = secret.at(label);
    if (version?.text === undefined) throw notFound(`staging label: ${label}`);
    return version;
  }
  const version = secret.version(String(id));
  if (version?.text === undefined) throw notFound(`VersionId: ${id}`);
  if (stage !== undefined && secret.stages.get(String(stage)) !== id) {
    throw new AwsError(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.',
    );
  }
  return version;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
function putSecretValue(context: SecretsContext): Operation {
  const { store, services } = context;
  const tokenOf = (input: OperationInput): string => {
    const token = input['ClientRequestToken'];
    if (token === undefined) return services.nextId('secret-version', 'uuid');
    if (String(token).length >= 32 && String(token).length <= 64) return String(token);
    throw invalid('ClientRequestToken must be 32-64 characters long.');
  };
  return {
    // The token of a rotation function that assumes another role: ours do not, and it is not asked for.
    inputs: ['SecretId', 'ClientRequestToken', 'SecretString', 'VersionStages', 'RotationToken'],
    authorise: (input, call) =>
      accessTo(context, 'PutSecretValue', input, call, {
        keyActions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        ...(input['ClientRequestToken'] === undefined ? {} : { versionId: String(input['ClientRequestToken']) }),
      }),
    run: (input, { region }) => {
      const secret = requirePrimary(store.require(region, String(input['SecretId'])));
      const text = textOf(input);
      const labels = labelsOf(input);
      const id = tokenOf(input);
      put(context, secret, { id, text, labels });
      return { ARN: store.arn(secret), Name: secret.name, VersionId: id, VersionStages: secret.stagesOf(id) };
    },
  };
}

/** Adds a version, or gives its value to one that a rotation has announced. Throws AwsError ResourceExistsException. */
function put(
  context: SecretsContext,
  secret: StoredSecret,
  { id, text, labels }: { readonly id: string; readonly text: string; readonly labels: readonly string[] },
): void {
  const { store, services } = context;
  const known = secret.version(id);
  if (known?.text !== undefined) {
    if (known.text === text) return;
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${store.arn(secret)}.`,
    );
  }
  if (known) known.text = text;
  else secret.add({ id, text, createdAt: services.kernel.now() });
  for (const label of labels) secret.attach(label, id);
  context.changed(secret);
}

function textOf({ SecretString: text }: OperationInput): string {
  if (typeof text !== 'string' || text === '') throw invalid('You must provide either SecretString or SecretBinary.');
  if (Buffer.byteLength(text) <= valueBytesMaximum) return text;
  throw invalid(`A secret's value has at most ${valueBytesMaximum} bytes.`);
}

/** 'If you don't include VersionStages, then Secrets Manager automatically moves the staging label AWSCURRENT to this version.' */
function labelsOf({ VersionStages: given }: OperationInput): readonly string[] {
  if (given === undefined) return ['AWSCURRENT'];
  const labels = given as readonly string[];
  const fit = labels.every((label) => label.length >= 1 && label.length <= 256);
  if (labels.length >= 1 && labels.length <= labelsPerCallMaximum && fit) return labels;
  throw invalid(`VersionStages needs 1 to ${labelsPerCallMaximum} labels of 1 to 256 characters.`);
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
function updateSecretVersionStage(context: SecretsContext): Operation {
  const { store } = context;
  return {
    inputs: ['SecretId', 'VersionStage', 'RemoveFromVersionId', 'MoveToVersionId'],
    authorise: (input, call) =>
      accessTo(context, 'UpdateSecretVersionStage', input, call, {
        conditions: { 'secretsmanager:VersionStage': String(input['VersionStage']) },
      }),
    run: (input, { region }) => {
      const secret = requirePrimary(store.require(region, String(input['SecretId'])));
      moveLabel(secret, input);
      context.changed(secret);
      return { ARN: store.arn(secret), Name: secret.name };
    },
  };
}

function moveLabel(secret: StoredSecret, input: OperationInput): void {
  const { VersionStage: stage, RemoveFromVersionId: from, MoveToVersionId: to } = input;
  const label = String(stage);
  const holder = secret.stages.get(label);
  // The words of the refusals but one are AWS's as users report them; those of an unknown version and of a wrong one are assumed.
  if (from !== undefined && from !== holder) {
    throw invalid(`The staging label ${label} is not attached to version ${from}, given in RemoveFromVersionId.`);
  }
  if (to === undefined) {
    if (from === undefined) throw invalid('RemoveFromVersionId or MoveToVersionId is needed.');
    if (label === 'AWSCURRENT') {
      throw invalid(
        'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
      );
    }
    secret.detach(label);
    return;
  }
  if (!secret.version(String(to))) throw new AwsError('ResourceNotFoundException', `Not a valid version: ${to}.`);
  if (holder !== undefined && holder !== to && from === undefined) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  secret.attach(label, String(to));
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html */
function listSecretVersionIds(context: SecretsContext): Operation {
  const { store } = context;
  return {
    inputs: ['SecretId', 'IncludeDeprecated', 'MaxResults', 'NextToken'],
    authorise: (input: OperationInput, call: CallContext) => accessTo(context, 'ListSecretVersionIds', input, call),
    run: (input, { region }) => {
      const secret = store.require(region, String(input['SecretId']));
      const shown = secret.versions.filter(
        ({ id }) => input['IncludeDeprecated'] === true || secret.stagesOf(id).length > 0,
      );
      const { items, nextToken } = page(shown, input['NextToken'], Number(input['MaxResults'] ?? 100));
      return {
        ARN: store.arn(secret),
        Name: secret.name,
        Versions: items.map(({ id, createdAt }) => ({
          VersionId: id,
          VersionStages: secret.stagesOf(id),
          CreatedDate: new Date(createdAt),
        })),
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      };
    },
  };
}
