import { describe, expect, it } from 'vitest';
import { jsonata, world } from './world.ts';

const invoke = 'arn:aws:states:::lambda:invoke';

describe('a JSONata machine', () => {
  it('hands a task its arguments and its result on to Output and Assign', async () => {
    const definition = jsonata('Resolve', {
      Resolve: {
        Type: 'Task',
        Resource: invoke,
        Arguments: { FunctionName: 'resolve', Payload: { tag: '{% $states.input.tag %}' } },
        Assign: { digest: '{% $states.result.Payload.digest %}' },
        Output: '{% $merge([$states.input, $states.result.Payload]) %}',
        Next: 'Report',
      },
      Report: { Type: 'Pass', Output: { digest: '{% $digest %}', seen: '{% $states.input %}' }, End: true },
    });
    const run = world(definition, { tag: 'v1' }, { answer: () => ({ output: { Payload: { digest: 'sha256:1' } } }) });
    expect(await run.result()).toEqual({
      status: 'SUCCEEDED',
      output: { digest: 'sha256:1', seen: { tag: 'v1', digest: 'sha256:1' } },
    });
    expect(run.calls[0]?.arguments).toEqual({ FunctionName: 'resolve', Payload: { tag: 'v1' } });
    expect(run.types()).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('retries with growing delays, then catches', async () => {
    const definition = jsonata('Try', {
      Try: {
        Type: 'Task',
        Resource: invoke,
        Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 10 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'Rest' }],
        End: true,
      },
      Rest: { Type: 'Succeed' },
    });
    const at: number[] = [];
    const run = world(
      definition,
      {},
      {
        answer: (_call, kernel) => {
          at.push(kernel.now());
          return { error: 'Busy', cause: 'try later' };
        },
      },
    );
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: 'Busy' });
    expect(at.map((time) => (time - (at[0] ?? 0)) / 1000)).toEqual([0, 2, 8, 18]);
  });

  it('waits, chooses, and runs branches and items side by side', async () => {
    const definition = jsonata('Wait', {
      Wait: { Type: 'Wait', Seconds: '{% $states.input.seconds %}', Next: 'Enough?' },
      'Enough?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $count($states.input.items) > 1 %}', Next: 'Both' }],
        Default: 'No',
      },
      No: { Type: 'Fail', Error: 'TooFew' },
      Both: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 5, End: true } } },
          {
            StartAt: 'Each',
            States: {
              Each: {
                Type: 'Map',
                Items: '{% $states.input.items %}',
                ItemSelector: { n: '{% $states.context.Map.Item.Value %}', at: '{% $states.context.Map.Item.Index %}' },
                ItemProcessor: {
                  StartAt: 'Double',
                  States: {
                    Double: { Type: 'Pass', Output: '{% $states.input.n * 2 + $states.input.at %}', End: true },
                  },
                },
                End: true,
              },
            },
          },
        ],
        Output: '{% $states.result[1] %}',
        End: true,
      },
    });
    const run = world(definition, { seconds: 10, items: [1, 2, 3] });
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: [2, 5, 8] });
    expect(run.seconds()).toBe(15);
    expect(await world(definition, { seconds: 0, items: [1] }).result()).toEqual({ status: 'FAILED', error: 'TooFew' });
  });
});

describe('task tokens', () => {
  const definition = jsonata('Ask', {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: { QueueUrl: 'q', MessageBody: { token: '{% $states.context.Task.Token %}' } },
      HeartbeatSeconds: 60,
      TimeoutSeconds: 600,
      End: true,
    },
  });

  it('waits for the token, kept alive by heartbeats', async () => {
    const run = world(definition, {}, { answer: () => ({ output: { MessageId: 'm' } }) });
    await run.run(50);
    const token = run.calls[0]?.taskToken ?? '';
    run.execution.sendTaskHeartbeat(token);
    await run.run(100);
    expect(run.execution.status).toBe('RUNNING');
    run.execution.sendTaskSuccess(token, '{"decision":"approve"}');
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: { decision: 'approve' } });
    expect(run.types()).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('refuses a token that was answered, that came too late, or that nobody gave out', async () => {
    const run = world(definition, {}, { answer: () => ({ output: {} }) });
    await run.run(1);
    const token = run.calls[0]?.taskToken ?? '';
    expect(() => run.execution.sendTaskSuccess('nobody', '{}')).toThrow(
      expect.objectContaining({ name: 'InvalidToken' }),
    );
    expect(() => run.execution.sendTaskSuccess(token, '{')).toThrow(expect.objectContaining({ name: 'InvalidOutput' }));
    run.execution.sendTaskSuccess(token, '{}');
    expect(() => run.execution.sendTaskSuccess(token, '{}')).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
    const late = world(definition, {}, { answer: () => ({ output: {} }) });
    expect(await late.result()).toEqual({ status: 'FAILED', error: 'States.Timeout' });
    expect(late.seconds()).toBe(60);
    expect(() => late.execution.sendTaskHeartbeat(late.calls[0]?.taskToken ?? '')).toThrow(
      expect.objectContaining({ name: 'TaskTimedOut' }),
    );
  });
});

describe('a stopped execution', () => {
  it('ends at once, abandons its task and writes nothing more', async () => {
    const definition = jsonata('Work', { Work: { Type: 'Task', Resource: invoke, Arguments: {}, End: true } });
    const run = world(
      definition,
      {},
      {
        answer: async (_call, kernel) => {
          await kernel.sleep(10_000, 'work');
          return { output: {} };
        },
      },
    );
    await run.run(5);
    run.execution.stop({ error: 'Superseded', cause: 'a rollback started' });
    await run.kernel.run();
    expect(await run.execution.result).toEqual({ status: 'ABORTED', error: 'Superseded', cause: 'a rollback started' });
    expect(run.calls[0]?.abandoned.aborted).toBe(true);
    expect(run.types()).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'ExecutionAborted',
    ]);
  });
});
