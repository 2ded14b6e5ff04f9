import { createHash } from 'node:crypto';
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  StopReplicationToReplicaCommand,
} from '@aws-sdk/client-secrets-manager';
import type { CopiedSecrets } from '../ports/serving.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/**
 * Of StopReplicationToReplica: it is no copy. Of RotateSecret: an earlier rotation has not ended.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
 */
const invalidRequest = 'InvalidRequestException';
/** The version has a value already: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html */
const exists = 'ResourceExistsException';

/** Secrets Manager of the region that takes over; called there, as the API demands, and asking nothing of the other. */
export function copiedSecrets(region: string): CopiedSecrets {
  const client = new SecretsManagerClient(clientSettings(region));
  return {
    async takeOver(secretId) {
      const command = new StopReplicationToReplicaCommand({ SecretId: secretId });
      await answered(invalidRequest, 'secretsmanager:StopReplicationToReplica', () => client.send(command));
    },

    async put(secretId, text, cause) {
      // 32 to 64 characters.
      const token = createHash('sha256').update(`${secretId}/${cause}`).digest('hex');
      const command = new PutSecretValueCommand({ SecretId: secretId, ClientRequestToken: token, SecretString: text });
      await answered(exists, 'secretsmanager:PutSecretValue', () => client.send(command));
    },

    schedule(secretId, { functionArn, rules: { scheduleExpression, duration } }) {
      const command = new RotateSecretCommand({
        SecretId: secretId,
        RotationLambdaARN: functionArn,
        RotationRules: { ScheduleExpression: scheduleExpression, ...(duration ? { Duration: duration } : {}) },
        RotateImmediately: false,
      });
      return answered(invalidRequest, 'secretsmanager:RotateSecret', () => client.send(command));
    },
  };
}

/** False: refused by this error, which the caller takes as an answer. */
async function answered(refusal: string, what: string, ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await calling(what, ask, [refusal]);
    return true;
  } catch (error) {
    if (isNamed(error, refusal)) return false;
    throw error;
  }
}
