import { measureStableInput } from '../../domain/workflows/canary-promotion.ts';
import { cloudWatchMetrics } from '../aws/metrics.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { measureStable } from './measure-stable.ts';

const { region } = commonSettings();
const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  metrics: cloudWatchMetrics(region),
  clock: systemClock,
};

export const handler = task(measureStableInput, (input) => measureStable(input, ports));
