import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { compile, InvalidDefinition, validateDefinition } from '../../rehearsal/asl/index.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { jsonata } from './world.ts';

// The library has no types.
const aslValidator = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => { isValid: boolean };

type State = { [key: string]: Json };

const task: State = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };

/** A machine of one state S beside the states given. */
function machine(state: State, others: State = {}): { [key: string]: Json } {
  return { StartAt: 'S', States: { S: state, ...others } };
}

function findings(definition: unknown, type: 'STANDARD' | 'EXPRESS' = 'STANDARD'): string[] {
  return validateDefinition(definition, type).diagnostics.map(
    ({ code, message, location }) => `${code}: ${message}${location === undefined ? '' : ` at ${location}`}`,
  );
}

const onlyFor = (language: string, field: string, other: string) =>
  `SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to '${language}', but field '${field}' is only supported for the '${other}' QueryLanguage at /States/S`;

/** What AWS is known to say, from its own recordings and from what users report of it. */
const inAwsWords: readonly [string, unknown, string][] = [
  ['an empty machine', {}, 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'],
  [
    'a field nobody knows',
    machine({ ...task, Unknown: 1 }),
    "SCHEMA_VALIDATION_FAILED: Field 'Unknown' is not supported at /States/S",
  ],
  [
    'a retry on a Pass',
    machine({ Type: 'Pass', Retry: [], End: true }),
    "SCHEMA_VALIDATION_FAILED: Field 'Retry' is not supported at /States/S",
  ],
  [
    'a type nobody knows',
    machine({ Type: 'Tsak', End: true }),
    "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/S/Type",
  ],
  [
    'a target that is not there',
    machine(
      { ...task, End: false, Next: 'X', Catch: [{ ErrorEquals: ['A'], Next: 'End' }] },
      { End: { Type: 'Succeed' } },
    ),
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Next",
  ],
  [
    'a state nothing leads to',
    machine(task, { T: { Type: 'Succeed' } }),
    'MISSING_TRANSITION_TARGET: State "T" is not reachable. at /States/T',
  ],
  [
    'a machine without an end',
    machine({ Type: 'Pass', Next: 'S' }),
    'MISSING_END_STATE: Workflow has no terminal state',
  ],
  [
    'an empty Parallel',
    machine({ Type: 'Parallel', Branches: [], End: true }),
    'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/S/Branches',
  ],
  [
    'a JSONata field in JSONPath',
    machine({ Type: 'Pass', Output: 1, End: true }),
    onlyFor('JSONPath', 'Output', 'JSONata'),
  ],
  [
    'a JSONPath field in JSONata',
    jsonata('S', { S: { Type: 'Pass', InputPath: '$', End: true } }),
    onlyFor('JSONata', 'InputPath', 'JSONPath'),
  ],
  [
    'JSONPath within JSONata',
    jsonata('S', { S: { Type: 'Pass', QueryLanguage: 'JSONPath', End: true } }),
    "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S",
  ],
  [
    'a timestamp without a zone',
    machine({ Type: 'Wait', Timestamp: '2026-01-01T00:00:00', End: true }),
    'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/S/Timestamp',
  ],
  [
    'a path that is none',
    machine({ Type: 'Pass', Parameters: { 'a.$': '$.[' }, End: true }),
    "SCHEMA_VALIDATION_FAILED: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/S/Parameters",
  ],
  [
    'an unparsable expression',
    jsonata('S', { S: { Type: 'Pass', Output: '{% 1 + %}', End: true } }),
    'INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/S/Output',
  ],
  [
    'a name without a context',
    jsonata('S', { S: { Type: 'Pass', Output: { v: '{% phone %}' }, End: true } }),
    "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/S/Output/v",
  ],
  [
    'an error output outside a catcher',
    jsonata('S', { S: { Type: 'Pass', Output: '{% $states.errorOutput %}', End: true } }),
    "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/S/Output",
  ],
  [
    'a resource nobody knows',
    machine({ ...task, Resource: 'arn:aws:states:::dynamodb:query' }),
    'SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/S/Resource',
  ],
];

describe('a definition that AWS refuses', () => {
  it.each(inAwsWords)('%s', (_name, definition, words) => {
    expect(findings(definition)).toEqual([words]);
    expect(() => compile(definition)).toThrow(`Invalid State Machine Definition: '${words}'`);
  });

  it('is refused with all its findings at once', () => {
    const definition = machine(
      { ...task, Unknown: 1, End: false, Next: 'X', TimeoutSeconds: 0 },
      { T: { Type: 'Succeed' } },
    );
    expect(findings(definition)).toHaveLength(4);
    expect(() => compile(definition)).toThrow(InvalidDefinition);
  });

  it.each<[string, State]>([
    ['Retry: States.ALL beside others', { ...task, Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] }],
    ['Retry: States.ALL not last', { ...task, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }],
    ['Retry: a rate below 1', { ...task, Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] }],
    ['Retry: a longest delay of nothing', { ...task, Retry: [{ ErrorEquals: ['A'], MaxDelaySeconds: 0 }] }],
    ['Retry: an unknown jitter', { ...task, Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'SOME' }] }],
    ['a heartbeat as long as the timeout', { ...task, TimeoutSeconds: 5, HeartbeatSeconds: 5 }],
    ['a timeout and its path', { ...task, TimeoutSeconds: 5, TimeoutSecondsPath: '$.t' }],
    ['Next and End', { ...task, Next: 'S' }],
    ['neither Next nor End', { Type: 'Pass' }],
    ['a Wait for nothing', { Type: 'Wait', End: true }],
    ['a ResultPath with a wildcard', { Type: 'Pass', ResultPath: '$.a[*]', End: true }],
    [
      'an intrinsic function that does not exist',
      { Type: 'Pass', Parameters: { 'a.$': 'States.Nothing()' }, End: true },
    ],
    [
      'an intrinsic function with too many arguments',
      { Type: 'Pass', Parameters: { 'a.$': 'States.UUID(1)' }, End: true },
    ],
    ['a variable named states', { Type: 'Pass', Assign: { states: 1 }, End: true }],
    [
      'a reader in an inline Map',
      {
        Type: 'Map',
        ItemReader: {},
        ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
        End: true,
      },
    ],
    [
      'a name that stands twice',
      { Type: 'Parallel', Branches: [{ StartAt: 'S', States: { S: { Type: 'Pass', End: true } } }], End: true },
    ],
    [
      'a choice rule with two comparisons',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, IsString: true, Next: 'S' }] },
    ],
    ['a role that is missing', { ...task, Credentials: { Role: 'x' } }],
    [
      'a rule that leads nowhere',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 7 }], Default: 'S' },
    ],
  ])('%s', (_name, state) => {
    expect(findings(machine(state))).not.toEqual([]);
  });

  it('as an Express machine only: tokens, .sync and activities', () => {
    const express = (Resource: string) => findings(machine({ ...task, Resource }), 'EXPRESS');
    expect(express('arn:aws:states:::sqs:sendMessage.waitForTaskToken')[0]).toContain(
      "does not support '.waitForTaskToken'",
    );
    expect(express('arn:aws:states:::states:startExecution.sync')[0]).toContain("does not support '.sync'");
    expect(express('arn:aws:states:us-east-1:111111111111:activity:a')[0]).toContain('does not support Activity ARN');
    expect(express('arn:aws:states:::sqs:sendMessage')).toEqual([]);
  });

  it('whose text is no JSON object', () => {
    expect(findings('')).toEqual(['SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object']);
    expect(findings('[]')).toEqual(['SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object']);
    expect(findings('nonsense')[0]).toContain("INVALID_JSON_DESCRIPTION: Unrecognized token 'nonsense'");
    expect(findings("{'StartAt': 1}")[0]).toContain(
      "INVALID_JSON_DESCRIPTION: Unexpected character (''' (code 39)): was expecting double-quote to start field name",
    );
    expect(findings('['.repeat(5000))[0]).toContain('TOO_DEEPLY_NESTED');
    expect(findings(`"${'x'.repeat(1_048_576)}"`)[0]).toContain('exceeds the maximum size');
  });
});

