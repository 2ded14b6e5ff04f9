import { UnknownStrategy } from '../../domain/errors.ts';
import { promotionClaimSeconds } from '../../domain/interlock.ts';
import { promotionRequest, type ReadPlanInput, type ReadPlanOutput } from '../../domain/workflows/canary-promotion.ts';
import { parseInput } from '../handling/task.ts';
import type { Parameters } from '../ports/aws.ts';
import { planOf } from './plans.ts';

/** What was asked for, and how the service is delivered. Throws InvalidInput, UnknownService, InvalidPlan, UnknownStrategy. */
export async function readPlan(
  { input }: ReadPlanInput,
  { environment, parameters }: { environment: string; parameters: Parameters },
): Promise<ReadPlanOutput> {
  const request = parseInput(promotionRequest, input);
  const plan = await planOf(environment, request.service, parameters);
  const { strategiesAllowed } = plan;
  const strategy = strategiesAllowed.find((allowed) => allowed === request.strategy);
  if (request.strategy !== undefined && strategy === undefined) {
    throw new UnknownStrategy(plan.service, request.strategy, strategiesAllowed);
  }
  return {
    plan,
    request: {
      tag: request.tag,
      strategy: strategy ?? null,
      reason: request.reason ?? '',
      requestedBy: request.requestedBy ?? '',
    },
    claimSeconds: promotionClaimSeconds(plan),
  };
}
