import {
  compile,
  type Environment,
  Execution,
  type ExecutionOptions,
  type ExecutionResult,
  type TaskCall,
  type TaskOutcome,
} from '../../rehearsal/asl/index.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';

export const midnight = Date.UTC(2026, 0, 1);

/** A kernel and an execution on it, with tasks answered by a function. */
export interface World {
  readonly kernel: Kernel;
  readonly execution: Execution;
  readonly environment: Environment;
  readonly calls: TaskCall[];
  /** Runs to the end of the execution, or until the virtual second given. */
  run(untilSeconds?: number): Promise<void>;
  /** Runs to the end and answers with the result, its output parsed. */
  result(): Promise<Omit<ExecutionResult, 'output'> & { output?: Json }>;
  /** Types of the events so far. */
  types(): string[];
  /** Virtual seconds since the start. */
  seconds(): number;
}

/** Answers a task; `kernel` to let time pass first. */
export type Answer = (call: TaskCall, kernel: Kernel) => TaskOutcome | Promise<TaskOutcome>;

/** An execution of a definition, started at midnight. */
export function world(
  definition: unknown,
  input: Json = {},
  options: { answer?: Answer; seed?: number; type?: 'STANDARD' | 'EXPRESS'; environment?: Partial<Environment> } = {},
): World {
  const kernel = new Kernel({ seed: options.seed ?? 1, startsAt: midnight });
  const calls: TaskCall[] = [];
  let ids = 0;
  const environment: Environment = {
    clock: kernel,
    random: kernel.random('asl'),
    newId: (kind) => `${kind}-${++ids}`,
    runTask: async (call) => {
      calls.push(call);
      return await (options.answer ?? (() => ({ output: {} })))(call, kernel);
    },
    ...options.environment,
  };
  const type = options.type ?? 'STANDARD';
  const execution = new Execution(compile(definition, { type }), executionOptions(environment, input, type));
  execution.start();
  const run = (untilSeconds?: number) =>
    kernel.run({
      done: () => execution.status !== 'RUNNING',
      ...(untilSeconds === undefined ? {} : { until: midnight + untilSeconds * 1000 }),
    });
  return {
    kernel,
    execution,
    environment,
    calls,
    run,
    result: async () => {
      await run();
      const { output, ...rest } = await execution.result;
      return output === undefined ? rest : { ...rest, output: JSON.parse(output) as Json };
    },
    types: () => execution.history.map((event) => event.type),
    seconds: () => (kernel.now() - midnight) / 1000,
  };
}

function executionOptions(environment: Environment, input: Json, type: 'STANDARD' | 'EXPRESS'): ExecutionOptions {
  return {
    arn: 'arn:aws:states:us-east-1:111111111111:execution:machine:run',
    name: 'run',
    stateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:machine',
    stateMachineName: 'machine',
    roleArn: 'arn:aws:iam::111111111111:role/machine',
    input: JSON.stringify(input),
    type,
    environment,
  };
}

/** A JSONata machine from its states. */
export function jsonata(startAt: string, states: Json, more: { [key: string]: Json } = {}): Json {
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: states, ...more };
}
