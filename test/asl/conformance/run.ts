import { createHash } from 'node:crypto';
import {
  compile,
  type Environment,
  Execution,
  type ExecutionResult,
  type HistoryEvent,
  type TaskCall,
  type TaskOutcome,
} from '../../../rehearsal/asl/index.ts';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../../rehearsal/kernel/log.ts';
import type { Case, RecordedTask } from './cases.ts';
import { same } from './compare.ts';

/** What the interpreter did with the execution of a case. */
export interface RunOutcome {
  readonly result: ExecutionResult;
  readonly history: readonly HistoryEvent[];
}

const account = '111111111111';

/** Runs the execution of a case to its end, giving each task its recorded result. */
export async function runCase(one: Case): Promise<RunOutcome> {
  const kernel = new Kernel({ seed: 1, startsAt: Date.parse(`${one.recorded}T12:00:00Z`), maximumEvents: 200_000 });
  const tasks = new RecordedTasks(one, kernel);
  const objects = new Map((one.objects ?? []).map(({ bucket, key, body }) => [`${bucket}/${key}`, body]));
  let ids = 0;
  const environment: Environment = {
    clock: kernel,
    random: kernel.random('asl'),
    newId: (kind) => uuid(`${kind} ${++ids}`),
    runTask: (call) => tasks.answer(call, () => execution),
    readObject: async ({ bucket, key }) => {
      const body = objects.get(`${bucket}/${key}`);
      return body === undefined
        ? { error: 'S3.NoSuchKeyException', cause: 'The specified key does not exist.' }
        : { body };
    },
    listObjects: async ({ bucket, prefix = '' }) =>
      [...objects]
        .filter(([name]) => name.startsWith(`${bucket}/${prefix}`))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, body]) => ({
          Key: name.slice(bucket.length + 1),
          Etag: 'etag',
          LastModified: 0,
          Size: Buffer.byteLength(body),
          StorageClass: 'STANDARD',
        })),
    writeObject: async ({ bucket, key }, body) => {
      objects.set(`${bucket}/${key}`, body);
      return undefined;
    },
  };
  const type = one.type ?? 'STANDARD';
  const execution: Execution = new Execution(compile(one.definition, { type }), {
    arn: `arn:aws:states:us-east-1:${account}:${type === 'EXPRESS' ? 'express:machine:run:1' : 'execution:machine:run'}`,
    name: 'run',
    stateMachineArn: `arn:aws:states:us-east-1:${account}:stateMachine:machine`,
    stateMachineName: 'machine',
    roleArn: 'snf_role_arn',
    input: one.inputText ?? JSON.stringify(one.input),
    type,
    // Which call started an Express execution is known by the test that recorded it.
    synchronous: one.source.includes('express_sync'),
    environment,
  });
  execution.start();
  // What goes wrong with the run itself is met where the result is awaited, below.
  execution.result.catch(() => {});
  // The recording of a stopped execution says nothing of when: after a second here.
  if (one.expected?.status === 'ABORTED') kernel.after(1000, 'stop', () => execution.stop());
  await kernel.run({ done: () => execution.status !== 'RUNNING' });
  if (execution.status === 'RUNNING') throw new Error('the execution waits for something that never comes');
  return { result: await execution.result, history: execution.history };
}

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Gives each attempt of a state the next of its recorded outcomes, preferring one that was recorded for the same parameters. */
class RecordedTasks {
  readonly #case: Case;
  readonly #kernel: Kernel;
  readonly #unused: { readonly task: RecordedTask; readonly index: number }[];

  constructor(one: Case, kernel: Kernel) {
    this.#case = one;
    this.#kernel = kernel;
    this.#unused = (one.tasks ?? []).map((task, index) => ({ task, index }));
  }

  answer(call: TaskCall, execution: () => Execution): Promise<TaskOutcome> {
    const task = this.#take(call);
    if (!task) return Promise.resolve(this.#unrecorded(call));
    const { outcome } = task;
    const answer: TaskOutcome =
      outcome.error !== undefined
        ? { error: outcome.error, cause: outcome.cause ?? null }
        : { output: outcome.output ?? null };
    if (call.resource.endsWith('.waitForTaskToken')) {
      const token = call.taskToken ?? '';
      if (!outcome.timeout) this.#kernel.after(1, 'token', () => answerToken(execution(), token, answer));
      return Promise.resolve({ output: {} });
    }
    if (outcome.timeout) return new Promise(() => {});
    if (/\.sync(:2)?$/.test(call.resource)) {
      return this.#kernel.sleep(1, 'accepted').then(() => {
        call.submitted({});
        return answer;
      });
    }
    return Promise.resolve(answer);
  }

  #take(call: TaskCall): RecordedTask | undefined {
    const ofState = this.#unused.filter(({ task }) => task.state === call.stateName);
    const opaque = new Set(this.#case.opaque ?? []);
    const found =
      ofState.find(({ task, index }) => same(task.parameters, call.arguments, `/tasks/${index}/parameters`, opaque)) ??
      ofState[0];
    if (found) this.#unused.splice(this.#unused.indexOf(found), 1);
    return found?.task;
  }

  #unrecorded(call: TaskCall): TaskOutcome {
    if (!this.#case.childTasksNotRecorded) throw new Error(`no outcome was recorded for '${call.stateName}'`);
    const parameters = call.arguments as { [key: string]: Json };
    return {
      output: call.resource.endsWith('lambda:invoke') ? { Payload: parameters['Payload'] ?? {} } : call.arguments,
    };
  }
}

function answerToken(execution: Execution, token: string, answer: TaskOutcome): void {
  if ('output' in answer) execution.sendTaskSuccess(token, JSON.stringify(answer.output));
  else {
    const { error, cause } = answer;
    execution.sendTaskFailure(token, { ...(error == null ? {} : { error }), ...(cause == null ? {} : { cause }) });
  }
}
