import { describe, expect, it } from 'vitest';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { jsonata, type World, world } from './world.ts';

const invoke = 'arn:aws:states:::lambda:invoke';
const task = (name: string, more: { [key: string]: Json } = {}): { [key: string]: Json } => ({
  StartAt: name,
  States: { [name]: { Type: 'Task', Resource: invoke, Arguments: { name }, End: true, ...more } },
});

/** `5<3 MapIterationStarted`: id, previous id, type. */
function chain(run: World): string[] {
  return run.execution.history.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
}

describe('the history of a Map', () => {
  const definition = (concurrency: number) =>
    jsonata('Each', {
      Each: {
        Type: 'Map',
        Items: [1, 2],
        MaxConcurrency: concurrency,
        ItemProcessor: { StartAt: 'Item', States: { Item: { Type: 'Pass', End: true } } },
        End: true,
      },
    });

  it('chains iterations one after the other when one runs at a time', async () => {
    const run = world(definition(1));
    await run.result();
    expect(chain(run)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered',
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted',
      '5<4 PassStateEntered',
      '6<5 PassStateExited',
      '7<6 MapIterationSucceeded',
      '8<6 MapIterationStarted',
      '9<8 PassStateEntered',
      '10<9 PassStateExited',
      '11<10 MapIterationSucceeded',
      '12<11 MapStateSucceeded',
      '13<11 MapStateExited',
      '14<13 ExecutionSucceeded',
    ]);
  });

  it('starts all iterations that may run before any enters its first state', async () => {
    const run = world(definition(0));
    await run.result();
    expect(run.types().slice(3, 6)).toEqual(['MapIterationStarted', 'MapIterationStarted', 'PassStateEntered']);
  });

  it('names the iteration that failed, and aborts the others', async () => {
    const definition = jsonata('Each', {
      Each: {
        Type: 'Map',
        Items: [1, 2, 3],
        ItemSelector: '{% $states.context.Map.Item.Index %}',
        ItemProcessor: task('Work', { Arguments: '{% $states.input %}' }),
        End: true,
      },
    });
    const run = world(
      definition,
      {},
      { answer: (call) => (call.arguments === 1 ? { error: 'Broken', cause: 'item 1' } : new Promise(() => {})) },
    );
    expect(await run.result()).toEqual({ status: 'FAILED', error: 'Broken', cause: 'item 1' });
    expect(run.types().slice(-8)).toEqual([
      'MapIterationFailed',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
    expect(run.calls.every((call) => call.stateName !== 'Work' || call.arguments === 1 || call.abandoned.aborted)).toBe(
      true,
    );
  });
});

describe('an ItemSelector that fails', () => {
  it('between two iterations ends those that run, and can be caught', async () => {
    const definition = jsonata('Each', {
      Each: {
        Type: 'Map',
        Items: [1, 2, 3],
        MaxConcurrency: 2,
        ItemSelector: '{% $states.context.Map.Item.Value = 3 ? $missing : $states.context.Map.Item.Value %}',
        ItemProcessor: task('Work', { Arguments: '{% $states.input %}' }),
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Output: 'caught', Next: 'Rest' }],
        End: true,
      },
      Rest: { Type: 'Pass', End: true },
    });
    const run = world(
      definition,
      {},
      { answer: (call) => (call.arguments === 1 ? { output: 1 } : new Promise(() => {})) },
    );
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: 'caught' });
    expect(run.calls[1]?.abandoned.aborted).toBe(true);
    expect(run.types()).toContain('MapIterationAborted');
    expect(run.types()).not.toContain('MapIterationFailed');
  });
});

