import { Stack, Token } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { TaskFunction } from '../constructs/task-function.ts';
import { Workflow } from '../constructs/workflow.ts';

export interface ScheduledRule {
  readonly name: string;
  readonly expression: string;
}

/** What of the control plane stands in one region, by its names. */
export interface ControlPlane {
  readonly workflows: readonly Workflow[];
  readonly functions: readonly TaskFunction[];
  readonly schedules: readonly ScheduledRule[];
  /** Every queue of ours holds what could not be delivered. */
  readonly deadLetterQueues: readonly string[];
}

/**
 * Finds every workflow, function, schedule and dead-letter queue of a region in the whole app, so that none is forgotten by who
 * watches. Call it once every stack is defined. Throws RangeError for one without a name of its own: nothing could watch it.
 */
export function controlPlaneIn(app: IConstruct, region: string): ControlPlane {
  const here = app.node
    .findAll()
    .filter((construct) => construct.node.scopes.some(Stack.isStack) && Stack.of(construct).region === region);
  const rules = here.filter((construct) => construct instanceof CfnRule);
  const queues = here.filter((construct) => construct instanceof CfnQueue);
  const unwatched = here.find((construct) => construct instanceof CfnSchedule);
  if (unwatched) {
    throw new RangeError(
      `${unwatched.node.path} is a schedule of EventBridge Scheduler, which counts its runs by group alone: no alarm could tell that it was missed. Use a rule with a schedule.`,
    );
  }
  return {
    workflows: here.filter((construct) => construct instanceof Workflow),
    functions: here.filter((construct) => construct instanceof TaskFunction),
    schedules: rules
      .filter(({ scheduleExpression, state }) => scheduleExpression !== undefined && state !== 'DISABLED')
      .map((rule) => ({ name: nameOf(rule, rule.name), expression: String(rule.scheduleExpression) })),
    deadLetterQueues: queues.map((queue) => nameOf(queue, queue.queueName)),
  };
}

function nameOf(construct: IConstruct, name: string | undefined): string {
  if (name !== undefined && !Token.isUnresolved(name)) return name;
  throw new RangeError(`${construct.node.path} has no name of its own, so no alarm can watch it. Give it one.`);
}
