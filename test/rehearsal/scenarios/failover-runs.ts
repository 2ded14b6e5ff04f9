import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';
import { rehearseFailover } from '../../../rehearsal/scenarios/failover.ts';
import type { NamedFailover } from '../../../rehearsal/scenarios/failover-named.ts';
import type { FailoverRun } from '../../../rehearsal/scenarios/failover-request.ts';

export const platform = platformNamed('aeon');
const runs = new Map<string, Promise<FailoverRun>>();

/** A scenario that was rehearsed in the same test file before is not rehearsed again. */
export function rehearsed({ outage, approve, faults, afterwards }: NamedFailover): Promise<FailoverRun> {
  const key = JSON.stringify([outage, approve, faults, afterwards]);
  const run = runs.get(key) ?? rehearsedAnew({ outage, approve, faults, ...(afterwards ? { afterwards } : {}) });
  runs.set(key, run);
  return run;
}

export async function rehearsedAnew(
  scenario: Pick<NamedFailover, 'outage' | 'approve' | 'faults' | 'afterwards'>,
): Promise<FailoverRun> {
  const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
  return rehearseFailover({ platform, ...scenario, seed: 1, assemblyDirectory });
}

/** Names of alarms that rang in the run, in any region: the log's lines of alarms have none. */
export function rang({ log }: FailoverRun): ReadonlySet<string> {
  const loud = log.events.filter((event) => event.kind === 'alarm.changed' && event['to'] === 'ALARM');
  return new Set(loud.map((event) => String(event['alarm'])));
}
