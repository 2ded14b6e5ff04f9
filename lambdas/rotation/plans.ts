import * as z from 'zod';
import {
  type RotationPlan,
  rotationPlan,
  rotationPlanParameterName,
  rotationPlanParameterPath,
} from '../../domain/rotation.ts';
import { InvalidRotationPlan } from '../../domain/rotation-errors.ts';
import type { Parameters } from '../ports/aws.ts';

/** How a secret rotates in this region. Throws InvalidRotationPlan, AwsUnavailable, AwsRefused. */
export async function rotationPlanOf(
  environment: string,
  secret: string,
  parameters: Pick<Parameters, 'read'>,
): Promise<RotationPlan> {
  const name = rotationPlanParameterName(environment, secret);
  const text = await parameters.read(name);
  if (text === undefined) throw new InvalidRotationPlan(name, 'there is none');
  return parsedPlan(name, text);
}

/** The plan of every secret that rotates in this region, by name. Throws InvalidRotationPlan, AwsUnavailable, AwsRefused. */
export async function allRotationPlans(
  environment: string,
  parameters: Pick<Parameters, 'readUnder'>,
): Promise<readonly RotationPlan[]> {
  const found = await parameters.readUnder(rotationPlanParameterPath(environment));
  return [...found]
    .filter(([name]) => name.endsWith('/rotation'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => parsedPlan(name, text));
}

function parsedPlan(name: string, text: string): RotationPlan {
  const parsed = rotationPlan.safeParse(jsonOf(text));
  if (!parsed.success) throw new InvalidRotationPlan(name, z.prettifyError(parsed.error));
  return parsed.data;
}

/** What a JSON text holds; undefined for any other. Its errors quote the text, so none is passed on. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
