import * as z from 'zod';
import { InvalidFailoverPlan } from '../../domain/failover-errors.ts';
import {
  type FailoverDatabase,
  type FailoverPlan,
  type FailoverService,
  failoverDatabase,
  failoverDatabaseParameterName,
  failoverParameterPath,
  failoverPlan,
  failoverPlanParameterName,
  failoverService,
} from '../../domain/failover-plan.ts';
import type { Parameters } from '../ports/aws.ts';
import type { DatabaseLogin, Logins } from '../ports/databases.ts';
import { endpointOf } from '../rotation/login-value.ts';
import { jsonOf } from '../rotation/plans.ts';

/** How the platform moves. Throws InvalidFailoverPlan, AwsUnavailable, AwsRefused. */
export async function failoverPlanOf(environment: string, parameters: Pick<Parameters, 'read'>): Promise<FailoverPlan> {
  const name = failoverPlanParameterName(environment);
  return parsed(failoverPlan, name, await parameters.read(name));
}

/** One database of it. Throws InvalidFailoverPlan, AwsUnavailable, AwsRefused. */
export async function failoverDatabaseOf(
  environment: string,
  database: string,
  parameters: Pick<Parameters, 'read'>,
): Promise<FailoverDatabase> {
  const name = failoverDatabaseParameterName(environment, database);
  return parsed(failoverDatabase, name, await parameters.read(name));
}

export interface WholePlan {
  readonly plan: FailoverPlan;
  readonly databases: readonly FailoverDatabase[];
  /** In the order of the definition. */
  readonly services: readonly FailoverService[];
}

/** All of it. Throws InvalidFailoverPlan, AwsUnavailable, AwsRefused. */
export async function wholePlanOf(environment: string, parameters: Pick<Parameters, 'readUnder'>): Promise<WholePlan> {
  const path = failoverParameterPath(environment);
  const found = await parameters.readUnder(path);
  const under = (kind: string) =>
    [...found].filter(([name]) => name.startsWith(`${path}${kind}/`)).sort(([a], [b]) => (a < b ? -1 : 1));
  const name = failoverPlanParameterName(environment);
  return {
    plan: parsed(failoverPlan, name, found.get(name)),
    databases: under('databases').map(([each, text]) => parsed(failoverDatabase, each, text)),
    services: under('services')
      .map(([each, text]) => parsed(failoverService, each, text))
      .sort((a, b) => a.order - b.order),
  };
}

function parsed<T>(schema: z.ZodType<T>, name: string, text: string | undefined): T {
  if (text === undefined) throw new InvalidFailoverPlan(name, 'there is none');
  const read = schema.safeParse(jsonOf(text));
  if (!read.success) throw new InvalidFailoverPlan(name, z.prettifyError(read.error));
  return read.data;
}

/** How to come into a database of this region: the user of a secret, which may be a copy that names the other region's host, at the endpoint here. */
export async function loginHere(
  secretName: string,
  { endpointParameter }: Pick<FailoverDatabase, 'endpointParameter'>,
  ports: { readonly logins: Logins; readonly parameters: Pick<Parameters, 'read'> },
): Promise<DatabaseLogin> {
  const login = await ports.logins.read(secretName);
  return { ...login, ...endpointOf(endpointParameter, await ports.parameters.read(endpointParameter)) };
}
