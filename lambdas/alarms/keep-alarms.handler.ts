import { keepAlarmsInput } from '../../domain/workflows/canary-promotion.ts';
import { cloudWatchAlarms } from '../aws/alarms.ts';
import { elasticLoadBalancers } from '../aws/load-balancers.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { clusterSettings, commonSettings, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { keepAlarms } from './keep-alarms.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  loadBalancers: elasticLoadBalancers(region),
  alarms: cloudWatchAlarms(region, topicSettings()),
  parameters: ssmParameters(region),
};

export const handler = task(keepAlarmsInput, (input) => keepAlarms(input, ports));
