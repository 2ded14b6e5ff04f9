import * as z from 'zod';
import { type ServiceDelivery, serviceDelivery } from '../../domain/delivery.ts';
import { InvalidPlan, UnknownService } from '../../domain/errors.ts';
import { deliveryParameterName, deliveryParameterPath } from '../../domain/names.ts';
import type { Parameters } from '../ports/aws.ts';

/** How a service is delivered. Throws UnknownService naming the known ones, InvalidPlan. */
export async function planOf(environment: string, service: string, parameters: Parameters): Promise<ServiceDelivery> {
  const name = deliveryParameterName(environment, service);
  // A service's name is one segment of the path; anything else would read another parameter, or none that may be read.
  const value = /^[a-z0-9-]+$/.test(service) ? await parameters.read(name) : undefined;
  if (value === undefined) throw new UnknownService(service, environment, await knownServices(environment, parameters));
  return parsePlan(name, value);
}

/** Every service's plan, by the services' names. Throws InvalidPlan. */
export async function allPlans(environment: string, parameters: Parameters): Promise<ServiceDelivery[]> {
  return plansIn(await parameters.readUnder(deliveryParameterPath(environment)));
}

/** The plans among parameters, by the services' names. Throws InvalidPlan. */
export function plansIn(found: ReadonlyMap<string, string>): ServiceDelivery[] {
  return [...found]
    .filter(([name]) => name.endsWith('/delivery'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => parsePlan(name, value));
}

async function knownServices(environment: string, parameters: Parameters): Promise<string[]> {
  const path = deliveryParameterPath(environment);
  const found = await parameters.readUnder(path);
  return [...found.keys()]
    .filter((name) => name.endsWith('/delivery'))
    .map((name) => name.slice(path.length, -'/delivery'.length))
    .sort();
}

function parsePlan(name: string, value: string): ServiceDelivery {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    throw new InvalidPlan(name, 'it holds no JSON');
  }
  const parsed = serviceDelivery.safeParse(json);
  if (!parsed.success) throw new InvalidPlan(name, z.prettifyError(parsed.error));
  return parsed.data;
}
