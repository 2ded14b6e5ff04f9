import { releaseRecord } from '../../domain/release.ts';
import { keepAlarms } from '../../lambdas/alarms/keep-alarms.ts';
import { requestApproval } from '../../lambdas/approval/request-approval.ts';
import { checkImage } from '../../lambdas/canary/check-image.ts';
import { checkPlatform } from '../../lambdas/canary/check-platform.ts';
import { giveBack } from '../../lambdas/canary/give-back.ts';
import { judgeCanary } from '../../lambdas/canary/judge-canary.ts';
import { lookAtPods } from '../../lambdas/canary/look-at-pods.ts';
import { measureStable } from '../../lambdas/canary/measure-stable.ts';
import { promoteCanary } from '../../lambdas/canary/promote-canary.ts';
import { raiseCanary } from '../../lambdas/canary/raise-canary.ts';
import { readPlan } from '../../lambdas/canary/read-plan.ts';
import { recordStandby } from '../../lambdas/canary/record-standby.ts';
import { resolveImage } from '../../lambdas/canary/resolve-image.ts';
import { restoreSlot } from '../../lambdas/canary/restore-slot.ts';
import { retireSlot } from '../../lambdas/canary/retire-slot.ts';
import { returnTraffic } from '../../lambdas/canary/return-traffic.ts';
import { shiftTraffic } from '../../lambdas/canary/shift-traffic.ts';
import { takeRelease } from '../../lambdas/canary/take-release.ts';
import { notify } from '../../lambdas/notices/notify.ts';
import { stopPromotion } from '../../lambdas/rollback/stop-promotion.ts';
import { takeOver } from '../../lambdas/rollback/take-over.ts';
import {
  compile,
  Execution,
  type ExecutionResult,
  type TaskCall,
  type TaskOutcome,
} from '../../rehearsal/asl/index.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { image, plan, type World } from '../lambdas/world.ts';
import { definitionText, placeholderOf } from './definitions.ts';

type Task = (payload: never) => Promise<unknown>;

/** The tasks as the workflows name them, on a world in memory. */
function tasksOf(world: World, thePlan: typeof plan): Readonly<Record<string, Task>> {
  const registry = {
    find: async (_repository: string, tag: string) => (tag === image.tag ? image : undefined),
    regionsOf: async () => ['us-east-1', 'us-west-2', 'eu-west-1'],
    scanOf: async () => ({ status: 'ACTIVE', findings: [] }),
  };
  const parameters = {
    read: async (name: string) => (name.includes(thePlan.service) ? JSON.stringify(thePlan) : undefined),
    readUnder: async () => new Map([[`/mainstay/aeon/services/${thePlan.service}/delivery`, JSON.stringify(thePlan)]]),
  };
  const executions = world.executionsPort;
  const ports = { ...world, environment: 'aeon', parameters, registry, executions, approvals: world.approvalsPort };
  const on = (run: (payload: never, ports: never) => Promise<unknown>): Task => {
    return (payload) => run(payload, ports as never);
  };
  return {
    'read-plan': on(readPlan as never),
    'resolve-image': on(resolveImage as never),
    'check-image': on(checkImage as never),
    'check-platform': on(checkPlatform as never),
    'take-release': on(takeRelease as never),
    'keep-alarms': on(keepAlarms as never),
    'measure-stable': on(measureStable as never),
    'raise-canary': on(raiseCanary as never),
    'look-at-pods': on(lookAtPods as never),
    'shift-traffic': on(shiftTraffic as never),
    'judge-canary': on(judgeCanary as never),
    'promote-canary': on(promoteCanary as never),
    'retire-slot': on(retireSlot as never),
    'record-standby': on(recordStandby as never),
    'return-traffic': on(returnTraffic as never),
    'restore-slot': on(restoreSlot as never),
    'give-back': on(giveBack as never),
    notify: on(notify as never),
    'take-over': on(takeOver as never),
    'stop-promotion': on(stopPromotion as never),
    'request-approval': on(requestApproval as never),
  };
}

export interface WorkflowRun {
  readonly kernel: Kernel;
  readonly execution: Execution;
  /** States entered, in order. */
  states(): string[];
  /** Runs to the end. */
  result(): Promise<Omit<ExecutionResult, 'output'> & { output?: Json }>;
}

export interface RunOptions {
  readonly workflow?: 'canary-promotion' | 'canary-rollback';
  readonly plan?: typeof plan;
  /** Answers a task instead of the task itself, by its name, with a Lambda error or a payload; undefined: the task itself. */
  readonly instead?: (task: string, payload: { readonly [key: string]: Json }, attempt: number) => Fake | undefined;
}

export type Fake = { readonly error: string; readonly message?: string } | { readonly payload: Json };

/** A workflow of the app on the interpreter, its functions' logic on a world in memory. */
export function runWorkflow(world: World, input: Json, options: RunOptions = {}): WorkflowRun {
  const workflow = options.workflow ?? 'canary-promotion';
  const kernel = new Kernel({ seed: 1, startsAt: world.now });
  Object.defineProperty(world, 'now', { get: () => kernel.now(), set: () => {}, configurable: true });
  const tasks = tasksOf(world, options.plan ?? plan);
  const attempts = new Map<string, number>();
  const name = workflow === 'canary-promotion' ? 'run-1' : 'back-1';
  let ids = 0;
  const definition = JSON.parse(withFunctionNames(definitionText(workflow), Object.keys(tasks))) as unknown;
  const execution = new Execution(compile(definition), {
    arn: `arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-${workflow}:${name}`,
    name,
    stateMachineArn: `arn:aws:states:us-east-1:111111111111:stateMachine:mainstay-aeon-${workflow}`,
    stateMachineName: `mainstay-aeon-${workflow}`,
    roleArn: 'arn:aws:iam::111111111111:role/machine',
    input: JSON.stringify(input),
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
      releaseRecord.parse(world.record);
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
