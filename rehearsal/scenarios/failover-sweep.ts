import type { Platform } from '../../platforms/schema.ts';
import { RandomStream } from '../kernel/random.ts';
import { rehearseFailover } from './failover.ts';
import { failoverFaults } from './failover-faults.ts';
import type { FailoverResult, Outage } from './failover-request.ts';

/** Half of the seeds lose the region; what must not move a platform has a share each. */
const outages: readonly Outage[] = [
  'region',
  'region',
  'region',
  'region',
  'partition',
  'partition',
  'flapping',
  'degraded',
];
const faultsMaximum = 3;
/** Faults that are another story: what they end in is named, not swept. */
const notSwept = new Set(['promotion-hangs', 'replica-gone', 'standby-lost', 'not-noticed']);

/** What a seed rehearses, drawn from it alone. `outage`: of all seeds. */
export function failoverDrawnFrom(
  seed: number,
  outage?: Outage,
): { readonly outage: Outage; readonly faults: readonly string[] } {
  const random = new RandomStream(seed, 'failover-sweep');
  const drawn = random.pick(outages);
  const world = failoverFaults
    .filter((fault) => fault.class === 'world' && !notSwept.has(fault.name))
    .map(({ name }) => name);
  const faults = new Set<string>();
  const count = random.below(faultsMaximum + 1);
  while (faults.size < count) faults.add(random.pick(world));
  return { outage: outage ?? drawn, faults: [...faults].sort() };
}

/** Rehearses `count` seeds from `from` on, one after the other. */
export async function* sweepFailovers(options: {
  readonly platform: Platform;
  readonly assemblyDirectory: string;
  readonly from: number;
  readonly count: number;
  readonly outage?: Outage;
}): AsyncGenerator<{ readonly seed: number; readonly command: string; readonly result: FailoverResult }> {
  const { platform, assemblyDirectory, from, count, outage } = options;
  for (let seed = from; seed < from + count; seed++) {
    const drawn = failoverDrawnFrom(seed, outage);
    const { result, command } = await rehearseFailover({ platform, assemblyDirectory, ...drawn, approve: 'yes', seed });
    yield { seed, command, result };
  }
}
