import { replicasFor } from '../../domain/release.ts';
import type { RaiseCanaryInput, RaiseCanaryOutput } from '../../domain/workflows/shared.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest, heldRecord } from './fenced.ts';

/**
 * Brings the release's image into its slot, and at least the replicas that its share of the requests needs. Never takes replicas away: the
 * autoscaler may have added some. Throws PromotionSuperseded, ObjectChanged.
 */
export function raiseCanary(
  input: RaiseCanaryInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<RaiseCanaryOutput> {
  const { plan, hold, weightPercent } = input;
  return decidedOnTheLatest(async () => {
    const slot = await cluster.readSlot(plan, hold.canarySlot);
    const { held } = await heldRecord(cluster, input);
    const needed = replicasFor(weightPercent, held.stableReplicas, plan);
    const replicas = Math.max(slot.replicas, needed);
    // Written once by each holder, even when the slot holds the image: the epoch on it fences what the last holder may still be writing.
    const resourceVersion =
      slot.image === held.canaryImage && slot.epoch === hold.epoch
        ? slot.resourceVersion
        : await cluster.writeImage(plan, slot, held.canaryImage, hold.epoch);
    if (slot.replicas < replicas) await cluster.writeReplicas(plan, hold.canarySlot, replicas, resourceVersion);
    return { raisedAt: clock.now().toISOString(), replicas };
  });
}
