import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type SecretDescription, type SecretVersions, versionStages } from '../ports/rotation.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** As the stacks generate them: 48 of 62 letters and digits are 285 bits. */
const passwordCharacters = 48;
const notFound = 'ResourceNotFoundException';
/** The version has another value: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
const exists = 'ResourceExistsException';
/**
 * Of RotateSecret, among others: an earlier rotation has not ended. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
 * Of GetSecretValue: the secret is scheduled for deletion. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
const invalidRequest = 'InvalidRequestException';

/** Secrets Manager of a region. Values go in and out; no message carries one. */
export function secretVersions(region: string): SecretVersions {
  const client = new SecretsManagerClient(clientSettings(region));
  return {
    describe: (secretId) => describe(client, secretId),

    async read(secretId, version) {
      const selected = 'id' in version ? { VersionId: version.id } : { VersionStage: version.stage };
      const command = new GetSecretValueCommand({ SecretId: secretId, ...selected });
      const answer = await found(() =>
        calling('secretsmanager:GetSecretValue', () => client.send(command), [notFound, invalidRequest]),
      );
      if (answer?.VersionId === undefined || answer.SecretString === undefined) return undefined;
      const { VersionId: versionId, SecretString: text, CreatedDate: createdAt = new Date(0) } = answer;
      return { versionId, text, createdAt };
    },

    putPending: (secretId, versionId, text) => putPending(client, secretId, versionId, text),

    async randomPassword() {
      const command = new GetRandomPasswordCommand({
        PasswordLength: passwordCharacters,
        ExcludePunctuation: true,
        RequireEachIncludedType: true,
      });
      const answer = await calling('secretsmanager:GetRandomPassword', () => client.send(command));
      return answer.RandomPassword ?? '';
    },

    async moveStage(secretId, stage, { to, from }) {
      const command = new UpdateSecretVersionStageCommand({
        SecretId: secretId,
        VersionStage: stage,
        ...(to === undefined ? {} : { MoveToVersionId: to }),
        ...(from === undefined ? {} : { RemoveFromVersionId: from }),
      });
      await calling('secretsmanager:UpdateSecretVersionStage', () => client.send(command));
    },

    startRotation: (secretId) =>
      accepted(invalidRequest, 'secretsmanager:RotateSecret', () =>
        client.send(new RotateSecretCommand({ SecretId: secretId })),
      ),
  };
}

function putPending(client: SecretsManagerClient, secretId: string, versionId: string, text: string): Promise<boolean> {
  const command = new PutSecretValueCommand({
    SecretId: secretId,
    ClientRequestToken: versionId,
    SecretString: text,
    VersionStages: [versionStages.pending],
  });
  return accepted(exists, 'secretsmanager:PutSecretValue', () => client.send(command));
}

/** False: refused by this error, which the caller takes as an answer. */
async function accepted(refusal: string, what: string, ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await calling(what, ask, [refusal]);
    return true;
  } catch (error) {
    if (isNamed(error, refusal)) return false;
    throw error;
  }
}

async function describe(client: SecretsManagerClient, secretId: string): Promise<SecretDescription | undefined> {
  const command = new DescribeSecretCommand({ SecretId: secretId });
  const answer = await found(() => calling('secretsmanager:DescribeSecret', () => client.send(command), [notFound]));
  if (answer?.ARN === undefined || answer.Name === undefined || answer.DeletedDate) return undefined;
  const {
    ARN: arn,
    Name: name,
    CreatedDate,
    LastRotatedDate,
    LastChangedDate,
    VersionIdsToStages,
    PrimaryRegion,
  } = answer;
  const copied = PrimaryRegion !== undefined && PrimaryRegion !== arn.split(':')[3];
  return {
    arn,
    name,
    ...(copied ? { copyOf: PrimaryRegion } : {}),
    ...(CreatedDate ? { createdAt: CreatedDate } : {}),
    ...(LastRotatedDate ? { lastRotatedAt: LastRotatedDate } : {}),
    ...(LastChangedDate ? { lastChangedAt: LastChangedDate } : {}),
    versions: new Map(Object.entries(VersionIdsToStages ?? {})),
  };
}

/** Undefined: there is none, it is marked for deletion, or the version has no value yet. */
async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isNamed(error, notFound) || isNamed(error, invalidRequest)) return undefined;
    throw error;
  }
}
