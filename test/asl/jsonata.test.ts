import { describe, expect, it } from 'vitest';
import { compile } from '../../rehearsal/asl/index.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { jsonata, world } from './world.ts';

/** What an expression gives as the Output of a Pass. */
async function evaluated(expression: string, input: Json = {}, seed = 1) {
  return await world(jsonata('Pass', { Pass: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }), input, {
    seed,
  }).result();
}

async function outputOf(expression: string, input: Json = {}, seed = 1): Promise<Json | undefined> {
  return (await evaluated(expression, input, seed)).output;
}

describe("Step Functions' own functions", () => {
  it.each([
    ['$partition([1, 2, 3], 2)', [[1, 2], [3]]],
    ['$partition([1], 5)', [[1]]],
    ['$range(0, 10, 3)', [0, 3, 6, 9]],
    ['$range(5, 1, -2)', [5, 3, 1]],
    // A sequence of one stands for itself.
    ['$range(1, 9, 9)', 1],
    ["$hash('input data', 'MD5')", '812f45842bc6d66ee14572ce20db8e86'],
    ["$hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ['$parse(\'{"a": [1, null]}\')', { a: [1, null] }],
  ])('%s', async (expression, expected) => {
    expect(await outputOf(expression)).toEqual(expected);
  });

  it('take chance from the environment: the same for the same seed', async () => {
    for (const expression of ['$random()', '$shuffle([1..20])']) {
      expect(await outputOf(expression, {}, 1)).toEqual(await outputOf(expression, {}, 1));
      expect(await outputOf(expression, {}, 1)).not.toEqual(await outputOf(expression, {}, 2));
    }
    expect(await outputOf('$random(42)', {}, 1)).toEqual(await outputOf('$random(42)', {}, 2));
    expect(await outputOf('$uuid()')).toBe('uuid-1');
  });

  it('take the time from the environment', async () => {
    expect(await outputOf('$now()')).toBe('2026-01-01T00:00:00.000Z');
    expect(await outputOf("$now('[Y0001]/[M01]')")).toBe('2026/01');
    expect(await outputOf('$millis()')).toBe(Date.UTC(2026, 0, 1));
    // A picture without a date takes it from now.
    expect(await outputOf("$toMillis('10:30', '[H01]:[m01]')")).toBe(Date.UTC(2026, 0, 1, 10, 30));
  });

  it('do not include $eval', () => {
    const machine = jsonata('Pass', { Pass: { Type: 'Pass', Output: "{% $eval('1 + 1') %}", End: true } });
    expect(() => compile(machine)).toThrow(
      "UNSUPPORTED_JSONATA_EXPRESSION: Function '$eval' is not supported. at /States/Pass/Output",
    );
  });

  it('an unknown function fails when it is called', async () => {
    expect(await evaluated('$nothing(1)')).toEqual({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'Pass' (entered at the event id #2). The JSONata expression '$nothing(1)' specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a non-function",
    });
  });
});

describe('an evaluation that fails', () => {
  it('names the expression and the field, and is written as EvaluationFailed', async () => {
    const run = world(
      jsonata('Pass', { Pass: { Type: 'Pass', Output: { a: [0, { b: '{% $missing %}' }] }, End: true } }),
    );
    const { error, cause } = await run.result();
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain(
      "The JSONata expression '$missing' specified for the field 'Output/a[1]/b' returned nothing (undefined).",
    );
    expect(run.types()).toEqual(['ExecutionStarted', 'PassStateEntered', 'EvaluationFailed', 'ExecutionFailed']);
  });

  it('can be retried and caught', async () => {
    const run = world(
      jsonata('Work', {
        Work: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { id: '{% $missing %}' },
          Retry: [{ ErrorEquals: ['States.QueryEvaluationError'], IntervalSeconds: 1, MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'Rest' }],
          End: true,
        },
        Rest: { Type: 'Pass', End: true },
      }),
    );
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: 'States.QueryEvaluationError' });
    expect(run.types().filter((type) => type === 'EvaluationFailed')).toHaveLength(2);
  });

  it.each([
    ['a function', 'function($x) { $x }', 'returned an unsupported result type.'],
    ['a number that is none', '1/0', 'returned an unsupported result type.'],
    ['endless recursion', '($f := function($n) { 1 + $f($n) }; $f(1))', 'D1011'],
    ['an endless loop', '($f := function($n) { $f($n) }; $f(1))', 'D1011'],
  ])('%s', async (_name, expression, words) => {
    const { error, cause } = await evaluated(expression);
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain(words);
  });

  it('for a field that wants another type says which', async () => {
    const wait = world(jsonata('Wait', { Wait: { Type: 'Wait', Seconds: '{% "soon" %}', End: true } }));
    expect((await wait.result()).cause).toContain(
      "The JSONata expression '\"soon\"' specified for the field 'Seconds' returned an unexpected result type. Expected 'number', but was 'string' for value: \"soon\"",
    );
  });
});

describe('variables', () => {
  it('are seen in inner scopes, and what those assign is gone with them', async () => {
    const machine = jsonata('Set', {
      Set: { Type: 'Pass', Assign: { outer: 1, other: 2 }, Next: 'Each' },
      Each: {
        Type: 'Map',
        Items: [10, 20],
        ItemProcessor: {
          StartAt: 'Inner',
          States: {
            Inner: { Type: 'Pass', Assign: { mine: '{% $states.input + $outer %}' }, Next: 'Read' },
            Read: { Type: 'Pass', Output: '{% $mine %}', End: true },
          },
        },
        Next: 'After',
      },
      After: { Type: 'Pass', Output: { items: '{% $states.input %}', mine: '{% $exists($mine) %}' }, End: true },
    });
    expect(await world(machine).result()).toEqual({ status: 'SUCCEEDED', output: { items: [11, 21], mine: false } });
  });

  it('and payloads may not nest beyond all measure', async () => {
    const machine = jsonata('Nest', {
      Nest: { Type: 'Pass', Output: [[[[['{% $states.input %}']]]]], Next: 'More?' },
      'More?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $exists($states.input) %}', Next: 'Nest' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    });
    expect(['States.DataLimitExceeded', 'States.Runtime']).toContain((await world(machine).result()).error);
  });

  it('are refused beyond 256 KiB', async () => {
    const machine = jsonata('Start', {
      Start: { Type: 'Pass', Assign: { v: [1] }, Next: 'Grow' },
      Grow: { Type: 'Pass', Assign: { v: '{% [[$v], [$v]] %}' }, Next: 'More?' },
      'More?': { Type: 'Choice', Choices: [{ Condition: '{% $exists($v) %}', Next: 'Grow' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
    });
    expect((await world(machine).result()).error).toBe('States.DataLimitExceeded');
  });

  it('keep their old values for the Output beside an Assign', async () => {
    const machine = jsonata('Set', {
      Set: { Type: 'Pass', Assign: { n: 1 }, Next: 'Add' },
      Add: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Output: '{% $n %}', Next: 'Read' },
      Read: { Type: 'Pass', Output: ['{% $states.input %}', '{% $n %}'], End: true },
    });
    expect(await world(machine).result()).toEqual({ status: 'SUCCEEDED', output: [1, 2] });
  });
});
