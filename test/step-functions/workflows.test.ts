import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as errors from '../../domain/errors.ts';
import { stages, workflows } from '../../domain/names.ts';
import { rotationHandlers, rotationTask } from '../../domain/rotation.ts';
import { tasksOfOtherRegion } from '../../domain/workflows/region-failback.ts';
import { aeon } from '../../platforms/aeon.ts';
import { rotationsOf } from '../../platforms/rotation.ts';
import { platformAt } from '../../platforms/stage.ts';
import { validateDefinition } from '../../rehearsal/asl/index.ts';
import { resourcesOf, templates } from '../lib/synthesized.ts';
import { definitionOf, definitionText, placeholderOf, root, statesOf } from './definitions.ts';

/** Errors of Lambda that pass: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception */
const lambdaErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
];
const awsNames = /^(States|Lambda|Sandbox|Runtime)\./;

const handlers = globSync('lambdas/**/*.handler.ts', { cwd: root })
  .map((file) => basename(file, '.handler.ts'))
  .sort();

/** Of every stage: some functions are deployed in some stages alone. */
const all = Object.assign({}, ...stages.map((stage) => templates(stage))) as ReturnType<typeof templates>;
/** Every function of ours in every stack. */
const functions = Object.entries(all).flatMap(([stack, template]) =>
  Object.entries(resourcesOf(template, 'AWS::Lambda::Function')).flatMap(([id, { Properties: properties }]) => {
    const name = properties['FunctionName'];
    return typeof name === 'string' ? [{ stack, id, name, properties }] : [];
  }),
);

/** `rotate-aeon-dt-postgres` → `rotate-postgres`: the handler of the secret's kind. */
const rotating = new Map(
  rotationsOf(platformAt(aeon, 'production'), 'aeon').map((plan) => [
    rotationTask(plan.secret),
    rotationHandlers[plan.kind],
  ]),
);

/** `mainstay-aeon-prepare-database-main` → `prepare-database`: a function of each database has the handler's name before its own. */
function taskOf(functionName: string): string {
  const name = functionName.replace(/^mainstay-aeon-((development|staging)-)?/, '');
  const rotates = rotating.get(name);
  if (rotates) return rotates;
  return handlers.find((task) => name === task || name.startsWith(`${task}-`)) ?? name;
}

describe.each(workflows)('%s', (workflow) => {
  const definition = definitionOf(workflow);
  const states = statesOf(definition);
  const tasks = states.filter(({ state }) => state.Type === 'Task');

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
    for (const { name, state } of states) {
      expect(name).toMatch(/^[A-Z][A-Za-z' ]+\??$/);
      expect(name.endsWith('?'), name).toBe(state.Type === 'Choice');
    }
  });

  it.each(tasks)('$name: is bounded, retried on named errors and caught', ({ state, beside }) => {
    expect(state.TimeoutSeconds).toBeDefined();
    const retried = state.Retry?.flatMap((retry) => retry.ErrorEquals) ?? [];
    expect(retried).toEqual(expect.arrayContaining(lambdaErrors));
    expect(retried).toEqual(expect.arrayContaining(errors.retryableErrors.map((error) => new error('').name)));
    expect(retried).not.toContain('States.ALL');
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    for (const { Next } of state.Catch ?? []) expect(beside).toContain(Next);
  });

  it('waits longer for a task than its function may take, so that no two deliveries run at once', () => {
    const limits = new Map(
      functions.map(({ name, properties }) => [`\${${placeholderOf(taskOf(name))}}`, Number(properties['Timeout'])]),
    );
    for (const { name, state } of tasks) {
      if (typeof state.TimeoutSeconds !== 'number') continue;
      expect(limits.get(state.Arguments?.FunctionName ?? ''), name).toBeLessThan(state.TimeoutSeconds);
    }
  });

  it('invokes functions that exist', () => {
    const placeholders = handlers.map((task) => `\${${placeholderOf(task)}}`);
    for (const { name, state } of tasks) expect(placeholders, name).toContain(state.Arguments?.FunctionName);
  });
});

describe('the set of errors', () => {
  const named = new Set(
    workflows.flatMap((workflow) =>
      statesOf(definitionOf(workflow)).flatMap(({ state }) => [
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
  it('are each started by a workflow, by a rule, by the other region, by Secrets Manager, or by CloudFormation', () => {
    const machines = Object.values(all).flatMap((template) =>
      Object.values(resourcesOf(template, 'AWS::StepFunctions::StateMachine')),
    );
    const idle = functions.filter(({ name, id, stack }) => {
      const invoking = [...machines, ...Object.values(resourcesOf(all[stack]))].filter(
        ({ Type, Properties }) =>
          Type === 'AWS::StepFunctions::StateMachine' ||
          // In the standby too, where there is no schedule before a failover.
          (Type === 'AWS::Lambda::Permission' && Properties['Principal'] === 'secretsmanager.amazonaws.com') ||
          Type === 'AWS::Events::Rule' ||
          'ServiceToken' in Properties,
      );
      if ((tasksOfOtherRegion as readonly string[]).includes(taskOf(name))) return false;
      return !invoking.some(({ Properties }) => {
        const text = JSON.stringify(Properties);
        return text.includes(`function:${name}"`) || text.includes(`{"Fn::GetAtt":["${id}","Arn"]}`);
      });
    });
    expect(idle.map(({ name }) => name)).toEqual([]);
  });

  it('are each deployed from a handler, and no handler is left out', () => {
    // Those of kinds of secrets that aeon has none of are deployed by other definitions.
    const deployed = [...functions.map(({ name }) => taskOf(name)), ...Object.values(rotationHandlers)];
    expect([...new Set(deployed)].filter((task) => handlers.includes(task)).sort()).toEqual(handlers);
    expect(functions.map(({ name }) => taskOf(name)).filter((task) => !handlers.includes(task))).toEqual([]);
  });

  it('have handlers of fewer than 40 lines', () => {
    for (const file of globSync('lambdas/**/*.handler.ts', { cwd: root })) {
      const handler = /export (?:const|async function) handler[\s\S]*$/.exec(readFileSync(join(root, file), 'utf8'));
      expect(handler?.[0].split('\n').length, file).toBeLessThan(40);
    }
  });
});
