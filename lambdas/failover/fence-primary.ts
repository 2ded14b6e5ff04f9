import { fenceStep } from '../../domain/failover.ts';
import { type FailoverPlan, leasePlaces } from '../../domain/failover-plan.ts';
import { fenceVerdict, leaseSeconds, type PlaceSeen } from '../../domain/lease.ts';
import type {
  FencePrimaryInput,
  FencePrimaryOutput,
  OpenLeaseInput,
  OpenLeaseOutput,
} from '../../domain/workflows/region-failover.ts';
import type { Clock } from '../ports/clock.ts';
import type { Leases } from '../ports/failover.ts';

export interface FencePorts {
  readonly plan: FailoverPlan;
  readonly databases: readonly string[];
  readonly leases: Leases;
  readonly clock: Clock;
}

/**
 * Closes the lease at every place where the old primary renews it, and says whether nobody can write there any more: by the records alone, without a
 * word from the region that is left. A place that does not answer is asked again at the next look. Throws AwsUnavailable, AwsRefused for this region's own.
 */
export async function fencePrimary(
  { run, accepted }: FencePrimaryInput,
  ports: FencePorts,
): Promise<FencePrimaryOutput> {
  const { plan, clock, databases } = ports;
  const places = await Promise.all(leasePlaces(plan, run.from).map((region) => closeAt(region, run, ports)));
  const now = clock.now();
  const verdict = fenceVerdict({ places, epoch: run.epoch, databases, now });
  const step = fenceStep(verdict, { whenUnproven: plan.whenUnproven, accepted, now });
  const fencing = step.do === 'go-on' ? step.fencing : 'unproven';
  const ends = places.flatMap((place) => (place.answered ? [place.record.until] : []));
  const end = ends.sort().at(-1);
  // A record without databases is one that nobody has renewed: it was put there closed.
  const renewals = places.flatMap((place) =>
    place.answered && place.record.databases.length > 0 ? [Date.parse(place.record.until) - leaseSeconds * 1000] : [],
  );
  return {
    do: step.do,
    waitSeconds: step.do === 'wait' ? step.waitSeconds : 0,
    fencing,
    why: step.do === 'wait' ? `The lease ends at ${end}.` : step.why,
    writableUntil: fencing === 'proven' && end !== undefined && end < now.toISOString() ? end : now.toISOString(),
    renewedAt: renewals.length === 0 ? null : new Date(Math.max(...renewals)).toISOString(),
  };
}

async function closeAt(region: string, run: FencePrimaryInput['run'], { leases }: FencePorts): Promise<PlaceSeen> {
  try {
    const record = await leases.close(region, { epoch: run.epoch, holder: run.from });
    return { region, answered: true, record };
  } catch (error) {
    // Its own table is this region's: without it nothing here can be decided.
    if (region === run.to) throw error;
    return { region, answered: false, why: (error as Error).name };
  }
}

/** Opens the lease again for the reign that goes on, wherever this failover closed it; where a place does not answer the primary renews at another. */
export async function openLease(
  { run }: OpenLeaseInput,
  { plan, leases }: Pick<FencePorts, 'plan' | 'leases'>,
): Promise<OpenLeaseOutput> {
  const opened = await Promise.all(
    leasePlaces(plan, run.from).map(async (region) => {
      try {
        return (await leases.open(region, run.epoch)) ? [region] : [];
      } catch (error) {
        if (region === run.to) throw error;
        return [];
      }
    }),
  );
  return { opened: opened.flat() };
}
