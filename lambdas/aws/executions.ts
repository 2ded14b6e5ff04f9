import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { Executions } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** A token whose task has ended, timed out, or never was: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html */
const nobodyWaits = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];

const pagesMax = 100;

export function stepFunctionsExecutions(region: string): Executions {
  const client = new SFNClient(clientSettings(region));
  return {
    async running(stateMachineArn) {
      const inputs: string[] = [];
      for (const executionArn of await runningArns(client, stateMachineArn)) {
        const found = await this.describe(executionArn);
        if (found?.status === 'RUNNING') inputs.push(found.input);
      }
      return inputs;
    },

    async describe(executionArn) {
      try {
        const command = new DescribeExecutionCommand({ executionArn });
        const answer = await calling('states:DescribeExecution', () => client.send(command), ['ExecutionDoesNotExist']);
        const { status = 'RUNNING', input = '{}', stopDate } = answer;
        return { status, input, ...(stopDate ? { stoppedAt: stopDate } : {}) };
      } catch (error) {
        if (isNamed(error, 'ExecutionDoesNotExist')) return undefined;
        throw error;
      }
    },

    async stop(executionArn, error, cause) {
      const command = new StopExecutionCommand({ executionArn, error, cause });
      try {
        await calling('states:StopExecution', () => client.send(command), ['ExecutionDoesNotExist']);
      } catch (thrown) {
        if (!isNamed(thrown, 'ExecutionDoesNotExist')) throw thrown;
      }
    },

    async answer(token, output) {
      const command = new SendTaskSuccessCommand({ taskToken: token, output });
      try {
        await calling('states:SendTaskSuccess', () => client.send(command), nobodyWaits);
        return true;
      } catch (error) {
        if (nobodyWaits.some((name) => isNamed(error, name))) return false;
        throw error;
      }
    },
  };
}

async function runningArns(client: SFNClient, stateMachineArn: string): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const command = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken });
    const answer = await calling('states:ListExecutions', () => client.send(command));
    arns.push(...(answer.executions ?? []).flatMap(({ executionArn }) => executionArn ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) return arns;
  }
  throw new AwsUnavailable(`${stateMachineArn} has more than ${pagesMax} pages of running executions.`);
}
