import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AwsUnavailable } from '../../domain/errors.ts';
import { versionStages } from '../ports/rotation.ts';
import type { SecretIndex } from '../ports/secret-index.ts';
import { calling, clientSettings } from './client.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html, 'MaxResults' */
const pageMax = 100;
const pagesMax = 200;

/** Secrets Manager of a region. One marked for deletion is not in it. */
export function secretIndex(region: string): SecretIndex {
  const client = new SecretsManagerClient(clientSettings(region));
  return {
    async currentVersions(prefix) {
      const found = new Map<string, string>();
      let nextToken: string | undefined;
      for (let page = 0; page < pagesMax; page++) {
        const command = new ListSecretsCommand({
          Filters: [{ Key: 'name', Values: [prefix] }],
          MaxResults: pageMax,
          NextToken: nextToken,
        });
        const answer = await calling('secretsmanager:ListSecrets', () => client.send(command));
        for (const { Name = '', SecretVersionsToStages = {} } of answer.SecretList ?? []) {
          const current = Object.entries(SecretVersionsToStages).find(([, of]) => of.includes(versionStages.current));
          if (current && Name.startsWith(prefix)) found.set(Name, current[0]);
        }
        nextToken = answer.NextToken;
        if (nextToken === undefined) return found;
      }
      throw new AwsUnavailable(`${region} has more than ${pagesMax * pageMax} secrets that begin with ${prefix}.`);
    },
  };
}
