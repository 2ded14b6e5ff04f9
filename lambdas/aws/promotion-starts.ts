import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { PromotionStarts } from '../ports/aws.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** Starts executions of one state machine. */
export function stepFunctionsStarts(region: string, stateMachineArn: string): PromotionStarts {
  const client = new SFNClient(clientSettings(region));
  return {
    async start(name, input) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input });
      try {
        await calling('states:StartExecution', () => client.send(command), ['ExecutionAlreadyExists']);
        return true;
      } catch (error) {
        if (isNamed(error, 'ExecutionAlreadyExists')) return false;
        throw error;
      }
    },
  };
}
