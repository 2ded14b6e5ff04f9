import { App, Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { controlPlaneIn } from '../../../lib/watching/discovery.ts';

function app(fill: (stack: Stack) => void): App {
  const made = new App({ analyticsReporting: false });
  const stack = new Stack(made, 'Stack', { env: { account: '111111111111', region: 'us-east-1' } });
  fill(stack);
  return made;
}

describe('what is watched in a region', () => {
  it('is every schedule and queue of it, by their names', () => {
    const found = app((stack) => {
      new CfnRule(stack, 'Clock', { name: 'clock', scheduleExpression: 'rate(5 minutes)' });
      new CfnRule(stack, 'Off', { name: 'off', scheduleExpression: 'rate(5 minutes)', state: 'DISABLED' });
      new CfnRule(stack, 'Event', { eventPattern: { source: ['aws.ecr'] } });
      new CfnQueue(stack, 'Queue', { queueName: 'undelivered' });
    });
    expect(controlPlaneIn(found, 'us-east-1')).toMatchObject({
      schedules: [{ name: 'clock', expression: 'rate(5 minutes)' }],
      deadLetterQueues: ['undelivered'],
    });
    expect(controlPlaneIn(found, 'us-west-2')).toMatchObject({ schedules: [], deadLetterQueues: [] });
  });

  it('has a name of its own, or the synth ends: no alarm could watch it', () => {
    const nameless = app((stack) => new CfnRule(stack, 'Clock', { scheduleExpression: 'rate(5 minutes)' }));
    expect(() => controlPlaneIn(nameless, 'us-east-1')).toThrow('Stack/Clock has no name of its own');
    const queue = app((stack) => new CfnQueue(stack, 'Queue'));
    expect(() => controlPlaneIn(queue, 'us-east-1')).toThrow('Stack/Queue has no name of its own');
  });

  it('is started by no scheduler whose missed runs nobody could tell', () => {
    const scheduler = app(
      (stack) =>
        new CfnSchedule(stack, 'Nightly', {
          flexibleTimeWindow: { mode: 'OFF' },
          scheduleExpression: 'rate(1 day)',
          target: {
            arn: 'arn:aws:lambda:us-east-1:111111111111:function:f',
            roleArn: 'arn:aws:iam::111111111111:role/r',
          },
        }),
    );
    expect(() => controlPlaneIn(scheduler, 'us-east-1')).toThrow(
      'Stack/Nightly is a schedule of EventBridge Scheduler',
    );
  });
});
