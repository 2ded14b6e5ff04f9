import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, Execution, type ExecutionResult, type TaskOutcome } from '../../rehearsal/asl/index.ts';
import type { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { account, here } from './simulated-rds.ts';
import { Counter, type HourOptions, tasksOf } from './tasks.ts';

/** Of an invocation beside its own work, warm and cold mixed. Assumed. */
const invocationMilliseconds = 100;
const definition = readFileSync(
  join(import.meta.dirname, '..', '..', 'step-functions', 'hourly-backup.asl.json'),
  'utf8',
);

/** What an hour took. */
export interface Hour {
  readonly name: string;
  readonly result: ExecutionResult;
  readonly minutes: number;
  readonly transitions: number;
  readonly invocations: ReadonlyMap<string, number>;
  readonly billedSeconds: number;
  readonly longest: ReadonlyMap<string, number>;
  readonly retries: number;
  readonly calls: ReadonlyMap<string, number>;
}

/** Starts the execution of the minute that is now; the promise settles as virtual time goes by. */
export async function hour(options: HourOptions): Promise<Hour> {
  const { kernel } = options.rehearsal;
  const name = new Date(kernel.now()).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
  const began = kernel.now();
  const calls = new Counter();
  const invocations = new Counter();
  const longest = new Map<string, number>();
  const counted = { transitions: 0, retries: 0, billedMilliseconds: 0 };
  const tasks = tasksOf(options, calls);
  const machine = 'mainstay-aeon-hourly-backup';
  const arn = `arn:aws:states:${here}:${account}:execution:${machine}:${name}`;
  let ids = 0;

  async function runTask(task: string, payload: unknown): Promise<TaskOutcome> {
    const from = kernel.now();
    invocations.add(task);
    await kernel.sleep(invocationMilliseconds, task);
    try {
      const output = await tasks[task]?.(payload as never);
      return { output: { Payload: JSON.parse(JSON.stringify(output ?? null)) as Json } };
    } catch (error) {
      const { name: errorType, message } = error as Error;
      return { error: errorType, cause: JSON.stringify({ errorType, errorMessage: message, trace: [] }) };
    } finally {
      counted.billedMilliseconds += kernel.now() - from;
      longest.set(task, Math.max(longest.get(task) ?? 0, (kernel.now() - from) / 1000));
    }
  }

  const execution = new Execution(compile(JSON.parse(named(definition, Object.keys(tasks)))), {
    arn,
    name,
    stateMachineArn: `arn:aws:states:${here}:${account}:stateMachine:${machine}`,
    stateMachineName: machine,
    roleArn: `arn:aws:iam::${account}:role/machine`,
    input: '{}',
    type: 'STANDARD',
    environment: {
      clock: kernel,
      random: kernel.random('asl'),
      newId: (kind) => `${name}-${kind}-${++ids}`,
      runTask: ({ arguments: given }) => {
        const { FunctionName, Payload } = given as { FunctionName: string; Payload: Json };
        return runTask(FunctionName, Payload);
      },
      onEvent: ({ type }) => {
        if (type.endsWith('StateEntered')) counted.transitions++;
        if (type === 'TaskFailed' || type === 'TaskTimedOut') counted.retries++;
      },
    },
  });
  options.running.add(arn);
  execution.start();
  const result = await execution.result;
  options.running.delete(arn);
  return {
    name,
    result,
    minutes: (kernel.now() - began) / 60_000,
    transitions: counted.transitions,
    invocations: invocations.counts,
    billedSeconds: counted.billedMilliseconds / 1000,
    longest,
    retries: counted.retries,
    calls: calls.counts,
  };
}

function named(text: string, tasks: readonly string[]): string {
  return text.replaceAll(/\$\{(\w+)FunctionArn\}/g, (_, pascal: string) => {
    const task = pascal.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase();
    return tasks.includes(task) ? task : `no-${task}`;
  });
}

/** Lets virtual time pass until something has come to its end. */
export async function until<T>(kernel: Kernel, work: Promise<T>): Promise<T> {
  let settled = false;
  const end = (): void => {
    settled = true;
  };
  work.then(end, end);
  await kernel.run({ done: () => settled });
  return work;
}
