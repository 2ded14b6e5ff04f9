import { Resolver } from '../../../rehearsal/assembly/intrinsics.ts';
import { type AssemblyStack, loadAssembly } from '../../../rehearsal/assembly/load.ts';
import type { DeployedResource } from '../../../rehearsal/aws/service.ts';
import { rehearsalAccount } from '../assembly.ts';
import { isForPeople, kindOf, type StackOutput, type StackOutputs } from './output.ts';

/**
 * How `Ref` and `Arn` of a type follow from a name that the template gives: `<Name>` is a property. What stands here is AWS's own rule, from
 * each type's page in the CloudFormation reference; of every other type only the account knows.
 */
const named: Readonly<Record<string, { readonly ref?: string; readonly arn?: string }>> = {
  'AWS::SNS::Topic': { ref: 'arn:aws:sns:<region>:<account>:<TopicName>' },
  'AWS::SQS::Queue': { arn: 'arn:aws:sqs:<region>:<account>:<QueueName>' },
  'AWS::Lambda::Function': { ref: '<FunctionName>', arn: 'arn:aws:lambda:<region>:<account>:function:<FunctionName>' },
  'AWS::StepFunctions::StateMachine': { ref: 'arn:aws:states:<region>:<account>:stateMachine:<StateMachineName>' },
  'AWS::DynamoDB::Table': { ref: '<TableName>', arn: 'arn:aws:dynamodb:<region>:<account>:table/<TableName>' },
  'AWS::SSM::Parameter': { ref: '<Name>' },
  'AWS::Logs::LogGroup': { ref: '<LogGroupName>' },
  'AWS::EKS::Cluster': { ref: '<Name>', arn: 'arn:aws:eks:<region>:<account>:cluster/<Name>' },
  'AWS::ECR::Repository': { ref: '<RepositoryName>' },
  'AWS::RDS::DBInstance': { ref: '<DBInstanceIdentifier>' },
};

const missing = /<([^<>]+)>/g;

/**
 * The outputs for people of every stack of an assembly, as far as the templates say: nothing is guessed, and what only an account knows is
 * named in the value's place. Throws AssemblyError.
 */
export function synthesizedOutputs(directory: string): readonly StackOutputs[] {
  const { stacks } = loadAssembly(directory);
  const byName = new Map(stacks.map((stack) => [`${stack.region}/${stack.stackName}`, stack]));
  return stacks.map((stack) => ({
    stack: stack.stackName,
    region: stack.region,
    outputs: Object.entries(outputsOf(stack))
      .filter(([name]) => isForPeople(name))
      .map(([name, { Value, Description }]) => outputOf(stack, name, Value, Description, byName)),
  }));
}

type Stacks = ReadonlyMap<string, AssemblyStack>;

function outputsOf(stack: AssemblyStack): Readonly<Record<string, { Value: unknown; Description?: string }>> {
  return (stack.template.Outputs ?? {}) as Record<string, { Value: unknown; Description?: string }>;
}

function outputOf(stack: AssemblyStack, name: string, given: unknown, description = '', stacks: Stacks): StackOutput {
  const value = String(resolve(stack, given, stacks)).replaceAll(rehearsalAccount, '<account>');
  const unknown = [...new Set([...value.matchAll(missing)].map(([, what = '']) => what))];
  return { name, kind: kindOf(value), description, value, onlyTheAccountKnows: unknown };
}

function resolve(stack: AssemblyStack, value: unknown, stacks: Stacks): unknown {
  const resolver = new Resolver({
    stackName: stack.stackName,
    stackId: `arn:aws:cloudformation:${stack.region}:${stack.account}:stack/${stack.stackName}/<id of the stack>`,
    region: stack.region,
    account: stack.account,
    template: stack.template,
    parameters: stack.parameters,
    resources: new Map(
      Object.entries(stack.template.Resources ?? {}).map(([id, resource]) => [id, unmade(stack, id, resource)]),
    ),
    exported: (name) => `<export ${name}>`,
    stackOutput: (stackName, region, outputName) => {
      const other = stacks.get(`${region}/${stackName}`);
      const output = other && outputsOf(other)[outputName];
      return other && output ? resolve(other, output.Value, stacks) : undefined;
    },
    zones: (region) => [`<zones of ${region}>`],
  });
  return resolver.resolve(value, `${stack.stackName}.Outputs`);
}

/** A resource as the template alone knows it. */
function unmade(
  { stackName, region, account }: AssemblyStack,
  logicalId: string,
  resource: { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> },
): DeployedResource {
  const rule = named[resource.Type];
  const known = (pattern: string | undefined, attribute: string): string => {
    const filled = pattern?.replaceAll(missing, (whole, name: string) => {
      if (name === 'region') return region;
      if (name === 'account') return account;
      const given = resource.Properties?.[name];
      return typeof given === 'string' ? given : whole;
    });
    return filled !== undefined && !/<[^<>]+>/.test(filled) ? filled : `<${attribute} of ${logicalId} in ${stackName}>`;
  };
  const attributes = new Proxy<Record<string, unknown>>(
    {},
    {
      has: () => true,
      get: (_target, name) => known(name === 'Arn' ? rule?.arn : undefined, String(name)),
      getOwnPropertyDescriptor: (_target, name) => ({
        configurable: true,
        enumerable: true,
        value: known(name === 'Arn' ? rule?.arn : undefined, String(name)),
      }),
    },
  );
  return { ref: known(rule?.ref, 'id'), attributes };
}
