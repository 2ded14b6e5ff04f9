import { leftBehindAfterSeconds, restoreMetrics } from '../../domain/restores.ts';
import type { SweepRestoreTestsOutput } from '../../domain/workflows/restore-test.ts';
import type { Executions } from '../ports/aws.ts';
import type { RecoverySetEntry } from '../ports/recovery-sets.ts';
import type { Measurements } from '../ports/restored-databases.ts';
import { type CleanUpPorts, remnants } from './clean-up.ts';
import { type RestorePorts, withoutUse } from './ports.ts';

export interface SweepPorts extends CleanUpPorts, RestorePorts {
  readonly executions: Pick<Executions, 'describe'>;
  readonly measurements: Measurements;
}

/**
 * What tests left behind that have ended, by whatever way: instances and volumes go, uses of sets end. Measures what does not go, and how long
 * ago a set was proven last. Throws AwsUnavailable, AwsRefused.
 */
export async function sweepRestoreTests(ports: SweepPorts): Promise<SweepRestoreTestsOutput> {
  const ended = endedExecutions(ports);
  const now = ports.clock.now().getTime();
  const removed: string[] = [];
  const leftBehind: string[] = [];
  for (const remnant of await remnants(ports)) {
    if (!(await ended(remnant.execution))) continue;
    const goes = remnant.leaving || (await remnant.remove());
    if (goes && !remnant.leaving) removed.push(remnant.name);
    const age = (now - (remnant.createdAt?.getTime() ?? now)) / 1000;
    // One that was only now asked to go has its time.
    if ((remnant.leaving || !goes) && age > leftBehindAfterSeconds) leftBehind.push(remnant.name);
  }
  const entries = await ports.records.entries(ports.region);
  await endUses(entries, ended, ports);
  const provenAgeHours = ageOfProof(entries, now);
  await measure(leftBehind.length, provenAgeHours, ports);
  return { removed, leftBehind, provenAgeHours };
}

/** Asks of each execution once. One that nobody knows any more has ended long ago. */
function endedExecutions({ executions }: SweepPorts): (arn: string) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  return (arn) => {
    const answer = asked.get(arn) ?? executions.describe(arn).then((found) => found?.status !== 'RUNNING');
    asked.set(arn, answer);
    return answer;
  };
}

async function endUses(
  entries: readonly RecoverySetEntry[],
  ended: (arn: string) => Promise<boolean>,
  { records, region, clock }: SweepPorts,
): Promise<void> {
  const now = clock.now().toISOString();
  for (const { setId, inUse } of entries) {
    for (const use of inUse) {
      if (use.by !== 'restore-test' || use.region !== region || use.until <= now) continue;
      if (await ended(use.execution))
        await records.change(region, setId, (record) => withoutUse(record, use.execution));
    }
  }
}

/** Hours since the last proof of any region; before the first one since the oldest set; null without any. */
function ageOfProof(entries: readonly RecoverySetEntry[], now: number): number | null {
  const proofs = entries.flatMap(({ proven }) => proven.map(({ at }) => Date.parse(at)));
  const since =
    proofs.length > 0 ? Math.max(...proofs) : Math.min(...entries.map(({ startedAt }) => Date.parse(startedAt)));
  return Number.isFinite(since) ? Math.round((now - since) / 360_000) / 10 : null;
}

async function measure(left: number, age: number | null, { environment, measurements }: SweepPorts): Promise<void> {
  const dimensions = { Environment: environment };
  await measurements.put(restoreMetrics.namespace, [
    { metric: restoreMetrics.leftBehind, dimensions, value: left, unit: 'Count' },
    ...(age === null ? [] : [{ metric: restoreMetrics.provenAge, dimensions, value: age, unit: 'None' } as const]),
  ]);
}
