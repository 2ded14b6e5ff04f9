import { stopPromotionInput } from '../../domain/workflows/canary-rollback.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { clusterSettings, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { stopPromotion } from './stop-promotion.ts';

const { region } = commonSettings();
const ports = {
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  executions: stepFunctionsExecutions(region),
};

export const handler = task(stopPromotionInput, (input) => stopPromotion(input, ports));
