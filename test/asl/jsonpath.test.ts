import { describe, expect, it } from 'vitest';
import { parsePath } from '../../rehearsal/asl/jsonpath/path.ts';
import { select } from '../../rehearsal/asl/jsonpath/select.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { world } from './world.ts';

const shop: Json = {
  books: [
    { title: 'A', price: 8, tags: ['x'] },
    { title: 'B', price: 12, isbn: '1' },
    { title: 'C', price: 20 },
  ],
  'odd name': { 'it.em': 1 },
  limit: 10,
};

/** Runs one state on an input. */
async function one(state: { [key: string]: Json }, input: Json) {
  return await world(
    { StartAt: 'S', States: { S: { End: true, ...state }, ...(state['Next'] ? { T: { Type: 'Succeed' } } : {}) } },
    input,
  ).result();
}

describe('a path', () => {
  it.each<[string, Json]>([
    ['$.limit', 10],
    ["$['odd name']['it.em']", 1],
    ['$.books[0].title', 'A'],
    ['$.books[-1].title', 'C'],
    ['$.books[*].title', ['A', 'B', 'C']],
    ['$.books[0,2].price', [8, 20]],
    ['$.books[1:].title', ['B', 'C']],
    ['$.books[:-1].title', ['A', 'B']],
    ['$..title', ['A', 'B', 'C']],
    ['$..tags[0]', ['x']],
    ['$.books[?(@.price > 10)].title', ['B', 'C']],
    ['$.books[?(@.price > $.limit && @.isbn)].title', ['B']],
    ['$.books[?(@.title == "A" || !(@.price < 15))].title', ['A', 'C']],
    ['$.books[?(@.title in ["A", "B"])].price', [8, 12]],
    ['$.books[?(@.title =~ /[bc]/i)].title', ['B', 'C']],
    ['$.books.length()', 3],
    ['$.nothing[*].title', []],
    ['$.books[9:].title', []],
  ])('%s', (path, expected) => {
    expect(select(parsePath(path), shop)).toEqual(expected);
  });

  it.each([
    ['$.nothing', "No results for path: $['nothing']"],
    ['$.nothing.more', "Missing property in path $['nothing']"],
    ['$.books[7]', "Index out of bounds when evaluating path $['books'][7]"],
  ])('%s finds nothing', (path, message) => {
    expect(() => select(parsePath(path), shop)).toThrow(message);
  });

  it.each(['', 'limit', '$.', '$.books[', "$['a", '$.books[?(@.price >)]', '$.a b', '$.books[1:2:3]'])(
    '%s is none',
    (path) => {
      expect(() => parsePath(path)).toThrow(expect.objectContaining({ name: 'JsonPathSyntaxError' }));
    },
  );
});

describe('a JSONPath state', () => {
  it('selects, shapes and places its data', async () => {
    const state = {
      Type: 'Task',
      Resource: 'arn:aws:lambda:us-east-1:111111111111:function:f',
      InputPath: '$.order',
      Parameters: { 'id.$': '$.id', 'state.$': '$$.State.Name', fixed: 1 },
      ResultSelector: { 'total.$': '$.sum' },
      ResultPath: '$.order.result',
      OutputPath: '$.order',
    };
    const run = world(
      { StartAt: 'S', States: { S: { ...state, End: true } } },
      { order: { id: 7 }, rest: true },
      { answer: () => ({ output: { sum: 3, noise: 1 } }) },
    );
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: { id: 7, result: { total: 3 } } });
    expect(run.calls[0]?.arguments).toEqual({ id: 7, state: 'S', fixed: 1 });
  });

  it('ends the execution, uncaught, when a path finds nothing', async () => {
    const task = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'T' }],
      Next: 'T',
    };
    const { error, cause } = await one({ ...task, End: false, Parameters: { 'id.$': '$.missing' } }, { a: 1 });
    expect(error).toBe('States.Runtime');
    expect(cause).toBe(
      "An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.missing' specified for the field 'id.$' could not be found in the input '{\"a\":1}'",
    );
  });

  it('can catch a ResultPath that does not fit', async () => {
    const task = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Catch: [{ ErrorEquals: ['States.ResultPathMatchFailure'], Next: 'T' }],
      Next: 'T',
      End: false,
    };
    expect((await one({ ...task, ResultPath: '$.a.b' }, { a: 'text' })).status).toBe('SUCCEEDED');
    expect(await one({ Type: 'Pass', Result: 1, ResultPath: '$.a.b.c' }, { x: 1 })).toEqual({
      status: 'SUCCEEDED',
      output: { x: 1, a: { b: { c: 1 } } },
    });
    expect(await one({ Type: 'Pass', Result: 1, ResultPath: null }, { x: 1 })).toEqual({
      status: 'SUCCEEDED',
      output: { x: 1 },
    });
  });

  it('refuses an output over 256 KiB', async () => {
    const { error, cause } = await one(
      { Type: 'Pass', Parameters: { 'all.$': 'States.Array($.t, $.t)' } },
      { t: 'ü'.repeat(70_000) },
    );
    expect(error).toBe('States.DataLimitExceeded');
    expect(cause).toBe(
      "The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit.",
    );
  });
});

