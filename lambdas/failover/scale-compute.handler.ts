import { scaleComputeInput } from '../../domain/workflows/region-failover.ts';
import { eksNodeGroups } from '../aws/node-groups.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesServingCluster } from '../kubernetes/serving-cluster.ts';
import { wholePlanOf } from './plans.ts';
import { scaleCompute } from './scale-compute.ts';
import { failoverPorts } from './wiring.ts';

const { environment, region, parameters, clock } = failoverPorts();
const settings = clusterSettings();
const groups = eksNodeGroups(region, settings.clusterName);
const cluster = new KubernetesServingCluster(new KubernetesClient(settings));

export const handler = task(scaleComputeInput, async (input) => {
  const { plan, services } = await wholePlanOf(environment, parameters);
  return scaleCompute(input, { plan, services, groups, cluster, clock });
});
