import { describe, expect, it } from 'vitest';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { image, newImage, oldImage, plan, World, watched, worker } from '../lambdas/world.ts';
import { type Fake, type RunOptions, runWorkflow } from './run.ts';

const input = { service: 'aeon-dt-api', tag: image.tag };
const quick = { ...plan, approval: { required: false, timeoutSeconds: 3600 } };

/** A world with its alarms in place. */
function atRest(): World {
  const world = new World();
  for (const alarm of serviceAlarms(plan, watched)) {
    world.alarmsStanding.set(alarm.name, { name: alarm.name, state: 'OK', configuration: JSON.stringify(alarm) });
  }
  return world;
}

const waitSeconds: Json = 60;
const says = (next: string, reason: string): Fake => ({
  payload: { next, reason, waitSeconds, verdict: 'healthy', evidence: null, weightPercent: 10 },
});
/** The judge says healthy at each step's end at once. */
const healthy: NonNullable<RunOptions['instead']> = (task) =>
  task === 'judge-canary' ? says('go-on', 'no worse than stable') : undefined;

describe('a good release', () => {
  it('is promoted step by step, and the standby is told', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, { plan: quick, instead: healthy });
    expect(await run.result()).toEqual({
      status: 'SUCCEEDED',
      output: {
        outcome: 'promoted',
        reason: 'no worse than stable',
        remarks: [],
        service: 'aeon-dt-api',
        environment: 'aeon',
        tag: image.tag,
        digest: 'sha256:new',
        strategy: 'canary',
      },
    });
    expect(world.record).toEqual({
      epoch: 2,
      stableSlot: 'green',
      stableDigest: 'sha256:new',
      stableTag: image.tag,
      previous: { slot: 'blue', digest: 'sha256:old', tag: 'aeon-dt-api-production-1.4.0-1234567' },
    });
    expect(world.route.weights).toEqual({ blue: 0, green: 100 });
    expect(world.slots.blue).toMatchObject({ image: oldImage, replicas: 0 });
    expect(world.slots.green).toMatchObject({ image: newImage, replicas: 5 });
    expect([...world.standbyParameters.keys()]).toEqual(['us-west-2 /mainstay/aeon/services/aeon-dt-api/release']);
    expect(world.published.at(-1)).toMatchObject({ severity: 'information' });
  });

  it('is promoted although the standby cannot be told, and says so', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, payload, attempt) =>
        task === 'record-standby'
          ? { error: 'AwsUnavailable', message: 'us-west-2 is down' }
          : healthy(task, payload, attempt),
    });
    expect(await run.result()).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        outcome: 'promoted',
        remarks: ['What the standby has to run is not recorded: AwsUnavailable: us-west-2 is down'],
      },
    });
    expect(world.record.promotion).toBeUndefined();
  });

  it('is replaced in place at the first release of a service', async () => {
    const world = new World();
    world.record = { epoch: 0, stableSlot: 'blue' };
    world.slots.blue = { ...world.slots.blue, image: 'pause', replicas: 0, available: 0 };
    const run = runWorkflow(world, input, { plan: quick });
    expect(await run.result()).toMatchObject({ output: { outcome: 'promoted', strategy: 'rolling' } });
    expect(run.states()).not.toContain('Shift traffic');
    expect(world.slots.blue).toMatchObject({ image: newImage, replicas: 5 });
    expect(world.record).toMatchObject({ stableSlot: 'blue', stableDigest: 'sha256:new' });
  });

  it('is rolled where a service has no route', async () => {
    const world = atRest();
    const run = runWorkflow(
      world,
      { ...input, service: 'aeon-dt-worker' },
      {
        plan: { ...worker, approval: { required: false, timeoutSeconds: 60 } } as typeof plan,
      },
    );
    expect(await run.result()).toMatchObject({ output: { outcome: 'promoted', strategy: 'rolling' } });
    expect(run.states()).toContain('Replace the image in place');
  });

  it('is shifted at once with blue-green', async () => {
    const world = atRest();
    const run = runWorkflow(world, { ...input, strategy: 'blue-green' }, { plan: quick, instead: healthy });
    expect(await run.result()).toMatchObject({ output: { outcome: 'promoted', strategy: 'blue-green' } });
    expect(run.states().filter((state) => state === 'Shift traffic')).toHaveLength(1);
    expect(world.slots.green.replicas).toBe(5);
  });
});

