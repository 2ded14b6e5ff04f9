import { ObjectChanged } from '../../domain/errors.ts';
import { type PromotionHold, requireHeld } from '../../domain/release.ts';
import type { HeldInput } from '../../domain/workflows/shared.ts';
import type { RecordSeen, ReleaseCluster } from '../ports/release-cluster.ts';

/** A Deployment's status changes its resource version while pods come and go, so a few tries are ordinary. */
const attemptsMax = 5;

/**
 * Reads, decides and writes; once more from the start when what was read had changed at the write. Throws ObjectChanged after five
 * attempts, whatever the attempt throws otherwise.
 */
export async function decidedOnTheLatest<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ObjectChanged) || tried === attemptsMax) throw error;
    }
  }
}

/**
 * The record, if this holder still has the service. Read it after the object that is to be written: whoever takes the service over
 * later changes that object afterwards, and its resource version with it. Throws PromotionSuperseded.
 */
export async function heldRecord(
  cluster: ReleaseCluster,
  { plan, hold }: HeldInput,
): Promise<RecordSeen & { readonly held: PromotionHold }> {
  const seen = await cluster.readRecord(plan);
  return { ...seen, held: requireHeld(seen.record, hold, plan.service) };
}
