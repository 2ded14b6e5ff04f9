import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RotationPlan } from '../../domain/rotation.ts';
import { rotationSteps } from '../../domain/rotation.ts';
import { postgresServer } from '../../lambdas/postgres/login-server.ts';
import { rotate } from '../../lambdas/rotation/steps.ts';
import { undoRotation } from '../../lambdas/rotation/undo-rotation.ts';
import { watchRotations } from '../../lambdas/rotation/watch-rotations.ts';
import { World } from '../lambdas/rotation/world.ts';
import { plainSessions, RealServer } from './server.ts';

let real: RealServer;
const server = postgresServer(plainSessions);

beforeAll(async () => {
  real = await RealServer.start();
});
afterAll(() => real?.stop());

const masterPlan: RotationPlan = {
  environment: 'aeon',
  secret: 'shop-master',
  secretName: 'mainstay/aeon/databases/shop/master',
  kind: 'postgres',
  users: 'single',
  everyDays: 30,
  opens: 'shop',
  consumers: [],
  overlapSeconds: 0,
};

let users = 0;

/** A store of secrets before the real server, with one user's secret and the master's. */
async function shop(mode: RotationPlan['users']) {
  const user = `user_${++users}`;
  await real.run(real.superuser, `CREATE ROLE ${user} LOGIN PASSWORD 'hush-first'`);
  const world = new World();
  const plan: RotationPlan = {
    ...masterPlan,
    secret: user,
    secretName: `mainstay/aeon/secrets/${user}`,
    users: mode,
    ...(mode === 'alternating' ? { superuserSecretName: masterPlan.secretName } : {}),
  };
  const common = { engine: 'postgres', host: '127.0.0.1', port: real.port, dbname: 'shop' };
  world.plan(plan);
  world.plan(masterPlan);
  world.put(plan.secretName, { ...common, username: user, password: 'hush-first' });
  world.put(masterPlan.secretName, { ...common, username: real.superuser.user, password: real.superuser.password });
  const ports = { ...world.ports(), servers: { postgres: server } };
  const step = (of: RotationPlan, Step: (typeof rotationSteps)[number], token: string) =>
    rotate(
      { Step, SecretId: of.secretName, ClientRequestToken: token },
      { environment: 'aeon', secret: of.secret, kinds: ['postgres'] },
      ports,
    );
  const rotation = async (of: RotationPlan, token: string): Promise<void> => {
    world.announce(of.secretName, token);
    for (const each of rotationSteps) await step(of, each, token);
    world.endRollouts();
  };
  const loginAt = (of: RotationPlan, stage: string) => {
    const value = world.valueAt(of.secretName, stage) ?? {};
    return real.login(String(value['username']), String(value['password']));
  };
  return { world, plan, ports, user, step, rotation, loginAt };
}

describe('rotations of a real PostgreSQL', () => {
  it('by turns, while the master’s own secret rotates too', async () => {
    const { world, plan, user, rotation, loginAt } = await shop('alternating');
    for (const round of [1, 2, 3, 4]) {
      await rotation(plan, `users-${round}`);
      if (round === 2) {
        await rotation(masterPlan, 'masters-1');
        expect(await server.canLogIn(real.superuser)).toBe(false);
      }
      const current = loginAt(plan, 'AWSCURRENT');
      expect(current.user).toBe(round % 2 === 1 ? `${user}_clone` : user);
      expect(await Promise.all([current, loginAt(plan, 'AWSPREVIOUS')].map((each) => server.canLogIn(each)))).toEqual([
        true,
        true,
      ]);
    }
    const now = world.valueAt(masterPlan.secretName, 'AWSCURRENT')?.['password'];
    await real.run(real.login(real.superuser.user, String(now)), `ALTER ROLE mainstay_master PASSWORD 'mastersfirst'`);
  });

  it('of one user, and back', async () => {
    const { plan, ports, rotation, loginAt } = await shop('single');
    const before = loginAt(plan, 'AWSCURRENT');
    await rotation(plan, 'version-2');
    const after = loginAt(plan, 'AWSCURRENT');
    expect([await server.canLogIn(before), await server.canLogIn(after)]).toEqual([false, true]);
    const request = { secret: plan.secret, versionId: 'version-2', previousVersionId: `${plan.secretName}-v1` };
    await undoRotation({ plan, request, reason: 'consumers do not become ready' }, ports);
    expect([await server.canLogIn(before), await server.canLogIn(after)]).toEqual([true, false]);
    expect(loginAt(plan, 'AWSCURRENT')).toEqual(before);
  });

  it('whose connection breaks between publication and commit: what is current opens', async () => {
    const { world, plan, ports, step, loginAt, user } = await shop('single');
    const { moveStage } = world.secretVersions;
    const breaking: typeof moveStage = async (...given) => {
      await moveStage(...given);
      if (given[2].to === 'version-2')
        await real.asOwner('shop', [
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}' AND state = 'idle in transaction'`,
        ]);
    };
    Object.assign(ports.secrets, { moveStage: breaking });
    world.announce(plan.secretName, 'version-2');
    await step(plan, 'createSecret', 'version-2');
    await expect(step(plan, 'setSecret', 'version-2')).rejects.toMatchObject({ name: 'ServerUnreachable' });
    expect(world.stages(plan.secretName)['AWSCURRENT']).toBe(`${plan.secretName}-v1`);
    expect(await server.canLogIn(loginAt(plan, 'AWSCURRENT'))).toBe(true);
    Object.assign(ports.secrets, { moveStage });
    world.now += 15 * 60_000;
    const { findings } = await watchRotations('aeon', ports);
    expect(findings).toMatchObject([{ secret: user, found: 'pending-left', did: 'finished' }]);
    expect(await server.canLogIn(loginAt(plan, 'AWSCURRENT'))).toBe(true);
  });

  it('leave no password in the server’s log, which has every statement', () => {
    const log = real.log.join('');
    expect(log).toContain('SCRAM-SHA-256$4096:');
    expect(log).not.toMatch(/hush-made/);
  });
});
