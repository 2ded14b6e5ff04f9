import { describe, expect, it } from 'vitest';
import { startTimer } from '../../rehearsal/asl/timer.ts';
import { jsonata, midnight, world } from './world.ts';

const invoke = 'arn:aws:states:::lambda:invoke';

/** Seconds between the attempts of a task that always fails. */
async function delays(retrier: object, seed: number): Promise<number[]> {
  const definition = jsonata('Try', {
    Try: { Type: 'Task', Resource: invoke, Arguments: {}, Retry: [{ ErrorEquals: ['Busy'], ...retrier }], End: true },
  });
  const at: number[] = [];
  const run = world(
    definition,
    {},
    {
      seed,
      answer: (_call, kernel) => {
        at.push(kernel.now());
        return { error: 'Busy' };
      },
    },
  );
  await run.result();
  return at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / 1000);
}

describe('retries', () => {
  it('grow by BackoffRate up to MaxDelaySeconds', async () => {
    expect(await delays({ IntervalSeconds: 3, MaxAttempts: 4, BackoffRate: 2, MaxDelaySeconds: 10 }, 1)).toEqual([
      3, 6, 10, 10,
    ]);
  });

  it('with full jitter are drawn between nothing and the full delay, the same for the same seed', async () => {
    const retrier = { IntervalSeconds: 100, MaxAttempts: 6, BackoffRate: 1, JitterStrategy: 'FULL' };
    const drawn = await delays(retrier, 5);
    expect(drawn).toEqual(await delays(retrier, 5));
    expect(drawn).not.toEqual(await delays(retrier, 6));
    expect(drawn.every((delay) => delay >= 0 && delay < 100)).toBe(true);
    expect(new Set(drawn).size).toBe(6);
    // Uniform on [0, 100): the mean of 6 draws is far from both ends.
    const mean = drawn.reduce((sum, delay) => sum + delay, 0) / drawn.length;
    expect(mean).toBeGreaterThan(15);
    expect(mean).toBeLessThan(85);
  });
});

describe('virtual time', () => {
  it('orders branches by when they are due, then by when they began', async () => {
    const branch = (name: string, seconds: number) => ({
      StartAt: `Wait ${name}`,
      States: {
        [`Wait ${name}`]: { Type: 'Wait', Seconds: seconds, Next: name },
        [name]: { Type: 'Pass', Output: '{% $now() %}', End: true },
      },
    });
    const definition = jsonata('All', {
      All: { Type: 'Parallel', Branches: [branch('Late', 30), branch('First', 10), branch('Second', 10)], End: true },
    });
    const run = world(definition);
    const { output } = await run.result();
    expect(output).toEqual(['2026-01-01T00:00:30.000Z', '2026-01-01T00:00:10.000Z', '2026-01-01T00:00:10.000Z']);
    const entered = run.execution.history.flatMap((event) =>
      event.type === 'PassStateEntered' ? [event.stateEnteredEventDetails?.['name']] : [],
    );
    expect(entered).toEqual(['First', 'Second', 'Late']);
  });

  it('waits until a timestamp, and not at all for one that has passed', async () => {
    const definition = (timestamp: string) =>
      jsonata('Wait', { Wait: { Type: 'Wait', Timestamp: timestamp, End: true } });
    const future = world(definition('2026-01-01T02:00:00+01:00'));
    await future.result();
    expect(future.seconds()).toBe(3600);
    const past = world(definition('2025-01-01T00:00:00Z'));
    await past.result();
    expect(past.seconds()).toBe(0);
  });

  it('ends an execution at its TimeoutSeconds, whatever it is doing', async () => {
    const run = world(jsonata('Wait', { Wait: { Type: 'Wait', Seconds: 500, End: true } }, { TimeoutSeconds: 60 }));
    expect(await run.result()).toEqual({ status: 'TIMED_OUT' });
    expect(run.seconds()).toBe(60);
    expect(run.types()).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionTimedOut']);
  });

  it('ends an Express execution after five minutes', async () => {
    const run = world(jsonata('Wait', { Wait: { Type: 'Wait', Seconds: 500, End: true } }), {}, { type: 'EXPRESS' });
    expect(await run.result()).toEqual({ status: 'TIMED_OUT' });
    expect(run.seconds()).toBe(300);
  });

  it('ends an Express execution that goes round without letting time pass', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Choice', Choices: [{ Variable: '$.never', IsPresent: true, Next: 'C' }], Default: 'A' },
        C: { Type: 'Succeed' },
      },
    };
    const run = world(definition, {}, { type: 'EXPRESS' });
    expect(await run.result()).toEqual({ status: 'TIMED_OUT' });
  });
});

describe('a task that times out', () => {
  const definition = (more: object) =>
    jsonata('Work', {
      Work: { Type: 'Task', Resource: invoke, Arguments: {}, TimeoutSeconds: 20, ...more, End: true },
      Rest: { Type: 'Pass', End: true },
    });

  it('fails with States.Timeout, and an answer that comes later changes nothing', async () => {
    const run = world(
      definition({ Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Rest' }] }),
      {},
      {
        answer: async (_call, kernel) => {
          await kernel.sleep(25_000, 'work');
          return { output: 'late' };
        },
      },
    );
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: { Error: 'States.Timeout', Cause: '' } });
    expect(run.seconds()).toBe(20);
    expect(run.calls[0]?.abandoned.aborted).toBe(true);
    const events = run.execution.history.length;
    await run.kernel.run();
    expect(run.execution.history).toHaveLength(events);
  });

  it('is not what States.TaskFailed matches', async () => {
    const run = world(
      definition({ Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Rest' }] }),
      {},
      { answer: () => new Promise(() => {}) },
    );
    expect(await run.result()).toEqual({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('by a missed heartbeat is States.HeartbeatTimeout to a catcher', async () => {
    const task = {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      HeartbeatSeconds: 10,
      Arguments: {},
      End: true,
    };
    const run = world(
      jsonata('Ask', {
        Ask: { ...task, Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Output: 'caught', Next: 'Rest' }] },
        Rest: { Type: 'Pass', End: true },
      }),
    );
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: 'caught' });
    expect(run.kernel.now()).toBe(midnight + 10_000);
  });
});

describe('a timer that was called off', () => {
  it('does nothing, even if the clock comes to it', () => {
    const kept: (() => void)[] = [];
    const ran: string[] = [];
    const clock = {
      now: () => 0,
      after: (_milliseconds: number, _label: string, action: () => void) => {
        kept.push(action);
        return { cancel: () => {} };
      },
    };
    startTimer(clock, 1, 'called off', () => ran.push('called off')).cancel();
    startTimer(clock, 1, 'due', () => ran.push('due'));
    for (const action of kept) action();
    expect(ran).toEqual(['due']);
  });
});
