import { describe, expect, it } from 'vitest';
import { type RotationPlan, rotationSteps } from '../../domain/rotation.ts';
import type { LoginKind } from '../../domain/rotation-work.ts';
import type { LoginServer, ServerLogin } from '../../lambdas/ports/rotation.ts';
import { rotate } from '../../lambdas/rotation/steps.ts';
import { undoRotation } from '../../lambdas/rotation/undo-rotation.ts';
import { watchRotations } from '../../lambdas/rotation/watch-rotations.ts';
import { Died, World } from '../lambdas/rotation/world.ts';

/** A real server and what its tests need of it. */
export interface RealService {
  readonly kind: LoginKind;
  readonly server: LoginServer;
  readonly superuser: ServerLogin;
  login(user: string, password: string): ServerLogin;
  /** A user with some right. */
  makeUser(user: string, password: string): Promise<void>;
}

const superuserName = 'mainstay/aeon/databases/shop/master';
let users = 0;

/** A store of secrets before the real server, with one user's secret and the superuser's. */
export async function shop(real: RealService, users_: RotationPlan['users'], superuser = true) {
  const user = `user_${++users}`;
  await real.makeUser(user, 'hush-first');
  const world = new World();
  world.transactional = false;
  const plan: RotationPlan = {
    environment: 'aeon',
    secret: user,
    secretName: `mainstay/aeon/secrets/${user}`,
    kind: real.kind,
    users: users_,
    everyDays: 30,
    opens: 'shop',
    consumers: [],
    overlapSeconds: 0,
    ...(superuser ? { superuserSecretName: superuserName } : {}),
  };
  const { host, port } = real.superuser;
  const common = { engine: real.kind, host, port };
  world.plan(plan);
  world.put(plan.secretName, { ...common, username: user, password: 'hush-first' });
  world.put(superuserName, { ...common, username: real.superuser.user, password: real.superuser.password });
  let dead = false;
  const ports = { ...world.ports(real.kind), servers: { [real.kind]: real.server } };
  const step = (Step: (typeof rotationSteps)[number], token: string, server = real.server) =>
    rotate(
      { Step, SecretId: plan.secretName, ClientRequestToken: token },
      { environment: 'aeon', secret: plan.secret, kinds: [real.kind] },
      { ...ports, servers: { [real.kind]: server } },
    );
  const rotation = async (token: string): Promise<void> => {
    world.announce(plan.secretName, token);
    for (const each of rotationSteps) await step(each, token);
    world.endRollouts();
  };
  const loginAt = (stage: string): ServerLogin => {
    const value = world.valueAt(plan.secretName, stage) ?? {};
    return real.login(String(value['username']), String(value['password']));
  };
  /** The server, up to its first change: then the function dies. */
  const dying: LoginServer = {
    canLogIn: (login) => (dead ? Promise.reject(new Died()) : real.server.canLogIn(login)),
    changePassword: async (change) => {
      await real.server.changePassword({ ...change, publish: async () => undefined });
      dead = true;
      throw new Died();
    },
    prepareUser: async (preparation) => {
      await real.server.prepareUser(preparation);
      dead = true;
      throw new Died();
    },
  };
  return { world, plan, ports, user, step, rotation, loginAt, dying };
}

/** What every kind of server has to stand. */
export function rotationsOf(name: string, service: () => RealService, stays: 'one password' | 'two passwords'): void {
  describe(`rotations of a real ${name}`, () => {
    it('by turns: the former user opens as well', async () => {
      const real = service();
      const { user, rotation, loginAt } = await shop(real, 'alternating');
      for (const round of [1, 2, 3]) {
        await rotation(`version-${round}`);
        expect(loginAt('AWSCURRENT').user).toBe(round % 2 === 1 ? `${user}_clone` : user);
        for (const stage of ['AWSCURRENT', 'AWSPREVIOUS'])
          expect(await real.server.canLogIn(loginAt(stage))).toBe(true);
      }
    });

    it('of one user, and back', async () => {
      const real = service();
      const { plan, ports, rotation, loginAt } = await shop(real, 'single');
      const before = loginAt('AWSCURRENT');
      await rotation('version-2');
      const after = loginAt('AWSCURRENT');
      expect(await real.server.canLogIn(after)).toBe(true);
      expect(await real.server.canLogIn(before)).toBe(stays === 'two passwords');
      const request = { secret: plan.secret, versionId: 'version-2', previousVersionId: `${plan.secretName}-v1` };
      await undoRotation({ plan, request, reason: 'consumers do not become ready' }, ports);
      expect(loginAt('AWSCURRENT')).toEqual(before);
      expect(await real.server.canLogIn(before)).toBe(true);
      await rotation('version-3');
      expect(await real.server.canLogIn(loginAt('AWSCURRENT'))).toBe(true);
    });

    it.each(['alternating', 'single'] as const)('of %s users find each step done that comes twice', async (mode) => {
      const real = service();
      const { world, plan, step, loginAt } = await shop(real, mode);
      world.announce(plan.secretName, 'version-2');
      for (const each of rotationSteps) {
        await step(each, 'version-2');
        await step(each, 'version-2');
      }
      for (const each of rotationSteps) await step(each, 'version-2');
      expect(world.stages(plan.secretName)).toEqual({ AWSCURRENT: 'version-2', AWSPREVIOUS: `${plan.secretName}-v1` });
      expect(await real.server.canLogIn(loginAt('AWSCURRENT'))).toBe(true);
    });

    it.each(['alternating', 'single'] as const)(
      'of %s users end well when setSecret dies at the server',
      async (mode) => {
        const real = service();
        const { world, plan, ports, step, loginAt, dying } = await shop(real, mode);
        world.announce(plan.secretName, 'version-2');
        await step('createSecret', 'version-2');
        await expect(step('setSecret', 'version-2', dying)).rejects.toThrow();
        await settle(world, plan.secretName, ports);
        expect(await real.server.canLogIn(loginAt('AWSCURRENT'))).toBe(true);
      },
    );

    it.each(['alternating', 'single'] as const)(
      'of %s users end well, whatever call to AWS is the last',
      async (mode) => {
        const real = service();
        for (let call = 0; call < 24; call++) {
          const { world, plan, ports, step, loginAt } = await shop(real, mode);
          world.announce(plan.secretName, 'version-2');
          world.trouble = { call, how: 'death' };
          for (const each of rotationSteps) await step(each, 'version-2').catch(() => undefined);
          world.trouble = undefined;
          await settle(world, plan.secretName, ports);
          expect(await real.server.canLogIn(loginAt('AWSCURRENT'))).toBe(true);
        }
      },
    );

    it('of one user take their change back when AWS does not answer', async () => {
      const real = service();
      const { world, plan, step, loginAt } = await shop(real, 'single');
      const before = loginAt('AWSCURRENT');
      world.announce(plan.secretName, 'version-2');
      await step('createSecret', 'version-2');
      Object.assign(world.secretVersions, { moveStage: () => Promise.reject(new Error('no answer from AWS')) });
      await expect(step('setSecret', 'version-2')).rejects.toThrow('no answer from AWS');
      expect(loginAt('AWSCURRENT')).toEqual(before);
      expect(await real.server.canLogIn(before)).toBe(true);
    });
  });

  refusalsOf(name, service);
}

