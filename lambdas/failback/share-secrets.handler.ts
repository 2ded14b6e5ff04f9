import { secretsKeyAlias } from '../../domain/databases.ts';
import { shareSecretsInput } from '../../domain/workflows/region-failback.ts';
import { secretIndex } from '../aws/secret-index.ts';
import { sharedSecrets } from '../aws/shared-secrets.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { shareSecrets } from './share-secrets.ts';

const { environment, region } = commonSettings();
const ports = { index: secretIndex(region), secrets: sharedSecrets(region, secretsKeyAlias(environment)) };

export const handler = task(shareSecretsInput, (input) => shareSecrets(input, ports));