/** Everything back as it was before the release was taken. */
function expectRestored(world: World): void {
  expect(world.route.weights).toEqual({ blue: 100, green: 0 });
  expect(world.slots.blue).toMatchObject({ image: oldImage, replicas: 5 });
  expect(world.slots.green).toMatchObject({ image: oldImage.replace('old', 'older'), replicas: 0 });
  expect(world.record).toMatchObject({ stableSlot: 'blue', stableDigest: 'sha256:old' });
  expect(world.record.promotion).toBeUndefined();
}

describe('a bad release', () => {
  it('is rolled back when the judge says that it is worse', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, _payload, attempt) =>
        task === 'judge-canary' ? says(attempt < 3 ? 'watch' : 'roll-back', 'more errors than stable') : undefined,
    });
    expect(await run.result()).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'rolled-back', reason: 'more errors than stable' },
    });
    expectRestored(world);
    expect(world.published.at(-1)).toMatchObject({ severity: 'warning' });
  });

  it('is rolled back before any traffic when its pods crash', async () => {
    const world = atRest();
    world.pods.green = [{ name: 'p', image: newImage, ready: false, restarts: 3, waitingReason: 'CrashLoopBackOff' }];
    const run = runWorkflow(world, input, { plan: quick });
    expect(await run.result()).toMatchObject({
      output: { outcome: 'rolled-back', reason: 'Pod p crashes again and again (CrashLoopBackOff).' },
    });
    expect(run.states()).not.toContain('Shift traffic');
    expectRestored(world);
  });

  it('is rolled back when nobody says whether too little traffic is enough', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task) => (task === 'judge-canary' ? says('ask', '3 requests') : undefined),
    });
    expect(await run.result()).toMatchObject({
      output: { outcome: 'inconclusive', reason: 'Nobody answered in time whether to go on. 3 requests' },
    });
    expectRestored(world);
  });

  it.each([
    ['approve', 'promoted'],
    ['reject', 'inconclusive'],
  ])('with too little traffic: %s ends as %s', async (decision, outcome) => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, payload) => {
        if (task === 'judge-canary') return says('ask', '3 requests');
        if (task !== 'request-approval') return undefined;
        run.kernel.after(1000, 'answer', () => {
          run.execution.sendTaskSuccess(String(payload['token']), JSON.stringify({ decision, by: 'ada' }));
        });
        return { payload: {} };
      },
    });
    expect(await run.result()).toMatchObject({ output: { outcome } });
  });
});

