import { type FailoverPlan, leasePlaces } from '../../domain/failover-plan.ts';
import type { LetInAgainInput, LetInAgainOutput } from '../../domain/workflows/region-failback.ts';
import type { Clock } from '../ports/clock.ts';
import type { OtherRegion, QuietMark, QuietRecord } from '../ports/failback.ts';
import type { Leases } from '../ports/failover.ts';

export interface LetInAgainPorts {
  readonly plan: FailoverPlan;
  readonly leases: Pick<Leases, 'open'>;
  readonly mark: QuietMark;
  readonly other: OtherRegion;
  readonly clock: Clock;
}

/** Of the other region, while its record is opened and what was promoted there is replaced: no failover begins with it meanwhile. */
const claimSeconds = 1800;
/** A region that has just gone may be back soon; one that is lost for long is asked seldom. */
const soon = { forSeconds: 1800, everySeconds: 10 };
const seldomSeconds = 120;

/**
 * Opens the lease wherever this failback has closed it; the guard renews it within ten seconds and lets the application in. Each place once: whatever
 * closes it later is somebody else's failover. A place that does not answer is asked at the next look: the guard renews at the others meanwhile. Throws
 * FailoverAlreadyRunning where the other region is taking over, AwsUnavailable, AwsRefused.
 */
export async function letInAgain({ run, since }: LetInAgainInput, ports: LetInAgainPorts): Promise<LetInAgainOutput> {
  const { plan, mark, clock } = ports;
  let record = await mark.read();
  if (record?.run.execution.arn !== run.execution.arn)
    return { state: 'open', waitSeconds: 0, why: 'The writes were not stopped.' };
  const silent: string[] = [];
  for (const place of leasePlaces(plan, run.from)) {
    if (record.opened.includes(place)) continue;
    if (await openAt(place, record, ports)) {
      record = { ...record, opened: [...record.opened, place] };
      await mark.keep(record);
    } else silent.push(place);
  }
  if (silent.length === 0) {
    await mark.clear();
    return { state: 'open', waitSeconds: 0, why: 'The lease is open again.' };
  }
  const seconds = (clock.now().getTime() - Date.parse(since)) / 1000;
  const waitSeconds = seconds < soon.forSeconds ? soon.everySeconds : seldomSeconds;
  return { state: 'waiting', waitSeconds, why: `The lease is not open again at ${silent.join(', ')}: no answer.` };
}

/** False: it does not answer. */
async function openAt(place: string, { run }: QuietRecord, { leases, other }: LetInAgainPorts): Promise<boolean> {
  try {
    if (place === run.to) await other.ask(run.to, 'claim-platform', { run, forSeconds: claimSeconds, override: false });
    await leases.open(place, run.epoch);
    return true;
  } catch (error) {
    if ((error as Error).name !== 'AwsUnavailable') throw error;
    return false;
  }
}
