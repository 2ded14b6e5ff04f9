import type { RestartConsumerInput, RestartConsumerOutput } from '../../domain/workflows/secret-rollout.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConsumerCluster } from '../ports/consumer-cluster.ts';

/**
 * Has the pods of the slot that serves replaced, so that they mount the secret anew. The idle slot mounts it when it starts. Done before:
 * the version stands there already, and nothing is replaced again. Throws ReleaseRecordMissing.
 */
export async function restartConsumer(
  { consumer, secret, versionId }: RestartConsumerInput,
  { cluster, clock }: { cluster: ConsumerCluster; clock: Clock },
): Promise<RestartConsumerOutput> {
  const slot = await cluster.stableSlot(consumer);
  const seen = await cluster.readConsumer(consumer, slot, secret);
  if (seen.versionId !== versionId) await cluster.writeVersion(consumer, slot, secret, versionId);
  return { slot, restartedAt: clock.now().toISOString() };
}
