import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { KeyStates } from '../ports/restored-databases.ts';
import { calling, clientSettings, isNamed } from './client.ts';

const notFound = 'NotFoundException';

/** KMS of a region. */
export function kmsKeyStates(region: string): KeyStates {
  const client = new KMSClient(clientSettings(region));
  return {
    async isUsable(keyArn) {
      if (keyArn.split(':')[3] !== region) return false;
      try {
        const command = new DescribeKeyCommand({ KeyId: keyArn });
        const answer = await calling('kms:DescribeKey', () => client.send(command), [notFound]);
        return answer.KeyMetadata?.KeyState === 'Enabled';
      } catch (error) {
        if (isNamed(error, notFound)) return false;
        throw error;
      }
    },
  };
}
