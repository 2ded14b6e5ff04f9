import { followReleasesInput } from '../../domain/workflows/follow-releases.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { secretVersions } from '../aws/secret-versions.ts';
import { clusterSettings, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesConsumerCluster } from '../kubernetes/consumer-cluster.ts';
import { followSecrets } from './follow-secrets.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  parameters: ssmParameters(region),
  secrets: secretVersions(region),
  cluster: new KubernetesConsumerCluster(new KubernetesClient(clusterSettings())),
};

export const handler = task(followReleasesInput, () => followSecrets(ports));
