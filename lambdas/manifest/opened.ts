import * as z from 'zod';
import { backupsKeyParameterName } from '../../domain/backups.ts';
import { UndeployedParameter } from '../../domain/database-errors.ts';
import {
  databaseChecksParameterName,
  databaseEndpointParameterName,
  manifestSecretName,
} from '../../domain/databases.ts';
import { type DatabaseChecks, databaseChecks } from '../../domain/manifest.ts';
import type { Parameters } from '../ports/aws.ts';
import type { DatabaseLogin, Logins } from '../ports/databases.ts';
import type { ManifestPorts } from './ports.ts';

const endpoint = z.object({ host: z.string(), port: z.int() });

/**
 * How the reader of manifests logs in to the database of this region: a copied secret still names the other region's host. Throws
 * UndeployedParameter, UnusableLogin, AwsUnavailable, AwsRefused.
 */
export async function readerLogin(
  environment: string,
  database: string,
  { logins, parameters }: { readonly logins: Logins; readonly parameters: Pick<Parameters, 'read'> },
): Promise<DatabaseLogin> {
  const place = await required(parameters, databaseEndpointParameterName(environment, database));
  const login = await logins.read(manifestSecretName(environment, database));
  return { ...login, ...endpoint.parse(JSON.parse(place)) };
}

/** What the definition asks of a database beside its contents. Throws UndeployedParameter, AwsUnavailable, AwsRefused. */
export async function checksOf(
  environment: string,
  database: string,
  parameters: Pick<Parameters, 'read'>,
): Promise<DatabaseChecks> {
  const text = await required(parameters, databaseChecksParameterName(environment, database));
  return databaseChecks.parse(JSON.parse(text));
}

/** ARN of the key that encrypts the region's sets. */
export function setsKey({
  environment,
  parameters,
}: Pick<ManifestPorts, 'environment' | 'parameters'>): Promise<string> {
  return required(parameters, backupsKeyParameterName(environment));
}

async function required(parameters: Pick<Parameters, 'read'>, name: string): Promise<string> {
  const value = await parameters.read(name);
  if (value === undefined) throw new UndeployedParameter(name);
  return value;
}
