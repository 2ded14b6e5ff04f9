import { restartConsumerInput } from '../../domain/workflows/secret-rollout.ts';
import { systemClock } from '../handling/clock.ts';
import { clusterSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesConsumerCluster } from '../kubernetes/consumer-cluster.ts';
import { restartConsumer } from './restart-consumer.ts';

const ports = {
  cluster: new KubernetesConsumerCluster(new KubernetesClient(clusterSettings())),
  clock: systemClock,
};

export const handler = task(restartConsumerInput, (input) => restartConsumer(input, ports));
