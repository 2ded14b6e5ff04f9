import { takeSecretsInput } from '../../domain/workflows/region-failover.ts';
import { copiedSecrets } from '../aws/copied-secrets.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { secretIndex } from '../aws/secret-index.ts';
import { secretVersions } from '../aws/secret-versions.ts';
import { commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { takeSecrets } from './take-secrets.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  region,
  parameters: ssmParameters(region),
  index: secretIndex(region),
  secrets: secretVersions(region),
  copies: copiedSecrets(region),
};

export const handler = task(takeSecretsInput, (input) => takeSecrets(input, ports));
