import {
  compile,
  Execution,
  type ExecutionResult,
  type TaskCall,
  type TaskOutcome,
} from '../../rehearsal/asl/index.ts';
import type { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { definitionText, placeholderOf } from './definitions.ts';

export type Task = (payload: never) => Promise<unknown>;

export type Fake = { readonly error: string; readonly message?: string } | { readonly payload: Json };

/** Answers a task instead of the task itself, by its name, with a Lambda error or a payload; undefined: the task itself. */
export type Instead = (task: string, payload: { readonly [key: string]: Json }, attempt: number) => Fake | undefined;

export interface WorkflowRun {
  readonly kernel: Kernel;
  readonly execution: Execution;
  /** States entered, in order. */
  states(): string[];
  /** Runs to the end. */
  result(): Promise<Omit<ExecutionResult, 'output'> & { output?: Json }>;
}

export interface Interpretation {
  readonly workflow: string;
  /** Of the execution. */
  readonly name: string;
  readonly kernel: Kernel;
  readonly input: Json;
  /** By the names that the workflow has for them. */
  readonly tasks: Readonly<Record<string, Task>>;
  readonly instead?: Instead | undefined;
  /** After each task. */
  readonly check?: () => void;
}

/** A workflow's file on the interpreter, with the logic of its functions. */
export function interpret(options: Interpretation): WorkflowRun {
  const { workflow, name, kernel, tasks } = options;
  const attempts = new Map<string, number>();
  let ids = 0;
  const definition = JSON.parse(withFunctionNames(definitionText(workflow), Object.keys(tasks))) as unknown;
  const execution = new Execution(compile(definition), {
    arn: `arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-${workflow}:${name}`,
    name,
    stateMachineArn: `arn:aws:states:us-east-1:111111111111:stateMachine:mainstay-aeon-${workflow}`,
    stateMachineName: `mainstay-aeon-${workflow}`,
    roleArn: 'arn:aws:iam::111111111111:role/machine',
    input: JSON.stringify(options.input),
    type: 'STANDARD',
    environment: {
      clock: kernel,
      random: kernel.random('asl'),
      newId: (kind) => `${kind}-${++ids}`,
      runTask: (call) => runTask(call),
    },
  });

  async function runTask(call: TaskCall): Promise<TaskOutcome> {
    const { FunctionName, Payload } = call.arguments as { FunctionName: string; Payload: { [key: string]: Json } };
    const attempt = (attempts.get(call.stateName) ?? 0) + 1;
    attempts.set(call.stateName, attempt);
    const fake = options.instead?.(FunctionName, Payload, attempt);
    if (fake && 'error' in fake) return lambdaError(fake.error, fake.message ?? fake.error);
    try {
      const payload = fake ? fake.payload : await tasks[FunctionName]?.(Payload as never);
      options.check?.();
      return { output: { Payload: JSON.parse(JSON.stringify(payload ?? null)) as Json } };
    } catch (error) {
      const { name: errorName, message } = error as Error;
      return lambdaError(errorName, message);
    }
  }

  execution.start();
  return {
    kernel,
    execution,
    states: () =>
      execution.history.flatMap((event) =>
        event.type.endsWith('StateEntered') ? [String(event['stateEnteredEventDetails']?.['name'])] : [],
      ),
    result: async () => {
      await kernel.run({ done: () => execution.status !== 'RUNNING' });
      const { output, ...rest } = await execution.result;
      return output === undefined ? rest : { ...rest, output: JSON.parse(output) as Json };
    },
  };
}

/** As Lambda's integration gives the error that a function threw. */
function lambdaError(error: string, message: string): TaskOutcome {
  return { error, cause: JSON.stringify({ errorType: error, errorMessage: message, trace: [] }) };
}

function withFunctionNames(text: string, tasks: readonly string[]): string {
  return tasks.reduce((named, task) => named.replaceAll(`\${${placeholderOf(task)}}`, task), text);
}
