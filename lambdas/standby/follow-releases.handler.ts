import { followReleasesInput } from '../../domain/workflows/follow-releases.ts';
import { ecrImageRegistry } from '../aws/image-registry.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { clusterSettings, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { followReleases } from './follow-releases.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  parameters: ssmParameters(region),
  registry: ecrImageRegistry(region),
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
};

export const handler = task(followReleasesInput, () => followReleases(ports));
