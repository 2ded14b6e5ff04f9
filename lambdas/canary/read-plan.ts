import { type Strategy, strategies } from '../../domain/delivery.ts';
import { UnknownStrategy } from '../../domain/errors.ts';
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
  const routed = plan.route !== undefined;
  if (request.strategy !== undefined && !isStrategy(request.strategy, routed)) {
    throw new UnknownStrategy(plan.service, request.strategy, routed);
  }
  return {
    plan,
    request: {
      tag: request.tag,
      strategy: (request.strategy as Strategy | undefined) ?? null,
      reason: request.reason ?? '',
      requestedBy: request.requestedBy ?? '',
    },
  };
}

function isStrategy(text: string, routed: boolean): text is Strategy {
  return routed ? (strategies as readonly string[]).includes(text) : text === 'rolling';
}
