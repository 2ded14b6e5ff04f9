import { takeReleaseInput } from '../../domain/workflows/canary-promotion.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { takeRelease } from './take-release.ts';

const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  clock: systemClock,
};

export const handler = task(takeReleaseInput, (input) => takeRelease(input, ports));
