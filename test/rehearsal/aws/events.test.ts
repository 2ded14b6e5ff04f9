import { describe, expect, it } from 'vitest';
import type { EventsService } from '../../../rehearsal/aws/events.ts';
import type { QueuedMessage, SqsService } from '../../../rehearsal/aws/sqs.ts';
import { type FaultPlan, noFaults } from '../../../rehearsal/faults/fault.ts';
import type { Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { arn, ask, region, role, smallWorld, stateMachine } from './small-world.ts';

const pass = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };
const alarmPattern = {
  source: ['aws.cloudwatch'],
  detail: { alarmName: [{ prefix: 'mainstay/' }], state: { value: ['ALARM'] } },
};
const starter = role('starter', 'events.amazonaws.com', [
  { Action: 'states:StartExecution', Resource: arn.stateMachine('rollback') },
]);
const queuePolicy = {
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: [{ Ref: 'Queue' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: arn.queue('dead'),
        },
      ],
    },
  },
};
const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } };

function rule(target: Record<string, unknown>, properties: Record<string, unknown> = { EventPattern: alarmPattern }) {
  return {
    Type: 'AWS::Events::Rule',
    Properties: { Name: 'on-alarm', State: 'ENABLED', Targets: [{ Id: 'T', ...target }], ...properties },
  };
}

const rollbackTarget = {
  Arn: arn.stateMachine('rollback'),
  RoleArn: arn.role('starter'),
  DeadLetterConfig: { Arn: arn.queue('dead') },
};

function withRollback(
  target: Record<string, unknown> = rollbackTarget,
  faults: FaultPlan = noFaults,
  starterRole = starter,
): Promise<Rehearsal> {
  return smallWorld(
    {
      Role: role('runner', 'states.amazonaws.com', []),
      Rollback: stateMachine('rollback', pass),
      Starter: starterRole,
      Queue: queue,
      QueuePolicy: queuePolicy,
      Rule: rule(target),
    },
    { faults },
  );
}

async function fire({ account, kernel }: Rehearsal, state = 'ALARM', reason = 'too many "errors"'): Promise<void> {
  account.service<EventsService>('events').publish({
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    detail: { alarmName: 'mainstay/aeon/api/blue/errors', state: { value: state, reason } },
    resources: [],
    region,
  });
  await kernel.run({ until: kernel.now() + 200_000 });
}

const started = ({ log }: Rehearsal) =>
  log.events.filter((event) => event.kind === 'execution.started' && event['workflow'] === 'rollback');
const letters = ({ account }: Rehearsal): readonly QueuedMessage[] =>
  account.service<SqsService>('sqs').contents()[0]?.messages ?? [];

