import type { SimulatedAccount } from '../aws/account.ts';
import type { LambdaService } from '../aws/lambda.ts';
import { type DeployedResource, type ResourceRequest, Unmodelled } from '../aws/service.ts';
import type { Json } from '../kernel/log.ts';

/** Types whose `ServiceToken` says who makes the resource. */
export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

/** Asks the function behind the ServiceToken, as CloudFormation does, and waits for its answer. */
export async function createCustomResource(
  account: SimulatedAccount,
  stackId: string,
  request: ResourceRequest,
): Promise<DeployedResource> {
  const { ServiceToken: token, ServiceTimeout: _timeout, ...properties } = request.properties;
  if (typeof token !== 'string' || !/^arn:aws:lambda:[^:]+:\d+:function:/.test(token)) {
    throw new Unmodelled(
      `the custom resource's ServiceToken is ${JSON.stringify(token)}; only a function's ARN is modelled`,
    );
  }
  const answer = await account.service<LambdaService>('lambda').invokeCustomResource(token, {
    RequestType: 'Create',
    StackId: stackId,
    ResourceType: request.type,
    LogicalResourceId: request.logicalId,
    ResourceProperties: asTexts({ ServiceToken: token, ...properties }) as Record<string, Json>,
  });
  return { ref: answer.physicalResourceId, attributes: answer.data };
}

/** CloudFormation hands every number and boolean on as a text: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1037 */
function asTexts(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asTexts(member)]));
}
