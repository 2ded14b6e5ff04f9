import { describe, expect, it } from 'vitest';
import type { InterlockSubject } from '../../domain/interlock.ts';
import { deliveryParameterName } from '../../domain/names.ts';
import { type RotationPlan, rotationPlanParameterName } from '../../domain/rotation.ts';
import { claimWork } from '../../lambdas/interlock/claim-work.ts';
import { releaseWork } from '../../lambdas/interlock/release-work.ts';
import { lookAtConsumer } from '../../lambdas/rollout/look-at-consumer.ts';
import { readRotation } from '../../lambdas/rollout/read-rotation.ts';
import { restartConsumer } from '../../lambdas/rollout/restart-consumer.ts';
import { tellRotation } from '../../lambdas/rollout/tell-rotation.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { MemoryConsumers } from '../lambdas/consumers.ts';
import { MemoryInterlock } from '../lambdas/memory-interlock.ts';
import { plan as api, worker } from '../lambdas/world.ts';
import { type Instead, interpret, type Task } from './interpret.ts';

const rotation: RotationPlan = {
  environment: 'aeon',
  secret: 'password',
  secretName: 'mainstay/aeon/secrets/password',
  kind: 'postgres',
  users: 'alternating',
  everyDays: 30,
  opens: 'aeon-dt',
  consumers: [api.service, worker.service],
  overlapSeconds: 0,
};
const input = { secret: 'password', versionId: 'v2', previousVersionId: 'v1' };
const holder = 'mainstay/aeon/secrets/password/v2';
const subjects: InterlockSubject[] = ['database/aeon-dt', 'service/aeon-dt-api', 'service/aeon-dt-worker'];

/** A secret that has just been rotated, with its claim, and a run of the rollout. */
async function rollout(
  options: { readonly instead?: Instead; readonly plan?: RotationPlan; readonly given?: Json } = {},
) {
  const { plan = rotation, given = input } = options;
  const kernel = new Kernel({ seed: 1, startsAt: Date.UTC(2026, 10, 2, 0, 30) });
  const clock = { now: () => new Date(kernel.now()) };
  const cluster = new MemoryConsumers(clock);
  const interlock = new MemoryInterlock(clock);
  const published: { severity: string; subject: string; message: string }[] = [];
  const undone: unknown[] = [];
  const parameters = new Map([
    [rotationPlanParameterName('aeon', plan.secret), JSON.stringify(plan)],
    ...[api, worker].map((each): [string, string] => [
      deliveryParameterName('aeon', each.service),
      JSON.stringify(each),
    ]),
  ]);
  const ports = {
    environment: 'aeon',
    cluster,
    interlock,
    clock,
    parameters: { read: async (name: string) => parameters.get(name), readUnder: async () => parameters },
    notifications: {
      publish: async (severity: string, subject: string, message: string) => {
        published.push({ severity, subject, message });
      },
    },
  };
  const on = (run: (payload: never, ports: never) => Promise<unknown>): Task => {
    return (payload) => run(payload, ports as never);
  };
  await interlock.claim({ subjects, work: 'rotation', holder, forSeconds: 3600 });
  const run = interpret({
    workflow: 'secret-rollout',
    name: 'password-v2',
    kernel,
    input: given,
    instead: options.instead,
    tasks: {
      'read-rotation': on(readRotation as never),
      'claim-work': on(claimWork as never),
      'release-work': on(releaseWork as never),
      'restart-consumer': on(restartConsumer as never),
      'look-at-consumer': on(lookAtConsumer as never),
      'tell-rotation': on(tellRotation as never),
      'undo-rotation': async (payload) => {
        undone.push(payload);
        return { currentVersionId: 'v1' };
      },
    },
  });
  return { run, kernel, cluster, interlock, published, undone };
}

describe('a rotated secret', () => {
  it('is read anew by each consumer, one after the other, and the claim is given back', async () => {
    const world = await rollout();
    expect(await world.run.result()).toEqual({
      status: 'SUCCEEDED',
      output: {
        outcome: 'rotated',
        reason: 'Every consumer runs with the new version.',
        secret: 'password',
        environment: 'aeon',
        versionId: 'v2',
        restarted: ['aeon-dt-api', 'aeon-dt-worker'],
        remarks: [],
      },
    });
    expect(world.cluster.written).toEqual(['aeon-dt-api v2', 'aeon-dt-worker v2']);
    expect(await world.interlock.list()).toEqual([]);
    expect(world.published).toMatchObject([{ severity: 'information', subject: 'aeon: secret password rotated' }]);
    expect(world.undone).toEqual([]);
  });

  it('that nobody mounts is done at once', async () => {
    const world = await rollout({ plan: { ...rotation, consumers: [] } });
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'rotated', restarted: [] } });
    expect(await world.interlock.list()).toEqual([]);
  });

  it('of a single consumer that opens nothing keeps its one claim', async () => {
    const key = { ...rotation, kind: 'jwt' as const, users: 'single' as const, consumers: [api.service] };
    const { opens: _opens, ...plan } = key;
    const world = await rollout({ plan });
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'rotated', restarted: ['aeon-dt-api'] } });
    expect(world.run.states()).not.toContain('Wait for the work in progress');
  });

  it('is read by the slot that serves, whichever it is', async () => {
    const world = await rollout();
    world.cluster.slots.set('aeon-dt-api', 'green');
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'rotated' } });
  });
});