describe('a rule', () => {
  it('starts a state machine under its role with the transformed input, within a second', async () => {
    const world = await withRollback({
      ...rollbackTarget,
      InputTransformer: {
        InputPathsMap: { name: '$.detail.alarmName', reason: '$.detail.state.reason', time: '$.time' },
        InputTemplate: '{"alarmName":<name>,"reason":<reason>,"text":"at <time> by <aws.events.rule-name>"}',
      },
    });
    const at = world.kernel.now();
    await fire(world);
    expect(started(world).map((event) => event['input'])).toEqual([
      {
        alarmName: 'mainstay/aeon/api/blue/errors',
        reason: 'too many "errors"',
        text: 'at 2026-01-01T00:00:06Z by on-alarm',
      },
    ]);
    expect((started(world)[0]?.at ?? 0) - at).toBeLessThan(1_000);
    expect(world.log.events).toContainEqual(
      expect.objectContaining({
        kind: 'event.delivered',
        rule: 'on-alarm',
        target: arn.stateMachine('rollback'),
        detailType: 'CloudWatch Alarm State Change',
      }),
    );
  });

  it('hands the whole event on where nothing transforms it, and leaves events it does not select', async () => {
    const world = await withRollback();
    await fire(world, 'OK');
    expect(started(world)).toEqual([]);
    await fire(world);
    expect(started(world)[0]?.['input']).toMatchObject({
      version: '0',
      account: '111111111111',
      region,
      source: 'aws.cloudwatch',
    });
  });

  it('sends what it may not deliver to its dead-letter queue at once, with the reason', async () => {
    const noRights = role('starter', 'events.amazonaws.com', []);
    const world = await withRollback(rollbackTarget, noFaults, noRights);
    await fire(world);
    expect(letters(world)).toHaveLength(1);
    expect(letters(world)[0]?.attributes).toMatchObject({
      ERROR_CODE: { StringValue: 'AccessDeniedException' },
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'NonRetriable' },
      TARGET_ARN: { StringValue: arn.stateMachine('rollback') },
    });
  });

  it('with a role that does not trust EventBridge delivers nothing', async () => {
    const distrust = role('starter', 'states.amazonaws.com', [{ Action: 'states:StartExecution', Resource: '*' }]);
    const world = await withRollback(rollbackTarget, noFaults, distrust);
    await fire(world);
    expect(started(world)).toEqual([]);
    expect(world.log.events).toContainEqual(expect.objectContaining({ kind: 'iam.denied', action: 'sts:AssumeRole' }));
  });

  it('retries what may pass', async () => {
    let failures = 2;
    const faults: FaultPlan = {
      ...noFaults,
      onCall: (call) => (call.operation === 'StartExecution' && failures-- > 0 ? { kind: 'throttle' } : undefined),
    };
    const world = await withRollback(rollbackTarget, faults);
    await fire(world);
    expect(started(world)).toHaveLength(1);
    expect(letters(world)).toEqual([]);
  });

  it('gives up after the retries its target allows', async () => {
    const faults: FaultPlan = {
      ...noFaults,
      onCall: (call) => (call.operation === 'StartExecution' ? { kind: 'server-error' } : undefined),
    };
    const world = await withRollback({ ...rollbackTarget, RetryPolicy: { MaximumRetryAttempts: 2 } }, faults);
    await fire(world);
    expect(letters(world)[0]?.attributes).toMatchObject({
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
      RETRY_ATTEMPTS: { StringValue: '2' },
    });
  });

  it.each([
    [{ kind: 'duplicate', afterMilliseconds: 30_000 } as const, [500, 30_500]],
    [{ kind: 'late', byMilliseconds: 90_000 } as const, [90_500]],
  ])('obeys the delivery fault %j', async (fault, offsets) => {
    const world = await withRollback(rollbackTarget, { ...noFaults, onDelivery: () => fault });
    const at = world.kernel.now();
    await fire(world);
    // 20 ms are the call itself.
    expect(started(world).map((event) => event.at - at - 20)).toEqual(offsets);
    expect(world.log.events).toContainEqual(expect.objectContaining({ kind: 'fault.injected', fault: fault.kind }));
  });

  it('fires when an execution of a state machine ends, by its status', async () => {
    const seen: unknown[] = [];
    const world = await smallWorld(
      {
        Role: role('runner', 'states.amazonaws.com', []),
        Flow: stateMachine('flow', {
          QueryLanguage: 'JSONata',
          StartAt: 'F',
          States: { F: { Type: 'Fail', Error: 'Broken', Cause: 'c' } },
        }),
        Rule: rule(
          { Arn: arn.function('watch') },
          {
            EventPattern: {
              source: ['aws.states'],
              detail: { status: ['FAILED'], stateMachineArn: [arn.stateMachine('flow')] },
            },
          },
        ),
      },
      { functions: { watch: (event) => seen.push(event) } },
    );
    world.iam.putResourcePolicy(
      arn.function('watch'),
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'lambda:InvokeFunction',
            Resource: arn.function('watch'),
          },
        ],
      },
      { stack: 'Small', logicalId: 'Permission', policy: 'permission' },
    );
    await ask(world, 'states', 'StartExecution', {
      stateMachineArn: arn.stateMachine('flow'),
      name: 'one',
      input: '{"a":1}',
    });
    await world.kernel.run({ until: world.kernel.now() + 10_000 });
    expect(seen).toMatchObject([
      {
        'detail-type': 'Step Functions Execution Status Change',
        detail: { name: 'one', status: 'FAILED', error: 'Broken', cause: 'c', input: '{"a":1}' },
      },
    ]);
  });

  it.each([
    ['rate(5 minutes)', ['00:05', '00:10', '00:15']],
    ['cron(0/7 * * * ? *)', ['00:07', '00:14']],
    ['cron(0 4 * * ? *)', []],
  ])('on the schedule %s fires at %j', async (expression, times) => {
    const at: string[] = [];
    const world = await smallWorld(
      {
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'ticks' } },
        Policy: topicPolicy('ticks', 'events.amazonaws.com'),
        Rule: rule({ Arn: arn.topic('ticks'), Input: '{"tick":true}' }, { ScheduleExpression: expression }),
      },
      { startsAt: Date.UTC(2025, 11, 31, 23, 59, 57) },
    );
    world.log.subscribe((event) => {
      if (event.kind === 'notification.sent') at.push(new Date(event.at).toISOString().slice(11, 16));
    });
    await world.kernel.run({ until: Date.UTC(2026, 0, 1, 0, 16) });
    expect(at).toEqual(times);
  });

  it('does not fire while it is disabled', async () => {
    const world = await withRollback();
    await ask(world, 'events', 'DisableRule', { Name: 'on-alarm' });
    await fire(world);
    expect(started(world)).toEqual([]);
    await ask(world, 'events', 'EnableRule', { Name: 'on-alarm' });
    await fire(world);
    expect(started(world)).toHaveLength(1);
  });

  it.each([
    ['another bus', rule(rollbackTarget, { EventBusName: 'orders' }), /event bus 'orders'/],
    [
      'an operator nobody models',
      rule(rollbackTarget, { EventPattern: { source: [{ cidr: '10.0.0.0/8' }] } }),
      /uses cidr/,
    ],
    [
      'a target nobody models',
      rule({ Arn: 'arn:aws:ecs:us-east-1:111111111111:cluster/c' }),
      /target arn:aws:ecs.* is not modelled/,
    ],
    ['a member of a target nobody models', rule({ ...rollbackTarget, BatchParameters: {} }), /BatchParameters/],
    ['a schedule nobody models', rule(rollbackTarget, { ScheduleExpression: 'every day' }), /schedule 'every day'/],
  ])('with %s is refused at deployment', async (_what, resource, message) => {
    await expect(smallWorld({ Rule: resource })).rejects.toThrow(message);
  });
});

