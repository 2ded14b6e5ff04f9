import { RouteChangedElsewhere } from '../../domain/errors.ts';
import type { Slot } from '../../domain/names.ts';
import type { Hold } from '../../domain/release.ts';
import { firstWaitSeconds, lookSeconds } from '../../domain/watch.ts';
import type { ShiftTrafficInput, ShiftTrafficOutput } from '../../domain/workflows/shared.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest, heldRecord } from './fenced.ts';

/**
 * Gives the canary its share of the requests. Shifted before: nothing is written. Throws RouteChangedElsewhere when the route
 * stands neither as the step before left it nor as this one wants it; PromotionSuperseded, ObjectChanged.
 */
export function shiftTraffic(
  input: ShiftTrafficInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<ShiftTrafficOutput> {
  const { plan, hold, weightPercent, fromPercent, step } = input;
  const wanted = weightsOf(hold, weightPercent);
  const left = weightsOf(hold, fromPercent);
  return decidedOnTheLatest(async () => {
    const route = await cluster.readRoute(plan);
    await heldRecord(cluster, input);
    if (!same(route.weights, wanted)) {
      if (!same(route.weights, left)) throw new RouteChangedElsewhere(plan.service, said(route.weights), said(left));
      await cluster.writeWeights(plan, route, wanted, { epoch: hold.epoch, force: false });
    }
    const current = hold.steps[step];
    return {
      shiftedAt: clock.now().toISOString(),
      waitSeconds: current ? firstWaitSeconds(current) : lookSeconds,
      weights: wanted,
    };
  });
}

type Weights = Readonly<Record<Slot, number>>;

/** The weights that give the canary so many percent and the stable version the rest. */
export function weightsOf(hold: Pick<Hold, 'canarySlot'>, canaryPercent: number): Weights {
  return hold.canarySlot === 'blue'
    ? { blue: canaryPercent, green: 100 - canaryPercent }
    : { blue: 100 - canaryPercent, green: canaryPercent };
}

export function same(a: Weights, b: Weights): boolean {
  return a.blue === b.blue && a.green === b.green;
}

export function said(weights: Weights): string {
  return `blue ${weights.blue} % and green ${weights.green} %`;
}
