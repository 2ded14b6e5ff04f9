import { rotationClaimSeconds, rotationSubjects } from '../../domain/rotation-work.ts';
import {
  type ReadRotationInput,
  type ReadRotationOutput,
  rolloutRequest,
  rotationHolder,
} from '../../domain/workflows/secret-rollout.ts';
import { planOf } from '../canary/plans.ts';
import { parseInput } from '../handling/task.ts';
import type { Parameters } from '../ports/aws.ts';
import { rotationPlanOf } from '../rotation/plans.ts';

/** What was rotated, and who reads it. Throws InvalidInput, InvalidRotationPlan, InvalidPlan, UnknownService. */
export async function readRotation(
  { input }: ReadRotationInput,
  { environment, parameters }: { environment: string; parameters: Parameters },
): Promise<ReadRotationOutput> {
  const request = parseInput(rolloutRequest, input);
  const plan = await rotationPlanOf(environment, request.secret, parameters);
  const consumers = await Promise.all(plan.consumers.map((service) => planOf(environment, service, parameters)));
  return {
    plan,
    request,
    consumers,
    holder: rotationHolder(plan.secretName, request.versionId),
    subjects: rotationSubjects(plan),
    claimSeconds: rotationClaimSeconds,
  };
}
