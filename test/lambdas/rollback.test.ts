import { describe, expect, it } from 'vitest';
import { InvalidInput, PromotionSuperseded, UnknownService } from '../../domain/errors.ts';
import { shiftTraffic } from '../../lambdas/canary/shift-traffic.ts';
import { stopPromotion } from '../../lambdas/rollback/stop-promotion.ts';
import { takeOver } from '../../lambdas/rollback/take-over.ts';
import { execution, held, oldImage, plan, rollbackExecution, World } from './world.ts';

const parameters = {
  read: async (name: string) =>
    name === '/mainstay/aeon/services/aeon-dt-api/delivery' ? JSON.stringify(plan) : undefined,
  readUnder: async () => new Map([['/mainstay/aeon/services/aeon-dt-api/delivery', '{}']]),
};
const take = (world: World, input: unknown, by = rollbackExecution) =>
  takeOver({ input, execution: by }, { ...world, environment: 'aeon', parameters, executions: world.executionsPort });

const alarm = {
  alarmName: 'mainstay/aeon/aeon-dt-api/green/errors',
  state: 'ALARM',
  reason: '62 % errors',
  time: '2026-11-02T09:05:00Z',
};
const person = { service: 'aeon-dt-api', reason: 'customers call', requestedBy: 'ada' };
const ended = { executionArn: execution.arn, status: 'FAILED' };

describe('take-over by an alarm', () => {
  it('takes the promotion over, so that it can write nothing more', async () => {
    const world = new World();
    const promotion = held(world);
    const found = await take(world, alarm);
    expect(found).toMatchObject({
      found: 'promotion',
      reason: 'Alarm mainstay/aeon/aeon-dt-api/green/errors: 62 % errors',
      hold: { id: 'run-1', epoch: 3, stableSlot: 'blue', canarySlot: 'green' },
    });
    expect(world.record.promotion).toMatchObject({
      phase: 'rolling-back',
      rollback: { executionArn: rollbackExecution.arn },
    });
    await expect(shiftTraffic({ ...promotion, weightPercent: 10, fromPercent: 0, step: 0 }, world)).rejects.toThrow(
      PromotionSuperseded,
    );
  });

  it('lets the first of two win; the second finds it at work', async () => {
    const world = new World();
    held(world);
    const other = { name: 'back-2', arn: `${rollbackExecution.arn}-2` };
    await take(world, alarm);
    world.executions.set(rollbackExecution.arn, { status: 'RUNNING', input: '{}' });
    expect(await take(world, alarm, other)).toMatchObject({ found: 'nothing', hold: null, plan: null });
    expect(world.record.epoch).toBe(3);
  });

  it('takes over from a rollback that died', async () => {
    const world = new World();
    held(world);
    const other = { name: 'back-2', arn: `${rollbackExecution.arn}-2` };
    await take(world, alarm);
    world.executions.set(rollbackExecution.arn, { status: 'FAILED', input: '{}' });
    expect(await take(world, person, other)).toMatchObject({ found: 'promotion', hold: { epoch: 4 } });
  });

  it.each([
    ['no promotion runs', (_world: World) => {}, alarm],
    ['the alarm is quiet again', held, { ...alarm, state: 'OK' }],
    ['it is no alarm of a service', held, { ...alarm, alarmName: 'mainstay/aeon/cluster-cpu' }],
    ['it is of another environment', held, { ...alarm, alarmName: 'mainstay/aeon-staging/aeon-dt-api/green/errors' }],
    ['its service is gone', held, { ...alarm, alarmName: 'mainstay/aeon/gone/green/errors' }],
    ['it is late, of a promotion before this one', held, { ...alarm, time: '2026-11-02T08:59:00Z' }],
  ])('finds nothing when %s', async (_case, prepare, input) => {
    const world = new World();
    prepare(world);
    expect((await take(world, input)).found).toBe('nothing');
    expect(world.writes).toBe(0);
  });
});

