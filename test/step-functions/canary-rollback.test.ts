import { describe, expect, it } from 'vitest';
import { execution, held, newImage, oldImage, World } from '../lambdas/world.ts';
import { runWorkflow } from './run.ts';

const alarm = {
  alarmName: 'mainstay/aeon/aeon-dt-api/green/errors',
  state: 'ALARM',
  reason: '62 % errors',
  time: '2026-11-02T09:05:00Z',
};
const person = { service: 'aeon-dt-api', reason: 'customers call', requestedBy: 'ada' };

/** A promotion that has the canary at 50 %. */
function halfway(): World {
  const world = new World();
  held(world);
  Object.assign(world.slots.green, { image: newImage, replicas: 5, available: 5, epoch: 2 });
  world.route.weights = { blue: 50, green: 50 };
  world.executions.set(execution.arn, {
    status: 'RUNNING',
    input: JSON.stringify({ service: 'aeon-dt-api', tag: 't' }),
  });
  return world;
}

describe('an alarm while a promotion runs', () => {
  it('returns the traffic within two calls, stops the promotion and restores exactly', async () => {
    const world = halfway();
    const run = runWorkflow(world, alarm, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'rolled-back', reason: 'Alarm mainstay/aeon/aeon-dt-api/green/errors: 62 % errors' },
    });
    expect(run.states().slice(0, 4)).toEqual([
      'Take the release over',
      'What is to be rolled back?',
      'Return traffic to stable',
      'Stop the promotion',
    ]);
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
    expect(world.slots.green).toMatchObject({ image: oldImage.replace('old', 'older'), replicas: 0 });
    expect(world.slots.blue).toMatchObject({ image: oldImage, replicas: 5 });
    expect(world.executions.get(execution.arn)?.status).toBe('ABORTED');
    expect(world.record.promotion).toBeUndefined();
    expect(world.published.at(-1)).toMatchObject({ severity: 'warning' });
  });

  it('restores although the promotion cannot be stopped: it is fenced', async () => {
    const world = halfway();
    const run = runWorkflow(world, alarm, {
      workflow: 'canary-rollback',
      instead: (task) => (task === 'stop-promotion' ? { error: 'AwsRefused' } : undefined),
    });
    expect(await run.result()).toMatchObject({
      output: { outcome: 'rolled-back', remarks: ['The promotion could not be stopped: AwsRefused'] },
    });
    expect(world.record.promotion).toBeUndefined();
  });

  it('keeps trying for traffic while the cluster does not answer', async () => {
    const world = halfway();
    const run = runWorkflow(world, alarm, {
      workflow: 'canary-rollback',
      instead: (task, _payload, attempt) =>
        task === 'return-traffic' && attempt <= 8 ? { error: 'ClusterUnavailable' } : undefined,
    });
    expect(await run.result()).toMatchObject({ output: { outcome: 'rolled-back' } });
  });

  it('tells a person when it cannot', async () => {
    const world = halfway();
    const run = runWorkflow(world, alarm, {
      workflow: 'canary-rollback',
      instead: (task) => (task === 'return-traffic' ? { error: 'ClusterRefused', message: '403' } : undefined),
    });
    expect(await run.result()).toMatchObject({ status: 'FAILED', error: 'ClusterRefused' });
    expect(world.published.at(-1)).toMatchObject({ severity: 'critical' });
    expect(world.record.promotion).toBeDefined();
  });

  it('tells a person also when it does not even learn which service it is about', async () => {
    const world = halfway();
    const run = runWorkflow(world, alarm, {
      workflow: 'canary-rollback',
      instead: (task) => (task === 'take-over' ? { error: 'AwsRefused', message: 'denied' } : undefined),
    });
    expect(await run.result()).toMatchObject({ status: 'FAILED', error: 'AwsRefused', cause: 'denied' });
    expect(world.published.at(-1)).toMatchObject({ severity: 'critical' });
  });
});

