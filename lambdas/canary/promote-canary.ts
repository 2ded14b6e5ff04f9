import { RouteChangedElsewhere } from '../../domain/errors.ts';
import { promoted } from '../../domain/release.ts';
import type { HeldInput } from '../../domain/workflows/shared.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest, heldRecord } from './fenced.ts';
import { said, same, weightsOf } from './shift-traffic.ts';

/**
 * Swaps the roles in the record: what was the canary is stable now. Throws RouteChangedElsewhere when the canary does not have all the
 * traffic; PromotionSuperseded.
 */
export function promoteCanary(
  input: HeldInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<{ stableSlot: string }> {
  const { plan, hold } = input;
  return decidedOnTheLatest(async () => {
    if (plan.route) {
      const { weights } = await cluster.readRoute(plan);
      const all = weightsOf(hold, 100);
      if (!same(weights, all)) throw new RouteChangedElsewhere(plan.service, said(weights), said(all));
    }
    const { record, resourceVersion } = await heldRecord(cluster, input);
    const next = promoted(record, hold, plan.service, clock.now().toISOString());
    if (next !== record) await cluster.writeRecord(plan, next, resourceVersion);
    return { stableSlot: next.stableSlot };
  });
}
