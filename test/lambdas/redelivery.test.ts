import { describe, expect, it } from 'vitest';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import { keepAlarms } from '../../lambdas/alarms/keep-alarms.ts';
import { answerApproval } from '../../lambdas/approval/answer-approval.ts';
import { requestApproval } from '../../lambdas/approval/request-approval.ts';
import { giveBack } from '../../lambdas/canary/give-back.ts';
import { promoteCanary } from '../../lambdas/canary/promote-canary.ts';
import { raiseCanary } from '../../lambdas/canary/raise-canary.ts';
import { recordStandby } from '../../lambdas/canary/record-standby.ts';
import { restoreSlot } from '../../lambdas/canary/restore-slot.ts';
import { retireSlot } from '../../lambdas/canary/retire-slot.ts';
import { returnTraffic } from '../../lambdas/canary/return-traffic.ts';
import { shiftTraffic } from '../../lambdas/canary/shift-traffic.ts';
import { takeRelease } from '../../lambdas/canary/take-release.ts';
import { stopPromotion } from '../../lambdas/rollback/stop-promotion.ts';
import { takeOver } from '../../lambdas/rollback/take-over.ts';
import { execution, held, image, plan, redelivered, request, rollbackExecution, World } from './world.ts';

type Held = ReturnType<typeof held>;

/** A world with a promotion under way, prepared further, and a task on it. */
function onHeld(prepare: (world: World) => void, run: (world: World, input: Held) => Promise<unknown>) {
  return () => {
    const world = new World();
    const input = held(world);
    prepare(world);
    return { world, run: () => run(world, input) };
  };
}

const raised = (world: World): void => {
  Object.assign(world.slots.green, { image: image.reference, replicas: 5, available: 5, epoch: 2 });
};
const shifted = (world: World): void => {
  raised(world);
  world.route.weights = { blue: 0, green: 100 };
};
const promotedAlready = (world: World): void => {
  shifted(world);
  const { promotion } = world.record;
  if (!promotion) throw new Error('not held');
  world.record = {
    ...world.record,
    stableSlot: 'green',
    stableDigest: image.digest,
    stableTag: image.tag,
    previous: { slot: 'blue', digest: 'sha256:old', tag: 'aeon-dt-api-production-1.4.0-1234567' },
    promotion: { ...promotion, phase: 'retiring', promotedAt: '2026-11-02T09:31:00.000Z' },
  };
};
const asked = (world: World): void => {
  world.waiting.add('token-1');
  world.approvals.set('run-1.release', {
    id: 'run-1.release',
    service: plan.service,
    question: 'May it?',
    token: 'token-1',
    executionArn: execution.arn,
    expiresAt: new Date(world.now + 3_600_000),
  });
};
const parameters = (value: string = JSON.stringify(plan)) => ({
  read: async () => value,
  readUnder: async () => new Map([['/mainstay/aeon/services/aeon-dt-api/delivery', value]]),
});

