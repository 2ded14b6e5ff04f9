import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { databaseChecksParameterName, databaseEndpointParameterName } from '../domain/databases.ts';
import type { DatabaseChecks } from '../domain/manifest.ts';
import type { Database } from '../platforms/schema.ts';
import type { DatabaseInstance } from './constructs/database-instance.ts';
import type { PlatformStack } from './stacks/platform-stack.ts';

/** Writes down where a database answers in this region: services read it from there. */
export function describeEndpoint(
  stack: PlatformStack & Construct,
  id: string,
  database: string,
  instance: DatabaseInstance,
): void {
  new StringParameter(stack, id, {
    parameterName: databaseEndpointParameterName(stack.environmentName, database),
    description: `Where ${database} answers in ${stack.region}`,
    stringValue: Stack.of(stack).toJsonString({
      host: instance.resource.attrEndpointAddress,
      port: instance.port,
    }),
  });
}

/** Writes down what is asked of a database beside its contents: by manifests, restore tests and a failover. */
export function describeChecks(
  stack: PlatformStack & Construct,
  id: string,
  { name, schemaVersionQuery, invariants = [] }: Database,
): void {
  const checks: DatabaseChecks = { ...(schemaVersionQuery === undefined ? {} : { schemaVersionQuery }), invariants };
  new StringParameter(stack, id, {
    parameterName: databaseChecksParameterName(stack.environmentName, name),
    description: `What has to hold in ${name}`,
    stringValue: JSON.stringify(checks),
  });
}
