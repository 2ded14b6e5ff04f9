import { decide } from '../../domain/failover.ts';
import { StandbyNotReady } from '../../domain/failover-errors.ts';
import { readinessParameterName } from '../../domain/failover-plan.ts';
import { blockingFaults, readinessReport } from '../../domain/readiness.ts';
import type { AssessFailoverInput, AssessFailoverOutput, FailoverRun } from '../../domain/workflows/region-failover.ts';
import { type LookPorts, lookAtPrimary } from '../guard/watch-primary.ts';
import type { Parameters } from '../ports/aws.ts';
import { jsonOf } from '../rotation/plans.ts';

export interface AssessFailoverPorts extends LookPorts {
  readonly environment: string;
  readonly parameters: Pick<Parameters, 'read'>;
}

/**
 * Looks at the primary once more and decides: by the definition, by what the watch decided before, and by the last report of readiness. Throws
 * StandbyNotReady, AwsUnavailable, AwsRefused.
 */
export async function assessFailover(
  { run }: AssessFailoverInput,
  ports: AssessFailoverPorts,
): Promise<AssessFailoverOutput> {
  const { judgement, look, armed, witness } = await lookAtPrimary({ epoch: run.epoch, primary: run.from }, ports);
  const decided = await ports.memory.decision();
  const report = readinessReport.safeParse(
    jsonOf((await ports.parameters.read(readinessParameterName(ports.environment))) ?? ''),
  );
  const { blocking, remark } = blockingFaults(report.data, look.at);
  const { verdict, why } = decide({
    startedBy: run.startedBy,
    decision: ports.plan.decision,
    judgement,
    witness,
    blocking,
    forced: run.forced,
    epoch: run.epoch,
    now: look.at,
    ...(decided && { decided }),
  });
  if (verdict === 'refuse') throw new StandbyNotReady(run.to, ports.environment, blocking);
  const remarks = [
    ...(remark === undefined ? [] : [remark]),
    ...(run.forced ? blocking.map((fault) => `Forced in spite of: ${fault}`) : []),
    ...(armed ? [] : [`${run.to} has no open lease of the primary: fencing will not be proven.`]),
  ];
  const since = judgement.since ?? null;
  return {
    verdict,
    why,
    pattern: judgement.pattern,
    lost: judgement.lost,
    since,
    question: questionOf(run, why),
    remarks,
  };
}

function questionOf({ environment, from, to, reason }: FailoverRun, why: string): string {
  return `May '${environment}' move from ${from} to ${to}? Reason given: ${reason} What is seen: ${why}`;
}
