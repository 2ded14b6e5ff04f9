import { answerSeconds, shareOf } from '../../domain/failover-budget.ts';
import { AlreadyPrimary, AnotherPlatform } from '../../domain/failover-errors.ts';
import { runbookLink } from '../../domain/names.ts';
import { reignsIn } from '../../domain/reign.ts';
import {
  type BeginFailoverInput,
  type BeginFailoverOutput,
  type FailoverRun,
  failoverRequest,
} from '../../domain/workflows/region-failover.ts';
import { parseInput } from '../handling/task.ts';
import type { Parameters } from '../ports/aws.ts';
import type { WatchMemory } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';
import { wholePlanOf } from './plans.ts';

export interface BeginFailoverPorts {
  readonly environment: string;
  readonly region: string;
  readonly parameters: Pick<Parameters, 'readUnder'>;
  readonly reign: Pick<Reign, 'current'>;
  readonly memory: Pick<WatchMemory, 'decision'>;
}

/** A failover that nobody finishes binds for so long at most: twice what it may take, and what people may take. */
const claimFactor = 4;

/**
 * What is to be moved, and whether it may begin here. In a region that has entered the reign but not finished moving, it goes on with what is left.
 * Throws InvalidInput, AnotherPlatform, AlreadyPrimary, InvalidFailoverPlan, AwsUnavailable, AwsRefused; changes nothing.
 */
export async function beginFailover(
  { input, execution, startedAt }: BeginFailoverInput,
  { environment, region, parameters, reign, memory }: BeginFailoverPorts,
): Promise<BeginFailoverOutput> {
  const request = parseInput(failoverRequest, input);
  if (request.platform !== environment) throw new AnotherPlatform(request.platform, environment);
  const { plan, databases } = await wholePlanOf(environment, parameters);
  const now = await reign.current();
  const resumes = reignsIn(now, region) && !(await hasMoved(now.epoch - 1, memory));
  if (reignsIn(now, region) && (!resumes || now.epoch === 1)) throw new AlreadyPrimary(environment, region, now.epoch);
  const run: FailoverRun = {
    execution,
    environment,
    reason: request.reason,
    startedBy: request.startedBy ?? 'person',
    forced: request.force === environment,
    epoch: resumes ? now.epoch - 1 : now.epoch,
    from: region === plan.regions.primary ? plan.regions.standby : plan.regions.primary,
    to: region,
    startedAt,
    recoverySeconds: plan.recoverySeconds,
  };
  return {
    run,
    databases: databases.map(({ name }) => name),
    resumes,
    answerSeconds: answerSeconds(plan.recoverySeconds, shareOf('detect', plan.recoverySeconds)),
    claimSeconds: claimFactor * plan.recoverySeconds,
    remarks: plan.volumes.map(
      (store) =>
        `The store '${store}' does not move: bring its volumes from the newest recovery set. ${runbookLink('no-standby')}`,
    ),
  };
}

/** The last task of a failover keeps `moved`: before it, something is left to do. */
async function hasMoved(epoch: number, memory: BeginFailoverPorts['memory']): Promise<boolean> {
  const decision = await memory.decision();
  return decision !== undefined && decision.epoch >= epoch && decision.outcome === 'moved';
}
