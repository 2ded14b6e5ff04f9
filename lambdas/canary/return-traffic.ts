import { rollingBack } from '../../domain/release.ts';
import type { ReturnTrafficInput } from '../../domain/workflows/shared.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest, heldRecord } from './fenced.ts';
import { weightsOf } from './shift-traffic.ts';

/**
 * Gives all the traffic to the stable slot, whatever the route says and whoever changed it. The route is written even when it stands so: the
 * epoch on it makes a late write of whoever held the service before meet a conflict. Throws PromotionSuperseded, ObjectChanged.
 */
export async function returnTraffic(
  input: ReturnTrafficInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<{ returnedAt: string }> {
  const { plan, hold, execution, reason } = input;
  await decidedOnTheLatest(async () => {
    const { record, resourceVersion } = await heldRecord(cluster, input);
    const startedAt = clock.now().toISOString();
    const next = rollingBack(record, hold, plan.service, { executionArn: execution.arn, reason, startedAt });
    if (next !== record) await cluster.writeRecord(plan, next, resourceVersion);
  });
  if (plan.route) {
    await decidedOnTheLatest(async () => {
      const route = await cluster.readRoute(plan);
      await heldRecord(cluster, input);
      // Replaced in place, canary and stable are one slot, and it keeps the traffic.
      const weights = weightsOf(hold, hold.stableSlot === hold.canarySlot ? 100 : 0);
      await cluster.writeWeights(plan, route, weights, { epoch: hold.epoch, force: true });
    });
  }
  return { returnedAt: clock.now().toISOString() };
}