describe('the history of a Parallel', () => {
  it('aborts the states of a failed branch and its siblings, then goes on from the failure', async () => {
    const definition = jsonata('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [task('Bad'), { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 100, End: true } } }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rest' }],
        End: true,
      },
      Rest: { Type: 'Succeed' },
    });
    const run = world(definition, {}, { answer: () => ({ error: 'Broken' }) });
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: { Error: 'Broken' } });
    expect(run.seconds()).toBe(0);
    expect(chain(run).slice(-7)).toEqual([
      '9<8 TaskStateAborted',
      '10<8 WaitStateAborted',
      '11<8 ParallelStateFailed',
      '12<11 ParallelStateExited',
      '13<12 SucceedStateEntered',
      '14<13 SucceedStateExited',
      '15<14 ExecutionSucceeded',
    ]);
  });

  it('lets siblings that are due at the same instant happen before the failure spreads', async () => {
    const definition = jsonata('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [task('A', { TimeoutSeconds: 5 }), task('B', { TimeoutSeconds: 5 })],
        End: true,
      },
    });
    const run = world(definition, {}, { answer: () => new Promise(() => {}) });
    await run.result();
    expect(run.types().filter((type) => type === 'TaskTimedOut')).toHaveLength(2);
  });

  it('stops in all branches at once', async () => {
    const definition = jsonata('Both', { Both: { Type: 'Parallel', Branches: [task('A'), task('B')], End: true } });
    const run = world(definition, {}, { answer: () => new Promise(() => {}) });
    await run.run(1);
    run.execution.stop();
    expect(await run.execution.result).toEqual({ status: 'ABORTED' });
    expect(run.types().at(-1)).toBe('ExecutionAborted');
    expect(run.calls.map((call) => call.abandoned.aborted)).toEqual([true, true]);
    run.execution.stop({ error: 'again' });
    expect(run.types().filter((type) => type === 'ExecutionAborted')).toHaveLength(1);
  });
});

describe('a long payload', () => {
  it('is read from the history as it was written', async () => {
    const long = `${'ab\u00fc\ud83d'.repeat(10_000)} end`;
    const run = world(jsonata('Pass', { Pass: { Type: 'Pass', Assign: { v: '{% $states.input %}' }, End: true } }), {
      long,
    });
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: { long } });
    const [started, , exited] = run.execution.history;
    const text = JSON.stringify({ long });
    expect(started?.executionStartedEventDetails?.['input']).toBe(text);
    expect(exited?.stateExitedEventDetails?.['assignedVariables']).toEqual({ v: text });
    expect(JSON.parse(JSON.stringify(exited)).stateExitedEventDetails).toMatchObject({ name: 'Pass', output: text });
  });
});

describe('details', () => {
  it('are under the names of GetExecutionHistory, with texts of JSON', async () => {
    const definition = jsonata('Work', {
      Work: {
        Type: 'Task',
        Resource: invoke,
        Arguments: { a: 1 },
        TimeoutSeconds: 9,
        Credentials: { RoleArn: 'arn:r' },
        Assign: { v: '{% $states.result %}' },
        End: true,
      },
    });
    const run = world(definition, { in: 1 }, { answer: () => ({ output: 'done' }) });
    await run.result();
    const details = run.execution.history.map((event) =>
      Object.entries(event).find(([key]) => key.endsWith('Details')),
    );
    expect(Object.fromEntries(details.filter((entry) => entry !== undefined))).toEqual({
      executionStartedEventDetails: {
        input: '{"in":1}',
        inputDetails: { truncated: false },
        roleArn: 'arn:aws:iam::111111111111:role/machine',
      },
      stateEnteredEventDetails: { name: 'Work', input: '{"in":1}', inputDetails: { truncated: false } },
      taskScheduledEventDetails: {
        parameters: '{"a":1}',
        region: 'us-east-1',
        resource: 'invoke',
        resourceType: 'lambda',
        timeoutInSeconds: 9,
        taskCredentials: { roleArn: 'arn:r' },
      },
      taskStartedEventDetails: { resource: 'invoke', resourceType: 'lambda' },
      taskSucceededEventDetails: {
        output: '"done"',
        outputDetails: { truncated: false },
        resource: 'invoke',
        resourceType: 'lambda',
      },
      stateExitedEventDetails: {
        name: 'Work',
        output: '"done"',
        outputDetails: { truncated: false },
        assignedVariables: { v: '"done"' },
        assignedVariablesDetails: { truncated: false },
      },
      executionSucceededEventDetails: { output: '"done"', outputDetails: { truncated: false } },
    });
  });

  it('a history that would grow past 25,000 events ends the execution', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Choice', Choices: [{ Variable: '$.never', IsPresent: true, Next: 'C' }], Default: 'A' },
        C: { Type: 'Succeed' },
      },
    };
    const run = world(definition);
    expect(await run.result()).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(run.execution.history).toHaveLength(25_000);
  });
});