function refusalsOf(name: string, service: () => RealService): void {
  const wrongs: readonly (readonly [string, (value: Record<string, unknown>) => object, 'own' | 'superuser'])[] = [
    ['UnknownSecretKind', (value) => ({ ...value, engine: 'oracle' }), 'own'],
    ['SecretFieldMissing', ({ username: _, ...value }) => value, 'own'],
    ['ServerUnreachable', (value) => ({ ...value, port: 1 }), 'superuser'],
    ['SuperuserElsewhere', (value) => ({ ...value, host: 'elsewhere.example' }), 'superuser'],
    ['SuperuserRefused', (value) => ({ ...value, password: 'hush-wrong' }), 'superuser'],
  ];

  describe(`a rotation at a real ${name} is refused, and nothing is changed there`, () => {
    it.each(wrongs)('%s', async (error, change, whose) => {
      const real = service();
      const { world, plan, step, user } = await shop(real, 'alternating');
      const of = whose === 'own' ? plan.secretName : superuserName;
      const changed = change(world.valueAt(of, 'AWSCURRENT') ?? {});
      world.put(of, changed);
      // Both name the same port, where nobody listens.
      if (error === 'ServerUnreachable')
        world.put(plan.secretName, change(world.valueAt(plan.secretName, 'AWSCURRENT') ?? {}));
      world.announce(plan.secretName, 'version-2');
      const thrown = await step('createSecret', 'version-2').catch((reason: unknown) => reason);
      expect(thrown).toMatchObject({ name: error });
      expect(`${thrown} ${JSON.stringify(thrown)} ${(thrown as Error).stack}`).not.toContain('hush-');
      expect(await real.server.canLogIn(real.login(user, 'hush-first'))).toBe(true);
    });

    it('SuperuserSecretMissing', async () => {
      const { world, plan, step } = await shop(service(), 'alternating', false);
      world.announce(plan.secretName, 'version-2');
      await expect(step('createSecret', 'version-2')).rejects.toMatchObject({ name: 'SuperuserSecretMissing' });
    });

    it('RotationNotPending', async () => {
      const { step } = await shop(service(), 'alternating');
      await expect(step('setSecret', 'version-9')).rejects.toMatchObject({ name: 'RotationNotPending' });
    });

    it('NotOurSecret', async () => {
      const { world, plan, ports } = await shop(service(), 'alternating');
      world.put('somebody/elses', {});
      const event = { Step: 'createSecret', SecretId: 'somebody/elses', ClientRequestToken: 'version-2' } as const;
      const settings = { environment: 'aeon', secret: plan.secret, kinds: [plan.kind] };
      await expect(rotate(event, settings, ports)).rejects.toMatchObject({ name: 'NotOurSecret' });
    });
  });
}

/** The watchdog, until nothing is left pending: four times at most. */
async function settle(world: World, secretName: string, ports: Parameters<typeof watchRotations>[1]): Promise<void> {
  for (let look = 0; look < 4; look++) {
    world.revive();
    world.now += 15 * 60_000;
    await watchRotations('aeon', ports);
    world.endRollouts();
    if (world.stages(secretName)['AWSPENDING'] === undefined) return;
  }
  throw new Error(`AWSPENDING is left: ${JSON.stringify(world.stages(secretName))}`);
}
