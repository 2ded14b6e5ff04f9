import { describe, expect, it } from 'vitest';
import { rotationRetryMilliseconds } from '../../../rehearsal/aws/durations.ts';
import { rotationScheduleOf } from '../../../rehearsal/aws/secretsmanager-schedule.ts';
import {
  day,
  hour,
  permission,
  type Rotator,
  rotates,
  rotator,
  type SecretsWorld,
  schedule,
  secret,
  secretsWorld,
} from './secrets-world.ts';

const monthly = { ScheduleExpression: 'rate(30 days)', Duration: '3h' };
const later = { RotateImmediatelyOnUpdate: false };
const scheduled = { Secret: secret, Permission: permission, Schedule: schedule(monthly, later) };

const rotate = (world: SecretsWorld, more: object = {}) => world.ask('RotateSecret', { SecretId: 'login', ...more });
const stepsOf = ({ rehearsal }: SecretsWorld) =>
  rehearsal.log.events
    .filter(({ kind }) => kind === 'rotation.step')
    .map(({ step, outcome }) => `${step}${outcome === 'ok' ? '' : ' failed'}`);
const endOf = ({ rehearsal }: SecretsWorld) => rehearsal.log.events.findLast(({ kind }) => kind === 'rotation.ended');
const retries = rotationRetryMilliseconds.reduce((sum, pause) => sum + pause, 0) + 60_000;

/** Fails a step as often as told, after having done it or before. */
function failing(step: string, times: number, when: 'before' | 'after'): Rotator {
  let left = times;
  return async (call, world) => {
    const fails = call.Step === step && left-- > 0;
    if (fails && when === 'before') throw new Error(`${step} fails`);
    await rotates(call, world);
    if (fails) throw new Error(`${step} fails`);
  };
}

