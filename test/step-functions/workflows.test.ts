import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as errors from '../../domain/errors.ts';
import { workflows } from '../../domain/names.ts';
import { tasks as functions } from '../../lib/delivery/tasks.ts';
import { validateDefinition } from '../../rehearsal/asl/index.ts';
import { definitionOf, definitionText, placeholderOf, root } from './definitions.ts';

/** Errors of Lambda that pass: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception */
const lambdaErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
];
const awsNames = /^(States|Lambda|Sandbox|Runtime)\./;

/** Functions that no state machine invokes: CloudFormation does. */
const withoutWorkflow = ['apply-objects'];

const handlers = globSync('lambdas/**/*.handler.ts', { cwd: root })
  .map((file) => basename(file, '.handler.ts'))
  .sort();

describe.each(workflows)('%s', (workflow) => {
  const definition = definitionOf(workflow);
  const states = Object.entries(definition.States);
  const tasks = states.filter(([, state]) => state.Type === 'Task');

  it('is a definition that Step Functions takes', () => {
    expect(validateDefinition(definition, 'STANDARD').diagnostics).toEqual([]);
  });

  it('says what it is, in JSONata, and ends by itself', () => {
    expect(definition.QueryLanguage).toBe('JSONata');
    expect(definition.Comment).toContain('Input:');
    expect(definition.TimeoutSeconds).toBeGreaterThan(0);
  });

  it('never decides by the time or by chance', () => {
    expect(definitionText(workflow)).not.toMatch(/\$(now|millis|random|uuid|eval)\(/);
  });

  it('names states as sentences, and choices as questions', () => {
    for (const [name, state] of states) {
      expect(name).toMatch(/^[A-Z][A-Za-z' ]+\??$/);
      expect(name.endsWith('?'), name).toBe(state.Type === 'Choice');
    }
  });

  it.each(tasks)('%s: is bounded, retried on named errors and caught', (_name, state) => {
    expect(state.TimeoutSeconds).toBeDefined();
    const retried = state.Retry?.flatMap((retry) => retry.ErrorEquals) ?? [];
    expect(retried).toEqual(expect.arrayContaining(lambdaErrors));
    expect(retried).toEqual(expect.arrayContaining(errors.retryableErrors.map((error) => new error('').name)));
    expect(retried).not.toContain('States.ALL');
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    for (const { Next } of state.Catch ?? []) expect(Object.keys(definition.States)).toContain(Next);
  });

  it('waits longer for a task than its function may take, so that no two deliveries run at once', () => {
    const limits = new Map(functions.map((each) => [`\${${placeholderOf(each.task)}}`, each.timeoutSeconds]));
    for (const [name, state] of tasks) {
      if (typeof state.TimeoutSeconds !== 'number') continue;
      expect(limits.get(state.Arguments?.FunctionName ?? ''), name).toBeLessThan(state.TimeoutSeconds);
    }
  });

  it('invokes functions that exist', () => {
    const placeholders = handlers.map((task) => `\${${placeholderOf(task)}}`);
    for (const [name, state] of tasks) expect(placeholders, name).toContain(state.Arguments?.FunctionName);
  });
});

describe('the set of errors', () => {
  const named = new Set(
    workflows.flatMap((workflow) =>
      Object.values(definitionOf(workflow).States).flatMap((state) => [
        ...(state.Retry ?? []).flatMap((retry) => retry.ErrorEquals),
        ...(state.Catch ?? []).flatMap((caught) => caught.ErrorEquals),
        ...(state.Error && !state.Error.startsWith('{%') ? [state.Error] : []),
      ]),
    ),
  );
  const unexpected = errors.unexpectedErrors.map((error) => new error('').name);
  const ours = Object.keys(errors).filter((name) => /^[A-Z]/.test(name) && !(unexpected as string[]).includes(name));

  it('of the workflows is the set of domain/errors.ts', () => {
    expect([...named].filter((name) => !awsNames.test(name)).sort()).toEqual(ours.sort());
  });

  it('has the names that the classes bear', () => {
    const source = readFileSync(join(root, 'domain', 'errors.ts'), 'utf8');
    for (const [, className, name] of source.matchAll(
      /class (\w+) extends Error \{\s+override readonly name = '(\w+)'/g,
    )) {
      expect(name).toBe(className);
    }
  });
});

describe('the functions', () => {
  it('are each invoked by a workflow, or by CloudFormation', () => {
    const texts = workflows.map(definitionText).join('\n');
    const idle = handlers.filter((task) => !texts.includes(`\${${placeholderOf(task)}}`));
    expect(idle).toEqual(withoutWorkflow);
  });

  it('stand in docs/reference/functions.md, and no other', () => {
    const reference = readFileSync(join(root, 'docs', 'reference', 'functions.md'), 'utf8');
    const table = reference.slice(reference.indexOf('## Functions'), reference.indexOf('Union for the Role'));
    const listed = [...table.matchAll(/^\| ([a-z-]+) \| [a-z]+ \|/gm)].map((match) => match[1]);
    expect(listed.sort()).toEqual(handlers);
  });

  it('have handlers of fewer than 40 lines', () => {
    for (const file of globSync('lambdas/**/*.handler.ts', { cwd: root })) {
      const handler = /export (?:const|async function) handler[\s\S]*$/.exec(readFileSync(join(root, file), 'utf8'));
      expect(handler?.[0].split('\n').length, file).toBeLessThan(40);
    }
  });
});
