import { takeOverInput } from '../../domain/workflows/canary-rollback.ts';
import { stepFunctionsExecutions } from '../aws/executions.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings, commonSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesReleaseCluster } from '../kubernetes/release-cluster.ts';
import { takeOver } from './take-over.ts';

const { environment, region } = commonSettings();
const ports = {
  environment,
  cluster: new KubernetesReleaseCluster(new KubernetesClient(clusterSettings())),
  parameters: ssmParameters(region),
  executions: stepFunctionsExecutions(region),
  clock: systemClock,
};

export const handler = task(takeOverInput, (input) => takeOver(input, ports));