describe('a rotation', () => {
  it('goes through its four steps with one token and ends with the new version current', async () => {
    const world = await secretsWorld(scheduled);
    const before = (await world.ask('GetSecretValue', { SecretId: 'login' }))['VersionId'];
    const { VersionId: token } = await rotate(world);
    expect(world.labels()).toEqual({ [before]: ['AWSCURRENT'], [token]: ['AWSPENDING'] });
    await expect(world.ask('GetSecretValue', { SecretId: 'login', VersionId: token })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await world.wait(60_000);
    expect(stepsOf(world).slice(1)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
    expect(world.labels()).toEqual({ [before]: ['AWSPREVIOUS'], [token]: ['AWSCURRENT'] });
    expect(endOf(world)).toMatchObject({ outcome: 'succeeded', attempts: 1 });
    expect((await world.ask('DescribeSecret', { SecretId: 'login' }))['LastRotatedDate']).toBeInstanceOf(Date);
  });

  it('needs a function and rules', async () => {
    const world = await secretsWorld({ Secret: secret, Permission: permission });
    await expect(rotate(world)).rejects.toThrow('No Lambda rotation function ARN');
    await expect(rotate(world, { RotationLambdaARN: rotator })).rejects.toThrow('RotationRules are needed');
    await rotate(world, { RotationLambdaARN: rotator, RotationRules: { AutomaticallyAfterDays: 30 } });
    await world.wait(60_000);
    expect(endOf(world)).toMatchObject({ outcome: 'succeeded' });
  });

  it('needs a function that Secrets Manager may invoke', async () => {
    await expect(
      secretsWorld({
        ...scheduled,
        Permission: { ...permission, Properties: { ...permission.Properties, Principal: 'events.amazonaws.com' } },
      }),
    ).rejects.toThrow(/cannot invoke the specified Lambda function/);
  });

  it.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])(
    'is tried again as a whole, with the same token, when %s fails once before or after its work',
    async (step) => {
      for (const when of ['before', 'after'] as const) {
        const world = await secretsWorld(scheduled, failing(step, 1, when));
        const { VersionId: token } = await rotate(world);
        await world.wait(retries);
        expect(endOf(world)).toMatchObject({ outcome: 'succeeded', attempts: 2, versionId: token });
        expect(stepsOf(world)).toContain(`${step} failed`);
      }
    },
  );

  it('that goes on failing leaves AWSPENDING behind; the next request is refused and tries it again', async () => {
    const world = await secretsWorld(scheduled, failing('testSecret', rotationRetryMilliseconds.length + 1, 'before'));
    const { VersionId: token } = await rotate(world);
    await world.wait(retries);
    expect(endOf(world)).toMatchObject({ outcome: 'failed', step: 'testSecret', reason: 'Error: testSecret fails' });
    expect(world.labels()[token]).toEqual(['AWSPENDING']);
    await expect(rotate(world)).rejects.toThrow(
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
    await world.wait(retries);
    expect(endOf(world)).toMatchObject({ outcome: 'succeeded', versionId: token });
  });

  it('whose function made no version ends at once, with the empty one left behind', async () => {
    const world = await secretsWorld(scheduled, () => undefined);
    const { VersionId: token } = await rotate(world);
    await world.wait(60_000);
    expect(endOf(world)).toMatchObject({
      outcome: 'failed',
      attempts: 1,
      reason: expect.stringMatching(/^Pending secret version .* was not created by Lambda/),
    });
    expect(world.labels()[token]).toEqual(['AWSPENDING']);
    await world.ask('UpdateSecretVersionStage', {
      SecretId: 'login',
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: token,
    });
    expect(world.labels()).not.toHaveProperty(token);
    await expect(rotate(world)).resolves.toHaveProperty('VersionId');
  });

  it('can be cancelled: no further step, no schedule', async () => {
    const world = await secretsWorld(scheduled, failing('setSecret', 9, 'before'));
    const { VersionId: token } = await rotate(world);
    await world.wait(10_000);
    expect(await world.ask('CancelRotateSecret', { SecretId: 'login' })).toMatchObject({ VersionId: token });
    await world.wait(retries);
    expect(endOf(world)).toMatchObject({ outcome: 'cancelled' });
    expect((await world.ask('DescribeSecret', { SecretId: 'login' }))['RotationEnabled']).toBe(false);
  });

  it('asked for twice with one token is one rotation', async () => {
    const world = await secretsWorld(scheduled);
    const ClientRequestToken = 'a'.repeat(36);
    await rotate(world, { ClientRequestToken });
    await rotate(world, { ClientRequestToken });
    await world.wait(60_000);
    expect(stepsOf(world).slice(1)).toHaveLength(4);
  });
});

describe('a schedule', () => {
  it('tests the function when it is set without a rotation, and leaves no version behind', async () => {
    const world = await secretsWorld(scheduled);
    expect(stepsOf(world)).toEqual(['testSecret']);
    expect(Object.values(world.labels())).toEqual([['AWSCURRENT']]);
  });

  it('rotates at once unless told otherwise', async () => {
    const world = await secretsWorld({ ...scheduled, Schedule: schedule(monthly) });
    await world.wait(60_000);
    expect(endOf(world)).toMatchObject({ outcome: 'succeeded' });
  });

  it('rotates in each window, at a moment of its own', async () => {
    const world = await secretsWorld(scheduled);
    await world.wait(61 * day);
    const began = world.rehearsal.log.events.filter(({ kind }) => kind === 'rotation.started').map(({ at }) => at);
    const opens = [Date.UTC(2026, 1, 4), Date.UTC(2026, 2, 6)];
    expect(began).toHaveLength(2);
    for (const [index, at] of began.entries()) {
      expect(at).toBeGreaterThanOrEqual(opens[index] ?? 0);
      expect(at).toBeLessThan((opens[index] ?? 0) + 3 * hour);
    }
  });

  it('finishes in the next window what was left behind in the one before', async () => {
    const world = await secretsWorld(scheduled, failing('testSecret', rotationRetryMilliseconds.length + 1, 'before'));
    await world.wait(31 * day);
    const left = endOf(world);
    expect(left).toMatchObject({ outcome: 'failed' });
    await world.wait(30 * day);
    expect(endOf(world)).toMatchObject({ outcome: 'succeeded', versionId: left?.['versionId'] });
  });

  it('that is missed leaves NextRotationDate in the past', async () => {
    const world = await secretsWorld(scheduled);
    world.secrets.rotation.missNextWindow(world.secrets.store.require('us-east-1', 'login'));
    await world.wait(31 * day);
    expect(endOf(world)).toBeUndefined();
    const { NextRotationDate: next } = await world.ask('DescribeSecret', { SecretId: 'login' });
    expect(next.getTime()).toBeLessThan(world.rehearsal.kernel.now());
    await world.wait(30 * day);
    expect(endOf(world)).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('rotation rules', () => {
  const monday = Date.UTC(2026, 0, 5, 9, 0, 0);
  const window = (rules: object) => {
    const next = rotationScheduleOf(rules)(monday);
    return next && [new Date(next.opensAt).toISOString(), (next.closesAt - next.opensAt) / hour];
  };

  it.each([
    [{ AutomaticallyAfterDays: 30 }, '2026-02-04T00:00:00.000Z', 24],
    [{ ScheduleExpression: 'rate(30 days)', Duration: '3h' }, '2026-02-04T00:00:00.000Z', 3],
    [{ ScheduleExpression: 'rate(4 hours)' }, '2026-01-05T12:00:00.000Z', 1],
    [{ ScheduleExpression: 'cron(0 2 1 * ? *)', Duration: '4h' }, '2026-02-01T02:00:00.000Z', 4],
    [{ ScheduleExpression: 'cron(0 22 ? * SUN *)' }, '2026-01-11T22:00:00.000Z', 2],
    [{ ScheduleExpression: 'cron(0 */6 * * ? *)' }, '2026-01-05T12:00:00.000Z', 1],
  ])('%j open at %s for %s hours', (rules, opensAt, hours) => {
    expect(window(rules)).toEqual([opensAt, hours]);
  });

  it.each([
    [{}, 'need AutomaticallyAfterDays or ScheduleExpression'],
    [{ AutomaticallyAfterDays: 0 }, 'within 1-1000'],
    [{ AutomaticallyAfterDays: 30, ScheduleExpression: 'rate(3 days)' }, 'not both'],
    [{ ScheduleExpression: 'rate(3 hours)' }, 'at most every 4 hours'],
    [{ ScheduleExpression: 'rate(10 minutes)' }, 'neither rate'],
    [{ ScheduleExpression: 'cron(30 2 1 * ? *)' }, 'minutes 0'],
    [{ ScheduleExpression: 'cron(0 22 1 * ? *)', Duration: '3h' }, 'next UTC day'],
    [{ ScheduleExpression: 'rate(30 days)', Duration: '90m' }, 'not of the form 3h'],
  ])('%j are refused', (rules, message) => {
    expect(() => window(rules)).toThrow(message);
  });
});
