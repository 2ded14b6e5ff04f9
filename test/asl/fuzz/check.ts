import {
  compile,
  type Environment,
  Execution,
  type HistoryEvent,
  InvalidDefinition,
  type TaskCall,
  type TaskOutcome,
} from '../../../rehearsal/asl/index.ts';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../../rehearsal/kernel/log.ts';
import type { Answers } from './arbitraries.ts';

/** Names that an execution may end with: those of AWS, and the one that tasks here use. A Fail state may have others. */
const errorNames = new Set([
  'Busy',
  'States.DataLimitExceeded',
  'States.ExceedToleratedFailureThreshold',
  'States.IntrinsicFailure',
  'States.ItemReaderFailed',
  'States.NoChoiceMatched',
  'States.QueryEvaluationError',
  'States.ResultPathMatchFailure',
  'States.ResultWriterFailed',
  'States.Runtime',
  'States.Timeout',
]);

/** How a definition came out: refused by name, or run to this end. */
export type Outcome = 'refused' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/**
 * Compiles and, if accepted, runs a definition twice. Throws when anything but AWS's own kind of ending happens: another
 * exception, no end, an unknown error name, a history that is not whole, or two runs that differ.
 */
export async function checkDefinition(definition: Json, input: Json, answers: Answers): Promise<Outcome> {
  let machine: ReturnType<typeof compile>;
  try {
    machine = compile(definition);
  } catch (error) {
    if (error instanceof InvalidDefinition && error.diagnostics.length > 0) return 'refused';
    throw error;
  }
  const first = await run(machine, input, answers);
  const second = await run(machine, input, answers);
  if (JSON.stringify(first.history) !== JSON.stringify(second.history))
    throw new Error('two runs of the same machine differ');
  const { status, error } = await first.result;
  const named =
    error === undefined || errorNames.has(error) || JSON.stringify(definition).includes(JSON.stringify(error));
  if (!named) throw new Error(`'${error}' is no error name of AWS`);
  checkHistory(first.history);
  return status;
}

/** A machine that has written so many, its children's included, is stopped. */
const maximumEvents = 100_000;

async function run(machine: ReturnType<typeof compile>, input: Json, answers: Answers): Promise<Execution> {
  const kernel = new Kernel({ seed: 7, startsAt: Date.UTC(2026, 0, 1), maximumEvents: 500_000 });
  let ids = 0;
  let calls = 0;
  const environment: { -readonly [member in keyof Environment]: Environment[member] } = {
    clock: kernel,
    random: kernel.random('fuzz'),
    newId: (kind) => `${kind}-${++ids}`,
    runTask: (call) => answer(call, answers[calls++ % answers.length] ?? 'never', kernel, () => execution),
  };
  // Children of distributed Maps in a loop can write millions of events in no virtual time: lawful, and too long for here.
  let events = 0;
  environment.onEvent = () => {
    if (++events === maximumEvents) execution.stop();
  };
  const execution: Execution = new Execution(machine, {
    arn: 'arn:aws:states:us-east-1:111111111111:execution:fuzz:run',
    name: 'run',
    stateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:fuzz',
    stateMachineName: 'fuzz',
    roleArn: 'arn:aws:iam::111111111111:role/fuzz',
    input: JSON.stringify(input),
    type: 'STANDARD',
    environment,
  });
  execution.start();
  // A defect of the interpreter is met below, where the result is awaited.
  execution.result.catch(() => {});
  await kernel.run({ done: () => execution.status !== 'RUNNING' });
  if (execution.status === 'RUNNING') throw new Error('the execution waits for something that never comes');
  await execution.result;
  return execution;
}

async function answer(
  call: TaskCall,
  outcome: Answers[number],
  kernel: Kernel,
  execution: () => Execution,
): Promise<TaskOutcome> {
  if (outcome === 'never') return new Promise(() => {});
  if (!call.resource.endsWith('.waitForTaskToken')) return outcome;
  kernel.after(500, 'token', () => {
    if (call.abandoned.aborted || execution().status !== 'RUNNING') return;
    if ('output' in outcome) execution().sendTaskSuccess(call.taskToken ?? '', JSON.stringify(outcome.output));
    else execution().sendTaskFailure(call.taskToken ?? '', outcome);
  });
  return { output: {} };
}

function checkHistory(history: readonly HistoryEvent[]): void {
  history.forEach((event, index) => {
    if (event.id !== index + 1 || event.previousEventId >= event.id)
      throw new Error(`event ${index + 1} has id ${event.id} after ${event.previousEventId}`);
    const previous = history[index - 1];
    if (previous && previous.timestamp > event.timestamp)
      throw new Error(`event ${event.id} is older than the one before`);
  });
  const ends = history.filter((event) => /^Execution(Succeeded|Failed|TimedOut|Aborted)$/.test(event.type));
  if (ends.length !== 1 || history.at(-1) !== ends[0]) throw new Error('the history does not end with one end');
  if (history.length > 25_000) throw new Error(`${history.length} events`);
}
