import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { rolloutName } from '../../domain/workflows/secret-rollout.ts';
import type { Rollouts } from '../ports/rotation.ts';
import { calling, clientSettings, isNamed } from './client.ts';

/** An execution of this name has ended, or runs with another input: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const exists = 'ExecutionAlreadyExists';
const unknown = 'ExecutionDoesNotExist';

/** The workflow `secret-rollout` of a region, by its state machine's ARN. */
export function stepFunctionsRollouts(region: string, stateMachineArn: string): Rollouts {
  const client = new SFNClient(clientSettings(region));
  return {
    async start(request) {
      const command = new StartExecutionCommand({
        stateMachineArn,
        name: rolloutName(request.secret, request.versionId),
        input: JSON.stringify(request),
      });
      try {
        await calling('states:StartExecution', () => client.send(command), [exists]);
      } catch (error) {
        if (!isNamed(error, exists)) throw error;
      }
    },

    async statusOf(secret, versionId) {
      const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${rolloutName(secret, versionId)}`;
      const command = new DescribeExecutionCommand({ executionArn });
      try {
        const answer = await calling('states:DescribeExecution', () => client.send(command), [unknown]);
        return answer.status;
      } catch (error) {
        if (isNamed(error, unknown)) return undefined;
        throw error;
      }
    },
  };
}