const tasks: Readonly<Record<string, ReturnType<typeof onHeld>>> = {
  'take-release': () => {
    const world = new World();
    return { world, run: () => takeRelease({ plan, image, request, execution }, world) };
  },
  'raise-canary': onHeld(
    () => {},
    (world, input) => raiseCanary({ ...input, weightPercent: 10 }, world),
  ),
  'shift-traffic': onHeld(raised, (world, input) =>
    shiftTraffic({ ...input, weightPercent: 10, fromPercent: 0, step: 0 }, world),
  ),
  'promote-canary': onHeld(shifted, (world, input) => promoteCanary(input, world)),
  'retire-slot': onHeld(promotedAlready, (world, input) => retireSlot(input, world)),
  'record-standby': onHeld(promotedAlready, (world, input) => recordStandby(input, world)),
  'give-back': onHeld(promotedAlready, (world, input) => giveBack({ ...input, expected: 'promoted' }, world)),
  'return-traffic': onHeld(shifted, (world, input) => returnTraffic({ ...input, execution, reason: 'worse' }, world)),
  'restore-slot': onHeld(
    (world) => {
      raised(world);
      world.slots.blue.replicas = 3;
    },
    (world, input) => restoreSlot(input, world),
  ),
  'take-over': onHeld(shifted, (world) =>
    takeOver(
      {
        input: {
          alarmName: 'mainstay/aeon/aeon-dt-api/green/errors',
          state: 'ALARM',
          reason: '62 % errors',
          time: '2026-11-02T09:05:00Z',
        },
        execution: rollbackExecution,
      },
      { ...world, environment: 'aeon', parameters: parameters(), executions: world.executionsPort },
    ),
  ),
  'stop-promotion': onHeld(
    (world) => world.executions.set(execution.arn, { status: 'RUNNING', input: '{}' }),
    (world, input) =>
      stopPromotion(
        { ...input, execution: rollbackExecution, reason: 'an alarm' },
        { ...world, executions: world.executionsPort },
      ),
  ),
  'keep-alarms': () => {
    const world = new World();
    return { world, run: () => keepAlarms({ plan }, { ...world, environment: 'aeon', parameters: parameters() }) };
  },
  'request-approval': () => {
    const world = new World();
    return {
      world,
      run: () =>
        requestApproval(
          {
            plan,
            execution,
            subject: 'release',
            tag: image.tag,
            digest: image.digest,
            question: 'release',
            detail: '0 critical findings',
            token: 'token-1',
            timeoutSeconds: 3600,
          },
          { ...world, approvals: world.approvalsPort, executions: world.executionsPort },
        ),
    };
  },
  'answer-approval': onHeld(asked, (world) =>
    answerApproval(
      { input: { approval: 'run-1.release', decision: 'approve', by: 'ada' }, execution: rollbackExecution },
      { ...world, approvals: world.approvalsPort, executions: world.executionsPort },
    ),
  ),
};

describe('a task that is delivered again leaves what one delivery leaves', () => {
  it.each(Object.keys(tasks))('%s, delivered twice and crashed after each side effect', async (name) => {
    const task = tasks[name];
    if (!task) throw new Error(name);
    const { once, again, sideEffects } = await redelivered(task);
    expect(sideEffects).toBeGreaterThan(0);
    for (const state of again) expect(state).toEqual(once);
  });
});

describe('what one delivery leaves', () => {
  it('take-release: the service is held, nothing else is changed', async () => {
    const world = new World();
    const hold = await takeRelease({ plan, image, request, execution }, world);
    expect(hold).toMatchObject({ id: 'run-1', epoch: 2, strategy: 'canary', stableSlot: 'blue', canarySlot: 'green' });
    expect(world.record.promotion).toMatchObject({ phase: 'promoting', stableReplicas: 5, before: { replicas: 0 } });
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
    expect(world.slots.green.replicas).toBe(0);
  });

  it('answer-approval: the workflow is told once', async () => {
    const { world, run } = (tasks['answer-approval'] as ReturnType<typeof onHeld>)();
    await run();
    await run();
    expect(world.answered).toEqual([{ token: 'token-1', output: '{"decision":"approve","by":"ada"}' }]);
  });

  it("record-standby: the standby's region is told the release and since when it is stable", async () => {
    const { world, run } = (tasks['record-standby'] as ReturnType<typeof onHeld>)();
    await run();
    expect([...world.standbyParameters]).toEqual([
      [
        'us-west-2 /mainstay/aeon/services/aeon-dt-api/release',
        JSON.stringify({ digest: image.digest, tag: image.tag, promotedAt: '2026-11-02T09:31:00.000Z' }),
      ],
    ]);
  });

  it('keep-alarms: four slot alarms and two of the service, each on the true target groups', async () => {
    const world = new World();
    const kept = await keepAlarms({ plan }, { ...world, environment: 'aeon', parameters: parameters() });
    expect(kept.put).toHaveLength(6);
    const watched = {
      loadBalancer: 'app/aeon/0123456789abcdef',
      targetGroups: { blue: 'targetgroup/blue/1111111111111111', green: 'targetgroup/green/2222222222222222' },
    };
    expect(kept.watched).toEqual(watched);
    expect([...world.alarmsStanding.keys()]).toEqual(serviceAlarms(plan, watched).map((alarm) => alarm.name));
  });
});
