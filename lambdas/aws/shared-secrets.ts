import {
  DescribeSecretCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SharedSecrets } from '../ports/failback.ts';
import { calling, clientSettings } from './client.ts';

/** Secrets Manager of a region; copies lie under the key of this alias in the other. */
export function sharedSecrets(region: string, keyAlias: string): SharedSecrets {
  const client = new SecretsManagerClient(clientSettings(region));
  return {
    async share(secretId, to) {
      const described = await calling('secretsmanager:DescribeSecret', () =>
        client.send(new DescribeSecretCommand({ SecretId: secretId })),
      );
      // Of a copy the region of its primary is another one: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
      if (described.PrimaryRegion !== undefined && described.PrimaryRegion !== region) return false;
      if (described.ReplicationStatus?.some(({ Region }) => Region === to)) return true;
      const command = new ReplicateSecretToRegionsCommand({
        SecretId: secretId,
        AddReplicaRegions: [{ Region: to, KmsKeyId: `alias/${keyAlias}` }],
        // 'Specifies whether to overwrite a secret with the same name in the destination Region':
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html
        ForceOverwriteReplicaSecret: true,
      });
      await calling('secretsmanager:ReplicateSecretToRegions', () => client.send(command));
      return true;
    },
  };
}
