import type { HeldInput } from '../../domain/workflows/shared.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest, heldRecord } from './fenced.ts';

/**
 * Takes the replicas of the version that was stable; its image stays for a rollback. Replaced in place there is no such slot.
 * Throws PromotionSuperseded, ObjectChanged.
 */
export function retireSlot(
  input: HeldInput,
  { cluster }: { cluster: ReleaseCluster },
): Promise<{ retired: string | null }> {
  const { plan, hold } = input;
  return decidedOnTheLatest(async () => {
    if (hold.stableSlot === hold.canarySlot) return { retired: null };
    const slot = await cluster.readSlot(plan, hold.stableSlot);
    await heldRecord(cluster, input);
    if (slot.replicas > 0) await cluster.writeReplicas(plan, hold.stableSlot, 0, slot.resourceVersion);
    return { retired: hold.stableSlot };
  });
}