describe('take-over by the end of an execution', () => {
  it('takes over what a promotion left when it failed', async () => {
    const world = new World();
    held(world);
    world.executions.set(execution.arn, {
      status: 'FAILED',
      input: JSON.stringify({ service: 'aeon-dt-api', tag: 't' }),
    });
    expect(await take(world, ended)).toMatchObject({ found: 'promotion' });
  });

  it('finds nothing when another promotion holds the service by now', async () => {
    const world = new World();
    held(world);
    const old = `${execution.arn}-old`;
    world.executions.set(old, { status: 'FAILED', input: JSON.stringify({ service: 'aeon-dt-api', tag: 't' }) });
    expect(await take(world, { ...ended, executionArn: old })).toMatchObject({ found: 'nothing' });
    expect(world.writes).toBe(0);
  });

  it('only gives the release back when the promotion had swapped the roles already', async () => {
    const world = new World();
    held(world);
    const { promotion } = world.record;
    if (!promotion) throw new Error('not held');
    world.record = { ...world.record, stableSlot: 'green', promotion: { ...promotion, phase: 'retiring' } };
    world.executions.set(execution.arn, {
      status: 'FAILED',
      input: JSON.stringify({ service: 'aeon-dt-api', tag: 't' }),
    });
    expect(await take(world, ended)).toMatchObject({ found: 'nothing' });
    expect(world.record).toMatchObject({ stableSlot: 'green' });
    expect(world.record.promotion).toBeUndefined();
  });

  it.each([
    ['an input that was none', 'no JSON'],
    ['an input without a service', '{"tag": "t"}'],
    ['a service that does not exist', '{"service": "nope", "tag": "t"}'],
  ])('finds nothing after a promotion with %s', async (_case, input) => {
    const world = new World();
    world.executions.set(execution.arn, { status: 'FAILED', input });
    expect(await take(world, ended)).toMatchObject({ found: 'nothing' });
  });
});

describe('take-over by a person', () => {
  it('rolls a promotion back as an alarm does', async () => {
    const world = new World();
    held(world);
    expect(await take(world, person)).toMatchObject({ found: 'promotion', reason: 'ada: customers call' });
  });

  it('goes back to the previous release after a promotion', async () => {
    const world = new World();
    world.record = {
      epoch: 7,
      stableSlot: 'green',
      stableDigest: 'sha256:bad',
      stableTag: 'bad',
      previous: { slot: 'blue', digest: 'sha256:old', tag: 'good' },
    };
    const repository = oldImage.split('@')[0];
    world.slots.green = { ...world.slots.green, image: `${repository}@sha256:bad`, replicas: 5 };
    world.slots.blue = { ...world.slots.blue, replicas: 0 };
    expect(await take(world, person)).toMatchObject({
      found: 'previous',
      hold: {
        id: 'back-1',
        epoch: 8,
        strategy: 'blue-green',
        canarySlot: 'blue',
        stableSlot: 'green',
        canaryTag: 'good',
      },
    });
    expect(world.record.promotion).toMatchObject({ canaryImage: oldImage, stableReplicas: 5 });
  });

  it('finds its own hold of the previous release when it is delivered twice', async () => {
    const world = new World();
    world.record = { ...world.record, previous: { slot: 'green', digest: 'sha256:older', tag: 'older' } };
    const first = await take(world, person);
    expect(first.found).toBe('previous');
    expect(await take(world, person)).toEqual(first);
    expect(world.record.epoch).toBe(2);
  });

  it('finds nothing when there is no previous release', async () => {
    expect(await take(new World(), person)).toMatchObject({ found: 'nothing' });
  });

  it('is told which services there are', async () => {
    await expect(take(new World(), { ...person, service: 'nope' })).rejects.toThrow(UnknownService);
  });

  it('is refused without a reason', async () => {
    await expect(take(new World(), { ...person, reason: '' })).rejects.toThrow(InvalidInput);
  });
});

describe('stop-promotion', () => {
  it('stops the promotion, and is content with one that has ended', async () => {
    const world = new World();
    const input = held(world);
    world.executions.set(execution.arn, { status: 'SUCCEEDED', input: '{}' });
    const ports = { ...world, executions: world.executionsPort };
    await stopPromotion({ ...input, execution: rollbackExecution, reason: 'alarm' }, ports);
    expect(world.executions.get(execution.arn)?.status).toBe('SUCCEEDED');
  });

  it('does not stop itself', async () => {
    const world = new World();
    const input = held(world);
    const ports = { ...world, executions: world.executionsPort };
    expect(await stopPromotion({ ...input, execution, reason: 'gave up' }, ports)).toEqual({ stopped: null });
  });
});
