import type { HeldInput } from '../../domain/workflows/shared.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest, heldRecord } from './fenced.ts';

/**
 * Puts back what the canary's slot held before. The Deployment is written even when it holds it still: the epoch on it fences late writes.
 * Throws PromotionSuperseded, ObjectChanged.
 */
export async function restoreSlot(
  input: HeldInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<{ restoredAt: string }> {
  const { plan, hold } = input;
  await decidedOnTheLatest(async () => {
    const slot = await cluster.readSlot(plan, hold.canarySlot);
    const { held } = await heldRecord(cluster, input);
    const resourceVersion = await cluster.writeImage(plan, slot, held.before.image, hold.epoch);
    if (!servesStill(held.before.replicas, hold) && slot.replicas !== held.before.replicas) {
      await cluster.writeReplicas(plan, hold.canarySlot, held.before.replicas, resourceVersion);
    }
  });
  await decidedOnTheLatest(() => keepStableSize(input, cluster));
  return { restoredAt: clock.now().toISOString() };
}

/** Replaced in place and serving before: the autoscaler owns the replicas, before as after. */
export function servesStill(replicasBefore: number, hold: HeldInput['hold']): boolean {
  return hold.stableSlot === hold.canarySlot && replicasBefore > 0;
}

/** The autoscaler has taken stable's replicas while it had little traffic; now that it has all of it, it gets back what it had. */
async function keepStableSize(input: HeldInput, cluster: ReleaseCluster): Promise<void> {
  const { plan, hold } = input;
  if (hold.stableSlot === hold.canarySlot) return;
  const stable = await cluster.readSlot(plan, hold.stableSlot);
  const { held } = await heldRecord(cluster, input);
  if (stable.replicas >= held.stableReplicas) return;
  await cluster.writeReplicas(plan, hold.stableSlot, held.stableReplicas, stable.resourceVersion);
}
