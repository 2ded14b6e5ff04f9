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
import { claimWork } from '../../lambdas/interlock/claim-work.ts';
import { releaseWork } from '../../lambdas/interlock/release-work.ts';
import { notify } from '../../lambdas/notices/notify.ts';
import { stopPromotion } from '../../lambdas/rollback/stop-promotion.ts';
import { takeOver } from '../../lambdas/rollback/take-over.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { image, plan, type World } from '../lambdas/world.ts';
import { type Fake, type Instead, interpret, type Task, type WorkflowRun } from './interpret.ts';

export type { Fake, WorkflowRun };

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
  const approvals = world.approvalsPort;
  const ports = {
    ...world,
    environment: 'aeon',
    parameters,
    registry,
    executions,
    approvals,
    interlock: world.interlock,
  };
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
    'claim-work': on(claimWork as never),
    'release-work': on(releaseWork as never),
  };
}

export interface RunOptions {
  readonly workflow?: 'canary-promotion' | 'canary-rollback';
  readonly plan?: typeof plan;
  readonly instead?: Instead;
}

/** A workflow of the app on the interpreter, its functions' logic on a world in memory. */
export function runWorkflow(world: World, input: Json, options: RunOptions = {}): WorkflowRun {
  const workflow = options.workflow ?? 'canary-promotion';
  const kernel = new Kernel({ seed: 1, startsAt: world.now });
  Object.defineProperty(world, 'now', { get: () => kernel.now(), set: () => {}, configurable: true });
  return interpret({
    workflow,
    name: workflow === 'canary-promotion' ? 'run-1' : 'back-1',
    kernel,
    input,
    tasks: tasksOf(world, options.plan ?? plan),
    instead: options.instead,
    check: () => releaseRecord.parse(world.record),
  });
}