describe('what goes wrong after the release was taken', () => {
  const tasks = [
    'keep-alarms',
    'measure-stable',
    'raise-canary',
    'look-at-pods',
    'shift-traffic',
    'judge-canary',
    'promote-canary',
  ];

  it.each(tasks)('%s fails for good: everything is restored', async (broken) => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, payload, attempt) =>
        // The stable version's pods are looked at on the way back: that look succeeds.
        task === broken && payload['role'] !== 'stable'
          ? { error: 'AwsRefused', message: 'not authorised' }
          : healthy(task, payload, attempt),
    });
    expect(await run.result()).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'rolled-back', reason: 'AwsRefused: not authorised' },
    });
    expectRestored(world);
  });

  it.each(tasks)('%s fails once: it is delivered again', async (broken) => {
    const world = atRest();
    const seen = new Set<string>();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, payload, attempt) => {
        if (task === broken && !seen.has(task)) {
          seen.add(task);
          return { error: 'Lambda.Unknown' };
        }
        return healthy(task, payload, attempt);
      },
    });
    expect(await run.result()).toMatchObject({ output: { outcome: 'promoted' } });
  });

  it('a rollback took over: the promotion does nothing more', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, payload, attempt) => {
        if (task !== 'judge-canary') return healthy(task, payload, attempt);
        world.record = { ...world.record, epoch: 9 };
        return { error: 'PromotionSuperseded', message: 'taken over' };
      },
    });
    expect(await run.result()).toMatchObject({ status: 'FAILED', error: 'PromotionSuperseded' });
    expect(run.states().at(-1)).toBe('Promotion superseded');
    expect(world.record.epoch).toBe(9);
  });

  it('an alarm that went off while a person was asked: refused, and the service is free again', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task) => {
        if (task !== 'take-release') return undefined;
        const name = 'mainstay/aeon/aeon-dt-api/blue/errors';
        const alarm = world.alarmsStanding.get(name);
        if (alarm) world.alarmsStanding.set(name, { ...alarm, state: 'ALARM' });
        return undefined;
      },
    });
    expect(await run.result()).toMatchObject({ status: 'FAILED', error: 'AlarmAlreadyFiring' });
    expectRestored(world);
  });

  it('the rollback itself fails: a person is told, and the execution fails so that canary-rollback starts', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task) => {
        if (task === 'judge-canary') return says('roll-back', 'worse');
        return task === 'return-traffic' ? { error: 'ClusterUnavailable', message: 'no answer' } : undefined;
      },
    });
    expect(await run.result()).toMatchObject({ status: 'FAILED', error: 'ClusterUnavailable', cause: 'no answer' });
    expect(world.published.at(-1)).toMatchObject({ severity: 'critical' });
  });
});

describe('the interlock', () => {
  const rotation = { work: 'rotation', holder: 'password/v2', subjects: ['service/aeon-dt-api'] } as const;

  it('is held from before the release is taken until the end, and free afterwards', async () => {
    const world = atRest();
    const held: string[] = [];
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task, payload, attempt) => {
        if (['take-release', 'give-back'].includes(task)) {
          void world.interlock.list().then((claims) => held.push(...claims.map(({ subject }) => subject)));
        }
        return healthy(task, payload, attempt);
      },
    });
    expect(await run.result()).toMatchObject({ output: { outcome: 'promoted' } });
    expect(held).toEqual(['service/aeon-dt-api', 'service/aeon-dt-api']);
    expect(await world.interlock.list()).toEqual([]);
  });

  it.each<[string, NonNullable<RunOptions['instead']>, string]>([
    ['rolled back', (task) => (task === 'judge-canary' ? says('roll-back', 'worse') : undefined), 'Canary rolled back'],
    [
      'refused after the claim',
      (task) => (task === 'take-release' ? { error: 'AlreadyReleased' } : undefined),
      'Promotion refused',
    ],
    [
      'failed after the claim',
      (task) => (task === 'take-release' ? { error: 'ClusterRefused' } : undefined),
      'Promotion failed',
    ],
    [
      'failed in its rollback',
      (task) => {
        if (task === 'judge-canary') return says('roll-back', 'worse');
        return task === 'return-traffic' ? { error: 'ClusterRefused' } : undefined;
      },
      'Rollback failed',
    ],
    [
      'claimed twice, because the first answer was lost',
      (task, payload, attempt) =>
        task === 'claim-work' && attempt === 1 ? { error: 'Lambda.Unknown' } : healthy(task, payload, attempt),
      'Canary promoted',
    ],
  ])('is free after a promotion that %s', async (_case, instead, ending) => {
    const world = atRest();
    const run = runWorkflow(world, input, { plan: quick, instead });
    await run.result();
    expect(run.states().at(-1)).toBe(ending);
    expect(run.states()).toContain('Release the claim');
    expect(await world.interlock.list()).toEqual([]);
  });

  it('is not given back by a promotion that a rollback took over: the rollback does', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, {
      plan: quick,
      instead: (task) => (task === 'judge-canary' ? { error: 'PromotionSuperseded' } : undefined),
    });
    expect(await run.result()).toMatchObject({ error: 'PromotionSuperseded' });
    expect(await world.interlock.list()).toMatchObject([{ holder: run.execution.arn }]);
  });

  it('lets a promotion wait for a rotation, and go on after it', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, { plan: quick, instead: healthy });
    await world.interlock.claim({ ...rotation, forSeconds: 3600 });
    run.kernel.after(600_000, 'the rotation ends', () => {
      void world.interlock.release(rotation.holder, rotation.subjects);
    });
    expect(await run.result()).toMatchObject({ output: { outcome: 'promoted' } });
    expect(run.states().filter((state) => state === 'Wait for the work in progress')).toHaveLength(10);
  });

  it('ends a promotion that waited half an hour, with nothing changed', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, { plan: quick });
    const startedAt = run.kernel.now();
    await world.interlock.claim({ ...rotation, forSeconds: 7200 });
    const result = await run.result();
    expect(result).toMatchObject({ status: 'FAILED', error: 'WorkInProgress' });
    expect(result.cause).toContain("a rotation (password/v2) holds 'service/aeon-dt-api'");
    expect((run.kernel.now() - startedAt) / 60_000).toBeCloseTo(29, 0);
    expect(world.writes).toBe(0);
    expect(await world.interlock.list()).toMatchObject([{ holder: 'password/v2' }]);
  });

  it('refuses a second promotion at once', async () => {
    const world = atRest();
    const run = runWorkflow(world, input, { plan: quick });
    await world.interlock.claim({ ...rotation, work: 'promotion', holder: 'arn:other', forSeconds: 7200 });
    expect(await run.result()).toMatchObject({ error: 'PromotionAlreadyRunning' });
    expect(run.states()).not.toContain('Wait for the work in progress');
  });
});

