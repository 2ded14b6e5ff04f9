import { type Incident, type ReleaseBehaviour, soundBehaviour } from './behaviour.ts';
import type { DataPlane } from './data-plane.ts';

/** The share of a route's requests that is answered well, by what each of its targets does. */
export function availabilityOf(
  plane: DataPlane,
  behaviourOf: (digest: string) => ReleaseBehaviour,
  incidents: Iterable<Incident>,
): number {
  const total = plane.backends.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return 0;
  const spared = [...incidents].reduce((share, { errorRate = 0 }) => share * (1 - errorRate), 1);
  return plane.backends.reduce((sum, { weight, targets }) => {
    const good = targets.map(({ state, digest }) =>
      state === 'serving' ? 1 - (behaviourOf(digest).errorRate ?? soundBehaviour.errorRate) : 0,
    );
    const share = good.reduce((whole, one) => whole + one, 0) / Math.max(1, good.length);
    return sum + (weight / total) * share * spared;
  }, 0);
}