describe('a definition that AWS takes', () => {
  it.each<[string, unknown]>([
    ['an empty Retry', machine({ ...task, Retry: [] })],
    ['any value as Output', jsonata('S', { S: { Type: 'Pass', Output: null, End: true } })],
    [
      'a condition that is written out',
      jsonata('S', { S: { Type: 'Choice', Choices: [{ Condition: true, Next: 'T' }] }, T: { Type: 'Succeed' } }),
    ],
    [
      'a JSONata state in a JSONPath machine',
      machine({ Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $states.input %}', End: true }),
    ],
    [
      'names within predicates and functions',
      jsonata('S', {
        S: {
          Type: 'Pass',
          Output: '{% $filter($states.input.items[price > 1], function($i) { $i.price }).name %}',
          End: true,
        },
      }),
    ],
    [
      'a result in the Output of a Task',
      jsonata('S', { S: { ...task, Arguments: {}, Output: '{% $states.result %}' } }),
    ],
    [
      'an error output in a catcher',
      jsonata('S', {
        S: { ...task, Arguments: {}, Catch: [{ ErrorEquals: ['A'], Output: '{% $states.errorOutput %}', Next: 'T' }] },
        T: { Type: 'Succeed' },
      }),
    ],
    ['a variable that was never assigned', jsonata('S', { S: { Type: 'Pass', Output: '{% $never %}', End: true } })],
  ])('%s', (_name, definition) => {
    expect(findings(definition)).toEqual([]);
  });
});

describe('the validator library', () => {
  // It refuses some of what AWS takes, and misses most of what AWS refuses (docs/reference/fidelity.md); so it is asked for a
  // second opinion on the shape of definitions only: what it refuses of these, ours must refuse.
  it.each<[string, unknown]>([
    ['no States', { StartAt: 'S' }],
    ['an unknown type', machine({ Type: 'Tsak', End: true })],
    ['a Task without a Resource', machine({ Type: 'Task', End: true })],
    ['a Choice without Choices', machine({ Type: 'Choice', Default: 'T' }, { T: { Type: 'Succeed' } })],
    ['a missing target', machine({ Type: 'Pass', Next: 'T' })],
    [
      'a name that stands twice',
      machine({
        Type: 'Parallel',
        Branches: [{ StartAt: 'S', States: { S: { Type: 'Pass', End: true } } }],
        End: true,
      }),
    ],
    ['an invalid path', machine({ Type: 'Pass', InputPath: 'a.b', End: true })],
  ])('agrees on %s', (_name, definition) => {
    expect(aslValidator(definition).isValid).toBe(false);
    expect(findings(definition)).not.toEqual([]);
  });
});
