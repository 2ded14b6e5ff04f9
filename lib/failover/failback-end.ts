import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { TaskFunction } from '../constructs/task-function.ts';
import type { Workflow } from '../constructs/workflow.ts';
import type { PlatformStack } from '../stacks/platform-stack.ts';

/** A failback that is stopped may leave the application without its right to write: whoever stops it, that is given back. */
export function endOfFailback(stack: PlatformStack, failback: Workflow, end: TaskFunction | undefined): void {
  if (!end) throw new RangeError("The end of a failback has no function 'end-failback'.");
  new Rule(stack, 'FailbackEndsBadly', {
    ruleName: `${failback.name}-ends-badly`,
    description:
      'A failback was stopped, failed or ran out of time: let the application in and give back what it holds',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [failback.stateMachineArn], status: ['ABORTED', 'FAILED', 'TIMED_OUT'] },
    },
    targets: [
      new LambdaFunction(end.function, {
        event: RuleTargetInput.fromObject({
          executionArn: EventField.fromPath('$.detail.executionArn'),
          status: EventField.fromPath('$.detail.status'),
        }),
        maxEventAge: Duration.hours(1),
        retryAttempts: 2,
      }),
    ],
  });
}