describe('what is refused, with nothing changed', () => {
  it.each<[string, Json, string]>([
    ['an input without a tag', { service: 'aeon-dt-api' }, 'InvalidInput'],
    ['an input that is a list', [], 'InvalidInput'],
    ['a field that nobody knows', { ...input, force: true }, 'InvalidInput'],
    ['an unknown service', { ...input, service: 'nope' }, 'UnknownService'],
    ['an unknown strategy', { ...input, strategy: 'yolo' }, 'UnknownStrategy'],
    ['a tag against the convention', { ...input, tag: 'latest' }, 'TagAgainstConvention'],
    ['an unknown tag', { ...input, tag: 'aeon-dt-api-production-9.9.9-fffffff' }, 'UnknownTag'],
  ])('%s', async (_case, given, error) => {
    const world = atRest();
    const result = await runWorkflow(world, given, { plan: quick }).result();
    expect(result).toMatchObject({ status: 'FAILED', error });
    expect(result.cause).toMatch(/again/);
    expect(world.writes).toBe(0);
  });

  it('a release that nobody approved in time, and one that somebody rejected', async () => {
    const late = atRest();
    expect(await runWorkflow(late, input).result()).toMatchObject({ status: 'FAILED', error: 'ApprovalExpired' });
    expect(late.record.epoch).toBe(1);
    const rejected = atRest();
    const run = runWorkflow(rejected, input, {
      instead: (task, payload) => {
        if (task !== 'request-approval') return undefined;
        run.kernel.after(1000, 'answer', () => {
          run.execution.sendTaskSuccess(String(payload['token']), '{"decision":"reject","by":"bob"}');
        });
        return { payload: {} };
      },
    });
    const result = await run.result();
    expect(result).toMatchObject({ status: 'FAILED', error: 'ApprovalRejected' });
    expect(result.cause).toContain('was rejected by bob');
    expect(rejected.record.epoch).toBe(1);
  });
});