describe('a JSONPath Map', () => {
  const map = (ItemsPath: string) => ({
    Type: 'Map',
    ItemsPath,
    ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
  });

  it('iterates over what its ItemsPath selects', async () => {
    expect(await one(map('$.a[?(@ > 1)]'), { a: [1, 2, 3] })).toEqual({ status: 'SUCCEEDED', output: [2, 3] });
  });

  it('names the path that selects no array', async () => {
    expect((await one(map('$.a'), { a: 1 })).cause).toContain('Reference path "$.a" must point to array.');
    expect((await one(map('$$.State.Name'), {})).cause).toContain('Reference path "$.State.Name" must point to array.');
  });
});

describe('an intrinsic function', () => {
  const input: Json = { list: [1, 2, 2, { a: 1 }], text: 'a,b;;c', map: { k: [1], n: null }, n: 2.5 };

  it.each<[string, Json]>([
    ["States.Format('{} is {}', $.text, $.n)", 'a,b;;c is 2.5'],
    ["States.Format('\\{\\} and \\'{}\\'', $.map)", "{} and '{k=[1], n=null}'"],
    ['States.ArrayUnique($.list)', [1, 2, { a: 1 }]],
    ['States.ArrayContains($.list, States.StringToJson(\'{"a":1}\'))', true],
    ["States.StringSplit($.text, ',;')", ['a', 'b', 'c']],
    ['States.MathAdd($.n, -1)', 2],
    ['States.ArrayRange(1, 9, 4)', [1, 5, 9]],
    ['States.JsonToString(States.JsonMerge($.map, States.StringToJson(\'{"n":2}\'), false))', '{"k":[1],"n":2}'],
    ["States.Base64Decode(States.Base64Encode('grün'))", 'grün'],
    ['States.ArrayLength(States.ArrayPartition($.list, 3))', 2],
  ])('%s', async (call, expected) => {
    expect(await one({ Type: 'Pass', Parameters: { 'r.$': call } }, input)).toEqual({
      status: 'SUCCEEDED',
      output: { r: expected },
    });
  });

  it('that does not take its arguments fails with States.IntrinsicFailure, naming the call', async () => {
    const { error, cause } = await one(
      { Type: 'Pass', Parameters: { 'r.$': 'States.ArrayGetItem($.list, 9)' } },
      input,
    );
    expect(error).toBe('States.IntrinsicFailure');
    expect(cause).toContain("The function 'States.ArrayGetItem($.list, 9)' had the following error:");
  });
});

describe('a Choice', () => {
  async function chosen(rule: { [key: string]: Json }, input: Json): Promise<string | undefined> {
    const definition = {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Pass', Result: 'yes', End: true },
        No: { Type: 'Pass', Result: 'no', End: true },
      },
    };
    const { output, cause } = await world(definition, input).result();
    return (output as string | undefined) ?? cause;
  }

  it.each<[string, { [key: string]: Json }, Json]>([
    ['yes', { Variable: '$.s', StringMatches: 'log-*.tx*' }, { s: 'log-2026.txt' }],
    ['no', { Variable: '$.s', StringMatches: 'log-*.txt' }, { s: 'log-2026.txt.gz' }],
    ['yes', { Variable: '$.s', StringMatches: 'a\\*b' }, { s: 'a*b' }],
    ['no', { Variable: '$.s', StringMatches: 'a\\*b' }, { s: 'axb' }],
    [
      'yes',
      { Variable: '$.t', TimestampLessThan: '2026-01-01T00:00:00.000000002Z' },
      { t: '2026-01-01T01:00:00.000000001+01:00' },
    ],
    ['no', { Variable: '$.n', NumericEqualsPath: '$.s' }, { n: 1, s: '1' }],
    ['yes', { Not: { Variable: '$.x', IsPresent: true } }, {}],
    [
      'yes',
      {
        And: [
          { Variable: '$.n', NumericGreaterThan: 1 },
          {
            Or: [
              { Variable: '$.b', BooleanEquals: true },
              { Variable: '$.n', NumericEquals: 2 },
            ],
          },
        ],
      },
      { n: 2, b: false },
    ],
    ['no', { Variable: '$.t', IsTimestamp: true }, { t: '2026-02-30T00:00:00Z' }],
  ])('%s: %j', async (expected, rule, input) => {
    expect(await chosen(rule, input)).toBe(expected);
  });

  it('on a path that finds nothing ends the execution', async () => {
    expect(await chosen({ Variable: '$.x', NumericEquals: 1 }, {})).toContain(
      "Invalid path '$.x': The choice state's condition path references an invalid value.",
    );
  });

  it('without a match and without Default fails with States.NoChoiceMatched', async () => {
    const definition = {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Variable: '$.x', IsPresent: true, Next: 'Y' }] },
        Y: { Type: 'Succeed' },
      },
    };
    expect((await world(definition).result()).error).toBe('States.NoChoiceMatched');
  });
});
