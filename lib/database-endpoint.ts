import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { databaseEndpointParameterName } from '../domain/databases.ts';
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