describe('a consumer that does not become ready', () => {
  it('undoes the rotation, and whoever was restarted reads the former version again', async () => {
    const world = await rollout();
    world.cluster.breaks = { service: 'aeon-dt-worker', versionId: 'v2' };
    expect(await world.run.result()).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        outcome: 'undone',
        reason:
          'aeon-dt-worker did not become ready with the new version. Pod aeon-dt-worker-1 is not ready within 600 s.',
        restarted: ['aeon-dt-api', 'aeon-dt-worker'],
        remarks: [],
      },
    });
    expect(world.undone).toEqual([
      { plan: rotation, request: input, reason: expect.stringContaining('did not become ready') },
    ]);
    expect(world.cluster.written).toEqual([
      'aeon-dt-api v2',
      'aeon-dt-worker v2',
      'aeon-dt-api v1',
      'aeon-dt-worker v1',
    ]);
    expect(world.published.at(-1)).toMatchObject({ severity: 'warning' });
    expect(await world.interlock.list()).toEqual([]);
  });

  it('leaves alone who was not restarted yet', async () => {
    const world = await rollout();
    world.cluster.breaks = { service: 'aeon-dt-api', versionId: 'v2' };
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'undone', restarted: ['aeon-dt-api'] } });
    expect(world.cluster.versionOf('aeon-dt-worker')).toBeUndefined();
  });

  it('is told when it is not ready with the former version either', async () => {
    const world = await rollout();
    world.cluster.breaks = { service: 'aeon-dt-api', versionId: 'v2' };
    const run = world.run;
    run.kernel.after(605_000, 'the former version breaks it too', () => {
      world.cluster.breaks = { service: 'aeon-dt-api', versionId: 'v1' };
    });
    expect(await run.result()).toMatchObject({
      output: {
        outcome: 'undone',
        remarks: [expect.stringContaining('aeon-dt-api is not ready with the former version either')],
      },
    });
    expect(world.published.at(-1)?.message).toContain('Remark: aeon-dt-api is not ready');
  });
});

describe('what goes wrong', () => {
  const tasks = [
    'read-rotation',
    'claim-work',
    'restart-consumer',
    'look-at-consumer',
    'tell-rotation',
    'release-work',
  ];

  it.each(tasks)('%s fails once: it is delivered again', async (broken) => {
    const seen = new Set<string>();
    const world = await rollout({
      instead: (task) => {
        if (task !== broken || seen.has(task)) return undefined;
        seen.add(task);
        return { error: 'Lambda.Unknown' };
      },
    });
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'rotated' } });
  });

  it.each(['restart-consumer', 'look-at-consumer'])('%s fails for good: the rotation is undone', async (broken) => {
    const world = await rollout({
      instead: (task) => (task === broken ? { error: 'ClusterRefused', message: '403' } : undefined),
    });
    expect(await world.run.result()).toMatchObject({
      output: {
        outcome: 'undone',
        reason: 'ClusterRefused: 403',
        remarks: [expect.stringMatching(/^aeon-dt-api could not be (brought back|looked at): ClusterRefused: 403$/)],
      },
    });
    expect(await world.interlock.list()).toEqual([]);
  });

  it('the undo fails: a person is told, and the claim is given back', async () => {
    const world = await rollout({
      instead: (task) => (task === 'undo-rotation' ? { error: 'ServerUnreachable', message: 'no answer' } : undefined),
    });
    world.cluster.breaks = { service: 'aeon-dt-api', versionId: 'v2' };
    expect(await world.run.result()).toMatchObject({
      status: 'FAILED',
      error: 'ServerUnreachable',
      cause: 'no answer',
    });
    expect(world.published.at(-1)).toMatchObject({ severity: 'critical' });
    expect(world.published.at(-1)?.message).toContain('Remark: aeon-dt-api did not become ready');
    expect(await world.interlock.list()).toEqual([]);
  });

  it('the plan cannot be read: a person is told', async () => {
    const world = await rollout({
      instead: (task) => (task === 'read-rotation' ? { error: 'AwsRefused' } : undefined),
    });
    expect(await world.run.result()).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
    expect(world.published.at(-1)).toMatchObject({ severity: 'critical' });
    // The watchdog finds it: nobody here knows whose it is.
    expect(await world.interlock.list()).toHaveLength(3);
  });

  it('a claim that lapsed and went to a promotion is waited for', async () => {
    const world = await rollout();
    await world.interlock.release(holder, subjects);
    const promotion = {
      subjects: subjects.slice(1, 2),
      work: 'promotion',
      holder: 'arn:run',
      forSeconds: 36_000,
    } as const;
    await world.interlock.claim(promotion);
    world.kernel.after(300_000, 'the promotion ends', () => {
      void world.interlock.release('arn:run', promotion.subjects);
    });
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'rotated' } });
    expect(world.run.states().filter((state) => state === 'Wait for the work in progress')).toHaveLength(5);
  });

  it('is waited for half an hour at most: a consumer with a former password is worse', async () => {
    const world = await rollout();
    await world.interlock.release(holder, subjects);
    await world.interlock.claim({ subjects: ['platform'], work: 'failover', holder: 'arn:run', forSeconds: 36_000 });
    const startedAt = world.kernel.now();
    expect(await world.run.result()).toMatchObject({ output: { outcome: 'rotated' } });
    expect(world.kernel.now() - startedAt).toBeLessThan(35 * 60_000);
  });
});

describe('what is refused, with nothing changed', () => {
  it.each<[string, Json]>([
    ['a text', 'password'],
    ['an input without versions', { secret: 'password' }],
    ['a field that nobody knows', { ...input, force: true }],
  ])('%s', async (_case, given) => {
    const world = await rollout({ given });
    expect(await world.run.result()).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(world.cluster.written).toEqual([]);
  });

  it('a secret that does not rotate', async () => {
    const world = await rollout({ given: { ...input, secret: 'other' } });
    expect(await world.run.result()).toMatchObject({ status: 'FAILED', error: 'InvalidRotationPlan' });
    expect(world.cluster.written).toEqual([]);
  });
});
