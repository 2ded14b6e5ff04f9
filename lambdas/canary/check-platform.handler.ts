import { checkPlatformInput } from '../../domain/workflows/canary-promotion.ts';
import { cloudWatchAlarms } from '../aws/alarms.ts';
import { elasticLoadBalancers } from '../aws/load-balancers.ts';
import { clusterSettings, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { checkPlatform } from './check-platform.ts';

const { region } = commonSettings();
const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  alarms: cloudWatchAlarms(region),
  loadBalancers: elasticLoadBalancers(region),
};

export const handler = task(checkPlatformInput, (input) => checkPlatform(input, ports));
