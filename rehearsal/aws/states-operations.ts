import type { HistoryEvent } from '../asl/index.ts';
import { page } from './modelled.ts';
import { type AuthorisationRequest, AwsError, type Operation, type OperationInput } from './service.ts';
import type { StatesService } from './states.ts';
import type { RunningExecution } from './states-observers.ts';

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html */
function on(action: string, resource: unknown): AuthorisationRequest[] {
  return [{ action: `states:${action}`, resources: [String(resource)] }];
}

/** The operations of Step Functions, in the names of its own API. */
export function statesOperations(service: StatesService): Record<string, Operation> {
  return { ...executionOperations(service), ...listOperations(service), ...tokenOperations(service) };
}

function executionOperations(service: StatesService): Record<string, Operation> {
  return {
    StartExecution: {
      inputs: ['stateMachineArn', 'name', 'input'],
      authorise: (input) => on('StartExecution', input['stateMachineArn']),
      run: (input, context) => {
        const { arn, startedAt } = service.start(input, context);
        return { executionArn: arn, startDate: new Date(startedAt) };
      },
    },
    StopExecution: {
      inputs: ['executionArn', 'error', 'cause'],
      authorise: (input) => on('StopExecution', input['executionArn']),
      run: async (input) => {
        const running = service.execution(String(input['executionArn']));
        if (running.machine.type === 'EXPRESS') {
          throw new AwsError(
            'StateMachineTypeNotSupported',
            'StopExecution is not supported by EXPRESS state machines.',
          );
        }
        running.execution.stop({ ...textMember(input, 'error'), ...textMember(input, 'cause') });
        await running.execution.result;
        return { stopDate: new Date(running.ended?.at ?? 0) };
      },
    },
    DescribeExecution: {
      inputs: ['executionArn'],
      authorise: (input) => on('DescribeExecution', input['executionArn']),
      run: (input) => description(service.execution(String(input['executionArn']))),
    },
    DescribeStateMachine: {
      inputs: ['stateMachineArn'],
      authorise: (input) => on('DescribeStateMachine', input['stateMachineArn']),
      run: (input) => {
        const machine = service.machine(String(input['stateMachineArn']));
        return {
          stateMachineArn: machine.arn,
          name: machine.name,
          status: 'ACTIVE',
          definition: machine.definition,
          roleArn: machine.roleArn,
          type: machine.type,
          creationDate: new Date(machine.createdAt),
          variableReferences: machine.compiled.variableReferences,
        };
      },
    },
  };
}

function listOperations(service: StatesService): Record<string, Operation> {
  return {
    ListExecutions: {
      inputs: ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'],
      authorise: (input) => on('ListExecutions', input['stateMachineArn']),
      run: (input) => {
        const machine = service.machine(String(input['stateMachineArn']));
        // 'Results are sorted by time, with the most recent execution first.'
        const found = service
          .executions()
          .filter((running) => running.machine.arn === machine.arn)
          .filter(
            (running) => input['statusFilter'] === undefined || input['statusFilter'] === running.execution.status,
          )
          .reverse();
        const { items, nextToken } = page(found, input['nextToken'], sizeOf(input['maxResults']));
        return { executions: items.map(summary), nextToken };
      },
    },
    GetExecutionHistory: {
      inputs: ['executionArn', 'maxResults', 'reverseOrder', 'nextToken'],
      authorise: (input) => on('GetExecutionHistory', input['executionArn']),
      run: (input) => {
        const events: HistoryEvent[] = [...service.execution(String(input['executionArn'])).execution.history];
        if (input['reverseOrder'] === true) events.reverse();
        const { items, nextToken } = page(events, input['nextToken'], sizeOf(input['maxResults']));
        return { events: items, nextToken };
      },
    },
  };
}

function tokenOperations(service: StatesService): Record<string, Operation> {
  const authorise =
    (action: string) =>
    (input: OperationInput): AuthorisationRequest[] => {
      const machine = service.machineOfToken(input['taskToken']);
      return machine === undefined ? [] : on(action, machine);
    };
  return {
    SendTaskSuccess: {
      inputs: ['taskToken', 'output'],
      authorise: authorise('SendTaskSuccess'),
      run: (input) => {
        const token = String(input['taskToken']);
        return answered(() => service.holderOf(token).execution.sendTaskSuccess(token, String(input['output'])));
      },
    },
    SendTaskFailure: {
      inputs: ['taskToken', 'error', 'cause'],
      authorise: authorise('SendTaskFailure'),
      run: (input) => {
        const token = String(input['taskToken']);
        const failure = { ...textMember(input, 'error'), ...textMember(input, 'cause') };
        return answered(() => service.holderOf(token).execution.sendTaskFailure(token, failure));
      },
    },
    SendTaskHeartbeat: {
      inputs: ['taskToken'],
      authorise: authorise('SendTaskHeartbeat'),
      run: (input) => {
        const token = String(input['taskToken']);
        return answered(() => service.holderOf(token).execution.sendTaskHeartbeat(token));
      },
    },
  };
}

/**
 * A token that was answered before, timed out, or whose execution has ended gives TaskTimedOut, in these words:
 * https://github.com/aws-samples/amazon-mwaa-examples/issues/61. Only a token that never was gives InvalidToken.
 */
function answered(answer: () => void): OperationInput {
  try {
    answer();
  } catch (error) {
    if (error instanceof AwsError || !(error instanceof Error)) throw error;
    if (error.name === 'InvalidOutput') throw new AwsError('InvalidOutput', error.message);
    if (error.name === 'TaskTimedOut' || error.name === 'TaskDoesNotExist') {
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    throw error;
  }
  return {};
}

function textMember<Name extends string>(input: OperationInput, name: Name): { [member in Name]?: string } {
  return (input[name] === undefined ? {} : { [name]: String(input[name]) }) as { [member in Name]?: string };
}

/** 'The default is 100 and the maximum allowed page size is 1000.' 0 means the default. */
function sizeOf(maxResults: unknown): number {
  return Math.min(Number(maxResults ?? 0) || 100, 1000);
}

function summary(running: RunningExecution): OperationInput {
  return {
    executionArn: running.arn,
    stateMachineArn: running.machine.arn,
    name: running.name,
    status: running.execution.status,
    startDate: new Date(running.startedAt),
    stopDate: running.ended && new Date(running.ended.at),
    redriveCount: 0,
  };
}

function description(running: RunningExecution): OperationInput {
  const result = running.ended?.result;
  return {
    ...summary(running),
    input: running.input,
    inputDetails: { included: true },
    output: result?.output,
    outputDetails: result?.output === undefined ? undefined : { included: true },
    error: result?.error,
    cause: result?.cause,
    redriveStatus: result && result.status !== 'SUCCEEDED' ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
  };
}
