import type { Json } from '../kernel/log.ts';
import type { Catcher, CompiledState, CompiledStates, Outcome, Retrier } from './compiled.ts';
import { dataLimitExceeded, StateError, StateFault, variablesTooLarge } from './errors.ts';
import { enteredDetails, exitedDetails } from './history.ts';
import { nestsTooDeeply } from './input.ts';
import { exceedsBytes, textOf } from './json-text.ts';
import { catcherFor, errorOutputOf, retrierFor, retryDelayMilliseconds } from './retry.ts';
import type { Strand } from './strand.ts';
import { Visit } from './visit.ts';

/** Largest input or output of a state, and of an execution. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const maximumPayloadBytes = 262_144;

/** Takes a strand from the first of the states to the end, and answers with the last one's output. Rejects with StateError. */
export async function performStates(states: CompiledStates, strand: Strand, input: Json): Promise<Json> {
  let value = input;
  let name: string | undefined = states.startAt;
  while (name !== undefined) {
    const state = states.states.get(name);
    if (!state) throw new Error(`the compiled definition has no state '${name}'`);
    const outcome = await performState(state, strand, value);
    value = outcome.output;
    name = outcome.next;
  }
  return value;
}

async function performState(state: CompiledState, strand: Strand, input: Json): Promise<Outcome> {
  const previousEventId = strand.lastEventId;
  strand.openState = state.type;
  const entered = strand.write(
    `${state.type}StateEntered` as 'PassStateEntered',
    'stateEnteredEventDetails',
    enteredDetails(state.name, textOf(input)),
  );
  const visit = new Visit(strand, state, input, entered, previousEventId);
  const outcome = await attempts(visit);
  strand.check();
  leave(visit, outcome);
  return outcome;
}

/** Assigns the variables and writes the exit. Throws StateError States.DataLimitExceeded where there is too much of either. */
function leave({ state, strand }: Visit, { output, assigned }: Outcome): void {
  let text: string;
  let texts: Record<string, string> | undefined;
  try {
    text = textOf(output);
    texts = assigned && textsOf(assigned);
  } catch (error) {
    throw error instanceof RangeError ? dataLimitExceeded(state.name) : error;
  }
  if (exceedsBytes(text, maximumPayloadBytes) || nestsTooDeeply(text)) throw dataLimitExceeded(state.name);
  if (assigned && !strand.variables.assign(assigned)) throw variablesTooLarge(state.name);
  strand.write(
    `${state.type}StateExited` as 'PassStateExited',
    'stateExitedEventDetails',
    exitedDetails(state.name, text, texts),
  );
  strand.openState = undefined;
}

function textsOf(values: { readonly [name: string]: Json }): Record<string, string> | undefined {
  const names = Object.keys(values);
  if (names.length === 0) return undefined;
  // AWS lists them by name.
  return Object.fromEntries(names.sort().map((name) => [name, textOf(values[name] as Json)]));
}

/** Attempts, retries and, when they are used up, the catcher. */
async function attempts(visit: Visit): Promise<Outcome> {
  const { state, strand } = visit;
  let used: Map<Retrier, number> | undefined;
  for (;;) {
    let failure: StateError;
    try {
      return await state.behaviour.perform(visit);
    } catch (error) {
      failure = stateErrorOf(error, visit);
    }
    strand.check();
    if (failure.fatal) throw failure;
    const retrier = retrierFor(state.retry, failure);
    if (retrier) {
      used ??= new Map();
      const attempt = used.get(retrier) ?? 0;
      if (attempt < retrier.maxAttempts) {
        used.set(retrier, attempt + 1);
        await strand.sleep(retryDelayMilliseconds(retrier, attempt, visit.random), `retry of ${state.name}`);
        visit.retryCount++;
        visit.renewContext();
        continue;
      }
    }
    if (state.type === 'Parallel' || state.type === 'Map') strand.write(`${state.type}StateFailed`);
    const catcher = catcherFor(state.catch, failure);
    if (!catcher) throw failure;
    return await caught(visit, catcher, failure);
  }
}

/** What the catcher makes of the failure; a fault in its own fields is the state's, and nobody's to catch. */
async function caught(visit: Visit, catcher: Catcher, failure: StateError): Promise<Outcome> {
  try {
    return { ...(await catcher.finish(visit, errorOutputOf(failure))), next: catcher.next };
  } catch (error) {
    throw stateErrorOf(error, visit);
  }
}

/** A fault gets the state's name and, when it is a JSONata expression's, its event. Anything unknown passes through. */
function stateErrorOf(error: unknown, visit: Visit): StateError {
  if (error instanceof StateError) return error;
  // JSON that is nested, or long, beyond what the host can write is beyond AWS's limits too.
  if (error instanceof RangeError) return dataLimitExceeded(visit.state.name);
  if (!(error instanceof StateFault)) throw error;
  const { state, strand } = visit;
  const cause = `An error occurred while executing the state '${state.name}' (entered at the event id #${visit.enteredEventId}). ${error.message}`;
  if (error.evaluation) {
    // AWS hangs a failed expression's event on what came before the entry when nothing else was written since.
    if (error.evaluation === 'expression' && strand.lastEventId === visit.enteredEventId)
      strand.lastEventId = visit.previousEventId;
    strand.write('EvaluationFailed', 'evaluationFailedEventDetails', {
      error: error.error,
      cause,
      ...(error.location === undefined ? {} : { location: error.location }),
      state: state.name,
    });
  }
  return new StateError(error.error, cause, { fatal: error.fatal });
}
