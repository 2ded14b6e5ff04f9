import { describe, expect, it } from 'vitest';
import { verifies } from '../../../domain/rotation-keys.ts';
import { plans, secretName, superuserName, worldOf } from './cases.ts';
import type { World } from './world.ts';

const token = (digit: number): string => `${digit}`.repeat(36);
const { alternating, single, keys } = plans;

describe('the values of a login', () => {
  it('of two users take turns; every other field goes on', async () => {
    const world = worldOf(alternating);
    await world.rotateAll(alternating, token(1));
    expect(world.valueAt(secretName, 'AWSCURRENT')).toEqual({
      engine: 'postgres',
      host: 'db.example',
      port: 5432,
      dbname: 'shop',
      username: 'shop_clone',
      password: 'hush-made1',
      note: 'kept',
    });
    world.endRollouts();
    await world.rotateAll(alternating, token(2));
    expect(world.valueAt(secretName, 'AWSCURRENT')).toMatchObject({ username: 'shop', password: 'hush-made2' });
    expect([...world.passwords]).toEqual([
      ['master', 'hush-master'],
      ['shop', 'hush-made2'],
      ['shop_clone', 'hush-made1'],
    ]);
  });

  it('of two users leave the one in use its password until the other is current', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token(1));
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      await world.step(alternating, step, token(1));
      expect(world.opens({ user: 'shop', password: 'hush-first' })).toBe(true);
    }
  });

  it('of a single user are current in the moment in which they open', async () => {
    const world = worldOf(single);
    world.announce(secretName, token(1));
    await world.step(single, 'createSecret', token(1));
    expect(world.stages(secretName)['AWSCURRENT']).toBe(`${secretName}-v1`);
    await world.step(single, 'setSecret', token(1));
    expect(world.stages(secretName)).toEqual({
      AWSCURRENT: token(1),
      AWSPENDING: token(1),
      AWSPREVIOUS: `${secretName}-v1`,
    });
    expect(world.currentOpens(secretName)).toBe(true);
  });

  it('of a single user whose current password opens no more are set with the one before', async () => {
    const world = worldOf(single);
    await world.rotateAll(single, token(1));
    world.endRollouts();
    world.passwords.set('shop', 'hush-first');
    expect(await world.rotateAll(single, token(2))).toBe(true);
    expect(world.currentOpens(secretName)).toBe(true);
  });

  it('go to the server that answers in this region, and keep its name of the other', async () => {
    const plan = { ...alternating, endpointParameter: '/mainstay/aeon/databases/shop/endpoint' };
    const world = worldOf(plan);
    world.parameters.set(plan.endpointParameter, '{"host": "standby.example", "port": 5433}');
    const hosts = new Set<string>();
    const { canLogIn } = world.server;
    Object.assign(world.server, {
      canLogIn: (login: Parameters<typeof canLogIn>[0]) => {
        hosts.add(`${login.host}:${login.port}`);
        return canLogIn(login);
      },
    });
    expect(await world.rotateAll(plan, token(1))).toBe(true);
    expect([...hosts]).toEqual(['standby.example:5433']);
    expect(world.valueAt(secretName, 'AWSCURRENT')).toMatchObject({ host: 'db.example' });
    world.endRollouts();
    // A failover has written its own server into the superuser's secret already.
    world.put(superuserName, { ...world.valueAt(superuserName, 'AWSCURRENT'), host: 'standby.example', port: 5433 });
    expect(await world.rotateAll(plan, token(2))).toBe(true);
  });
});

describe('the values of a key', () => {
  const day = 86_400_000;

  /** Ids of the keys that verify in a version, and of the one that signs. */
  function keysAt(world: World, stage: string) {
    const { keys: all = [] } = world.valueAt(secretName, stage) as { keys?: never[] };
    return all as { id: string; key: string; createdAt: string; verifiesUntil?: string }[];
  }

  it('begin with the generated one, which keeps signing until everybody knows the next', async () => {
    const world = worldOf(keys);
    await world.rotateAll(keys, token(1));
    expect(world.valueAt(secretName, 'AWSCURRENT')).toEqual({
      key: 'hush-key',
      keys: [
        { id: `${secretName}-v1`, key: 'hush-key', createdAt: '2026-11-20T10:00:00.000Z' },
        { id: token(1), key: 'hush-made1', createdAt: '2026-11-20T10:00:00.000Z' },
      ],
    });
  });

  it('are known to the version before by the time they sign, and the former is known to the version after', async () => {
    const world = worldOf(keys);
    await world.rotateAll(keys, token(1));
    for (const round of [2, 3, 4]) {
      world.now += 90 * day;
      await world.rotateAll(keys, token(round));
      const [before, after] = [keysAt(world, 'AWSPREVIOUS'), keysAt(world, 'AWSCURRENT')];
      const at = new Date(world.now);
      expect(after[0]?.id).not.toBe(before[0]?.id);
      expect(verifies(before, `${after[0]?.id}`, at)).toBe(true);
      expect(verifies(after, `${before[0]?.id}`, at)).toBe(true);
      expect(verifies(after, `${before[0]?.id}`, new Date(world.now + day))).toBe(false);
      expect(after).toHaveLength(3);
    }
  });
});