describe('a schedule of the scheduler', () => {
  it('starts its target under its role', async () => {
    const scheduled = (properties: Record<string, unknown>) => ({
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: 'hourly',
        ScheduleExpression: 'rate(1 hour)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: arn.stateMachine('rollback'),
          RoleArn: arn.role('starter'),
          Input: '{"at":"<aws.scheduler.scheduled-time>"}',
        },
        ...properties,
      },
    });
    const resources = {
      Role: role('runner', 'states.amazonaws.com', []),
      Rollback: stateMachine('rollback', pass),
      Starter: role('starter', 'scheduler.amazonaws.com', [{ Action: 'states:StartExecution', Resource: '*' }]),
      Schedule: scheduled({}),
    };
    const world = await smallWorld(resources);
    await world.kernel.run({ until: world.kernel.now() + 3_700_000 });
    expect(started(world).map((event) => event['input'])).toEqual([{ at: '2026-01-01T01:00:04Z' }]);
    const abroad = { ...resources, Schedule: scheduled({ ScheduleExpressionTimezone: 'Europe/Berlin' }) };
    await expect(smallWorld(abroad)).rejects.toThrow('Europe/Berlin');
  });
});

function topicPolicy(topic: string, service: string) {
  return {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Topic' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: service }, Action: 'sns:Publish', Resource: arn.topic(topic) },
        ],
      },
    },
  };
}
