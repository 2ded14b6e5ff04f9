import { compile, InvalidDefinition, StepFunctionsError, validateDefinition } from '../../../rehearsal/asl/index.ts';
import type { Json } from '../../../rehearsal/kernel/log.ts';
import type { Case } from './cases.ts';
import { type Difference, same, sameLists } from './compare.ts';
import { statesOf, tasksOf } from './history.ts';
import { type RunOutcome, runCase } from './run.ts';

/** What became of a case. */
export type Verdict =
  | { readonly kind: 'agreed'; readonly sameWords?: boolean }
  | { readonly kind: 'differing'; readonly differences: readonly Difference[] }
  | { readonly kind: 'out-of-scope'; readonly reason: string };

/** Runs one case and compares. */
export async function judge(one: Case): Promise<Verdict> {
  if (one.kind === 'testState') return { kind: 'out-of-scope', reason: 'TestState' };
  if (one.kind === 'validate') return judgeValidation(one);
  if (one.kind === 'variableReferences') return judgeReferences(one);
  if (one.createError) return judgeRefusal(one, one.createError);
  if (one.startError) return judgeStart(one, one.startError);
  if (one.group === 'activities' && one.notScheduled)
    return { kind: 'out-of-scope', reason: 'whether an activity exists' };
  try {
    return verdictOf(compareRun(one, await runCase(one)));
  } catch (error) {
    return verdictOf([{ what: 'exception', aws: one.expected, ours: error instanceof Error ? error.message : error }]);
  }
}

function verdictOf(differences: readonly Difference[]): Verdict {
  return differences.length === 0 ? { kind: 'agreed' } : { kind: 'differing', differences };
}

/** Everything that the case records, against everything that the run did. */
export function compareRun(one: Case, run: RunOutcome): Difference[] {
  const opaque = new Set(one.opaque ?? []);
  const differences: Difference[] = [];
  const expected = one.expected ?? {};
  const { result, history } = run;
  const output = result.output === undefined ? undefined : (JSON.parse(result.output) as Json);
  for (const [what, aws, ours] of [
    ['status', expected.status, result.status],
    ['output', expected.output, output],
    ['error', expected.error, result.error],
    ['cause', expected.cause, result.cause],
  ] as const) {
    if (!same(aws, ours, `/expected/${what}`, opaque)) differences.push({ what: `expected/${what}`, aws, ours });
  }
  // A machine that AWS recorded with a distributed Map shows its own states alone, and so does our history.
  const anyOrder = one.concurrent === true;
  if (one.states) {
    const states = statesOf(history);
    const fits = sameLists(one.states, states, anyOrder, (aws, ours, index) =>
      same(aws, ours, `/states/${index}`, opaque),
    );
    if (!fits) differences.push({ what: 'states', aws: one.states, ours: states });
  }
  if (one.tasks) {
    const tasks = tasksOf(history);
    const aws = one.tasks.map(({ parameters, timeoutSeconds, heartbeatSeconds, credentials }) => ({
      parameters,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
      ...(credentials === undefined ? {} : { credentials }),
    }));
    if (!sameLists(aws, tasks, anyOrder, (a, b, index) => same(a, b, `/tasks/${index}`, opaque))) {
      differences.push({ what: 'tasks', aws, ours: tasks });
    }
  }
  if (one.events)
    differences.push(
      ...compareEvents(
        one,
        one.events,
        history.map((event) => event.type),
      ),
    );
  return differences;
}

/** Recordings that are `unordered` left out a Parallel's own ending: their event ids have a gap there. */
function compareEvents(one: Case, aws: readonly string[], types: readonly string[]): Difference[] {
  const ours = one.unordered
    ? types.filter((type) => type !== 'ParallelStateSucceeded' && type !== 'ParallelStateFailed')
    : types;
  return sameLists(aws, ours, one.concurrent === true, (a, b) => a === b) ? [] : [{ what: 'events', aws, ours }];
}

function judgeRefusal(one: Case, aws: { readonly message: string }): Verdict {
  try {
    compile(one.definition ?? one.definitionText, { type: one.type ?? 'STANDARD' });
  } catch (error) {
    if (error instanceof InvalidDefinition) return { kind: 'agreed', sameWords: error.message === aws.message };
    return verdictOf([{ what: 'createError', aws, ours: error instanceof Error ? error.stack : error }]);
  }
  return verdictOf([{ what: 'createError', aws, ours: 'accepted' }]);
}

async function judgeStart(one: Case, aws: { readonly code: string; readonly message: string }): Promise<Verdict> {
  try {
    await runCase(one);
  } catch (error) {
    if (error instanceof StepFunctionsError && error.name === aws.code)
      return { kind: 'agreed', sameWords: error.message === aws.message };
    return verdictOf([{ what: 'startError', aws, ours: String(error) }]);
  }
  return verdictOf([{ what: 'startError', aws, ours: 'started' }]);
}

function judgeValidation(one: Case): Verdict {
  const { diagnostics } = validateDefinition(one.definition ?? one.definitionText, one.type ?? 'STANDARD');
  const result = diagnostics.some(({ severity }) => severity === 'ERROR') ? 'FAIL' : 'OK';
  const ours = { result, diagnostics };
  if (result !== one.expected?.result) return verdictOf([{ what: 'validation', aws: one.expected, ours }]);
  return { kind: 'agreed', sameWords: same(one.expected?.diagnostics, diagnostics, '', new Set()) };
}

function judgeReferences(one: Case): Verdict {
  try {
    const ours = compile(one.definition, { type: one.type ?? 'STANDARD' }).variableReferences;
    const aws = one.expected?.variableReferences;
    return same(aws, ours, '', new Set()) ? { kind: 'agreed' } : verdictOf([{ what: 'variableReferences', aws, ours }]);
  } catch (error) {
    return verdictOf([{ what: 'variableReferences', aws: one.expected, ours: String(error) }]);
  }
}