describe('the claim of the promotion', () => {
  const claim = (world: World) =>
    world.interlock.claim({
      work: 'promotion',
      holder: execution.arn,
      subjects: ['service/aeon-dt-api'],
      forSeconds: 36_000,
    });
  const ended = { executionArn: execution.arn, status: 'ABORTED' };

  it('is given back when its rollback has ended', async () => {
    const world = halfway();
    await claim(world);
    const run = runWorkflow(world, alarm, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({ output: { outcome: 'rolled-back' } });
    expect(await world.interlock.list()).toEqual([]);
  });

  it('is given back although the rollback failed', async () => {
    const world = halfway();
    await claim(world);
    const run = runWorkflow(world, alarm, {
      workflow: 'canary-rollback',
      instead: (task) => (task === 'return-traffic' ? { error: 'ClusterRefused' } : undefined),
    });
    expect(await run.result()).toMatchObject({ error: 'ClusterRefused' });
    expect(await world.interlock.list()).toEqual([]);
  });

  it('is given back when it was stopped before it took the release', async () => {
    const world = new World();
    world.executions.set(execution.arn, { status: 'ABORTED', input: '{"service":"aeon-dt-api","tag":"t"}' });
    await claim(world);
    const run = runWorkflow(world, ended, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({ output: { outcome: 'nothing' } });
    expect(await world.interlock.list()).toEqual([]);
  });

  it('stays while another rollback of it is at work', async () => {
    const world = halfway();
    await claim(world);
    const { promotion } = world.record;
    if (!promotion) throw new Error('not held');
    const other = 'arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-canary-rollback:other';
    world.executions.set(other, { status: 'RUNNING', input: '{}' });
    const rollback = { executionArn: other, reason: 'alarm', startedAt: '2026-11-02T09:00:00Z' };
    world.record = { ...world.record, promotion: { ...promotion, phase: 'rolling-back', rollback } };
    const run = runWorkflow(world, ended, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({ output: { outcome: 'nothing' } });
    expect(await world.interlock.list()).toHaveLength(1);
  });

  it('is not waited for: a rollback begins whatever is at work', async () => {
    const world = halfway();
    await world.interlock.claim({ work: 'failover', holder: 'move', subjects: ['platform'], forSeconds: 3600 });
    const run = runWorkflow(world, alarm, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({ output: { outcome: 'rolled-back' } });
    expect(await world.interlock.list()).toHaveLength(1);
  });
});

describe('nothing to roll back', () => {
  it('ends well, and changes nothing', async () => {
    const world = new World();
    const run = runWorkflow(world, alarm, { workflow: 'canary-rollback' });
    expect(await run.result()).toEqual({
      status: 'SUCCEEDED',
      output: { outcome: 'nothing', reason: 'No promotion holds the service.' },
    });
    expect(world.writes).toBe(0);
  });
});

/** After a promotion: green serves the new release, blue keeps the old one with no replicas. */
function promotedWorld(): World {
  const world = new World();
  world.record = {
    epoch: 2,
    stableSlot: 'green',
    stableDigest: 'sha256:new',
    stableTag: 'new',
    previous: { slot: 'blue', digest: 'sha256:old', tag: 'old' },
  };
  world.slots.green = { image: newImage, replicas: 6, available: 6, epoch: 2, version: 4 };
  world.slots.blue = { image: oldImage, replicas: 0, available: 0, epoch: 1, version: 4 };
  world.route.weights = { blue: 0, green: 100 };
  return world;
}

describe('a person after a promotion', () => {
  it('goes back to the previous release at full size', async () => {
    const world = promotedWorld();
    const run = runWorkflow(world, person, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({
      output: { outcome: 'rolled-back', reason: 'ada: customers call', tag: 'old', digest: 'sha256:old' },
    });
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
    expect(world.slots).toMatchObject({
      blue: { image: oldImage, replicas: 6 },
      green: { image: newImage, replicas: 0 },
    });
    expect(world.record).toEqual({
      epoch: 3,
      stableSlot: 'blue',
      stableDigest: 'sha256:old',
      stableTag: 'old',
    });
  });

  it('does not go forward again when the rollback is started twice', async () => {
    const world = promotedWorld();
    await runWorkflow(world, person, { workflow: 'canary-rollback' }).result();
    const second = await runWorkflow(world, person, { workflow: 'canary-rollback' }).result();
    expect(second).toMatchObject({ output: { outcome: 'nothing' } });
    expect(world.record).toMatchObject({ stableDigest: 'sha256:old' });
  });

  it('keeps the present release when the previous one does not come up', async () => {
    const world = promotedWorld();
    world.pods.blue = [{ name: 'p', image: oldImage, ready: false, restarts: 2, waitingReason: 'ImagePullBackOff' }];
    const run = runWorkflow(world, person, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({
      output: {
        outcome: 'failed',
        reason: 'The previous version does not come up: Pod p cannot pull its image (ImagePullBackOff).',
      },
    });
    expect(world.route.weights).toEqual({ blue: 0, green: 100 });
    expect(world.slots.green).toMatchObject({ image: newImage, replicas: 6 });
    expect(world.record).toMatchObject({ stableSlot: 'green', stableDigest: 'sha256:new' });
    expect(world.record.promotion).toBeUndefined();
  });

  it('is refused for a service that does not exist', async () => {
    const run = runWorkflow(new World(), { ...person, service: 'nope' }, { workflow: 'canary-rollback' });
    expect(await run.result()).toMatchObject({ status: 'FAILED', error: 'UnknownService' });
  });
});
