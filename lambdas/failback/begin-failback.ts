import { failbackObstacles } from '../../domain/failback.ts';
import { answerSeconds, shareOf } from '../../domain/failover-budget.ts';
import { AnotherPlatform, FailbackRefused, FailoverAlreadyRunning, NotPrimary } from '../../domain/failover-errors.ts';
import { otherRegion } from '../../domain/failover-plan.ts';
import { reignsIn } from '../../domain/reign.ts';
import {
  type BeginFailbackInput,
  type BeginFailbackOutput,
  type FailbackRun,
  failbackRequest,
  leftRegion,
} from '../../domain/workflows/region-failback.ts';
import { wholePlanOf } from '../failover/plans.ts';
import { parseInput } from '../handling/task.ts';
import type { Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { OtherRegion } from '../ports/failback.ts';
import type { Interlock } from '../ports/interlock.ts';
import type { Reign } from '../ports/reign.ts';

export interface BeginFailbackPorts {
  readonly environment: string;
  readonly region: string;
  readonly parameters: Pick<Parameters, 'readUnder'>;
  readonly reign: Pick<Reign, 'current'>;
  readonly interlock: Pick<Interlock, 'list'>;
  readonly other: OtherRegion;
  readonly clock: Clock;
}

/** Twice what a switch may take: its claims bind nobody after that, should the region that holds them be lost. */
const claimFactor = 2;
/** Nothing burns: a person may take so many times as long as at a failover. */
const answerFactor = 10;

/**
 * Where the platform goes back to, and whether a replica may be built there. Throws InvalidInput, AnotherPlatform, NotPrimary, FailbackRefused,
 * FailoverAlreadyRunning, InvalidFailoverPlan, AwsUnavailable, AwsRefused; changes nothing.
 */
export async function beginFailback(
  { input, execution, startedAt }: BeginFailbackInput,
  { environment, region, parameters, reign, interlock, other, clock }: BeginFailbackPorts,
): Promise<BeginFailbackOutput> {
  const request = parseInput(failbackRequest, input);
  if (request.platform !== environment) throw new AnotherPlatform(request.platform, environment);
  const { plan, databases } = await wholePlanOf(environment, parameters);
  const now = await reign.current();
  if (!reignsIn(now, region)) throw new NotPrimary(environment, region, now.primary, now.epoch);
  const moving = (await interlock.list()).find(({ work }) => work === 'failover');
  if (moving) throw new FailoverAlreadyRunning(environment, moving.holder, moving.until);
  const to = otherRegion(plan, region);
  const seen = leftRegion.parse(await other.ask(to, 'look-at-left-region', { environment }));
  const { answersSince, ...rest } = seen;
  const left = { name: to, ...rest, ...(answersSince !== null && { answersSince: new Date(answersSince) }) };
  const obstacles = failbackObstacles(left, now, clock.now());
  if (obstacles.length > 0) throw new FailbackRefused(to, obstacles);
  const run: FailbackRun = {
    execution,
    environment,
    reason: request.reason,
    startedBy: 'person',
    forced: false,
    epoch: now.epoch,
    from: region,
    to,
    startedAt,
    recoverySeconds: plan.recoverySeconds,
  };
  const { recoverySeconds } = plan;
  return {
    run,
    databases: databases.map(({ name }) => name),
    now: request.now ?? false,
    rebuildOnly: request.only === 'rebuild',
    asks: plan.decision === 'person',
    answerSeconds: answerFactor * answerSeconds(recoverySeconds, shareOf('detect', recoverySeconds)),
    claimSeconds: claimFactor * recoverySeconds,
  };
}
