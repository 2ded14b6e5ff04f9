import { decideRestart } from '../../domain/consumers.ts';
import type { LookAtConsumerInput, LookAtConsumerOutput } from '../../domain/workflows/secret-rollout.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConsumerCluster } from '../ports/consumer-cluster.ts';

/** Whether the pods with the version are up. */
export async function lookAtConsumer(
  { consumer, secret, versionId, slot, since }: LookAtConsumerInput,
  { cluster, clock }: { cluster: ConsumerCluster; clock: Clock },
): Promise<LookAtConsumerOutput> {
  const rollout = await cluster.readConsumer(consumer, slot, secret);
  const pods = await cluster.listPods(consumer, slot, secret);
  const { readyTimeoutSeconds } = consumer;
  return decideRestart(
    rollout,
    pods.filter((pod) => pod.versionId === versionId),
    { since: new Date(since), now: clock.now(), readyTimeoutSeconds },
  );
}
