import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createEvents } from '../../../rehearsal/aws/events.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import type { CreateModule } from '../../../rehearsal/aws/module.ts';
import { createScheduler } from '../../../rehearsal/aws/scheduler.ts';
import type { OperationInput, Principal, SimulatedService } from '../../../rehearsal/aws/service.ts';
import { createSns } from '../../../rehearsal/aws/sns.ts';
import { createSqs } from '../../../rehearsal/aws/sqs.ts';
import { createStates } from '../../../rehearsal/aws/states.ts';
import type { FaultPlan } from '../../../rehearsal/faults/fault.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { account, smallAssembly } from '../assembly/small-assembly.ts';

export const person: Principal = { kind: 'person', name: 'engineer' };
export const region = 'us-east-1';

/** What the stand-in for Lambda answers, by function name. A thrown error is the function's own. */
export type Functions = Readonly<Record<string, (event: unknown) => unknown>>;

/** Lambda as Step Functions and EventBridge see it, without a sandbox behind it. */
export function standInLambda(functions: Functions): CreateModule {
  const service: SimulatedService = {
    id: 'lambda',
    operations: {
      Invoke: {
        inputs: ['FunctionName', 'Payload', 'InvocationType'],
        authorise: (input) => [{ action: 'lambda:InvokeFunction', resources: [String(input['FunctionName'])] }],
        run: (input) => {
          const name = String(input['FunctionName']).split(':').at(-1) ?? '';
          try {
            const result = functions[name]?.(JSON.parse(String(input['Payload'])));
            return { StatusCode: 200, Payload: JSON.stringify(result ?? null) };
          } catch (error) {
            const { name: errorType, message: errorMessage } = error as Error;
            return {
              StatusCode: 200,
              FunctionError: 'Unhandled',
              Payload: JSON.stringify({ errorType, errorMessage }),
            };
          }
        },
      },
    },
  };
  return () => ({ services: [service] });
}

/** A deployed stack `Small` in a world with everything that this folder tests. Its clock starts at the given time. */
export function smallWorld(
  resources: Readonly<Record<string, unknown>>,
  options: { functions?: Functions; faults?: FaultPlan; startsAt?: number; seed?: number } = {},
): Promise<Rehearsal> {
  return createRehearsal({
    assemblyDirectory: smallAssembly([{ name: 'Small', template: { Resources: resources } }]),
    seed: options.seed ?? 1,
    startsAt: options.startsAt ?? Date.UTC(2026, 0, 1),
    ...(options.faults ? { faults: options.faults } : {}),
    modules: [
      createCloudWatch,
      createEvents,
      createKms,
      createScheduler,
      createSns,
      createSqs,
      createStates,
      standInLambda(options.functions ?? {}),
    ],
  });
}

/** Role `name` that the service may assume, with these statements. */
export function role(
  name: string,
  service: string,
  statements: readonly { Action: string | string[]; Resource: string | string[] }[],
) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      },
      Policies:
        statements.length === 0
          ? []
          : [
              {
                PolicyName: 'inline',
                PolicyDocument: {
                  Version: '2012-10-17',
                  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
                },
              },
            ],
    },
  };
}

/** State machine `name` under the role with logical id `Role`. */
export function stateMachine(name: string, definition: unknown, properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: name,
      RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
      DefinitionString: JSON.stringify(definition),
      ...properties,
    },
  };
}

export const arn = {
  stateMachine: (name: string) => `arn:aws:states:${region}:${account}:stateMachine:${name}`,
  execution: (machine: string, name: string) => `arn:aws:states:${region}:${account}:execution:${machine}:${name}`,
  function: (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`,
  role: (name: string) => `arn:aws:iam::${account}:role/${name}`,
  topic: (name: string) => `arn:aws:sns:${region}:${account}:${name}`,
  queue: (name: string) => `arn:aws:sqs:${region}:${account}:${name}`,
};

/** Makes a call and lets virtual time pass until it has answered; rejects with the error it answered. */
export async function ask(
  rehearsal: Rehearsal,
  service: string,
  operation: string,
  input: OperationInput,
  principal: Principal = person,
): Promise<OperationInput> {
  let settled = false;
  const answer = rehearsal.account.call({ service, operation, input, principal, region });
  answer.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await rehearsal.kernel.run({ done: () => settled });
  return answer;
}

/** Starts an execution, lets it end, and gives what DescribeExecution says of it. */
export async function runToEnd(rehearsal: Rehearsal, machine: string, input: unknown = {}): Promise<OperationInput> {
  const started = await ask(rehearsal, 'states', 'StartExecution', {
    stateMachineArn: arn.stateMachine(machine),
    input: JSON.stringify(input),
  });
  await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 3_600_000 });
  return ask(rehearsal, 'states', 'DescribeExecution', { executionArn: started['executionArn'] });
}
