import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoginServer, ServerLogin } from '../../lambdas/ports/rotation.ts';
import { rabbitmqServer } from '../../lambdas/rabbitmq/login-server.ts';
import { passwordHash } from '../../lambdas/rabbitmq/password-hash.ts';
import { whenInstalled } from './available.ts';
import { RabbitMq } from './rabbitmq.ts';
import { rotationsOf } from './rotations.ts';

const salt = Buffer.from('salt');
const everything = { configure: '.*', write: '.*', read: '.*' };

describe.skipIf(!whenInstalled('rabbitmq'))('RabbitMQ', () => {
  let real: RabbitMq;
  let server: LoginServer;
  beforeAll(async () => {
    real = await RabbitMq.start();
    server = rabbitmqServer({ ca: real.ca, managementPort: real.managementPort });
  });
  afterAll(() => real?.stop());

  const makeUser = async (user: string, password: string, tags: readonly string[] = []): Promise<void> => {
    await real.management().putUser(user, passwordHash(password, salt), tags);
    await real.management().putPermission(user, { vhost: '/', ...everything });
  };

  rotationsOf(
    'RabbitMQ',
    () => ({
      kind: 'rabbitmq',
      server,
      superuser: real.superuser,
      login: (user, password) => real.login(user, password),
      makeUser,
    }),
    'one password',
  );

  let users = 0;

  /** A user in use, and the one that comes after it. */
  async function pair(): Promise<readonly [current: ServerLogin, next: ServerLogin]> {
    const user = `pair ${++users}/ü`;
    await makeUser(user, 'hush-one', ['monitoring']);
    return [real.login(user, 'hush-one'), real.login(`${user}_clone`, 'hush-two')];
  }

  describe('the second user', () => {
    it('gets tags, permissions, permissions for topics and limits', async () => {
      const [current, next] = await pair();
      const management = real.management();
      const topic = { vhost: '/', exchange: 'amq.topic', write: '^orders\\.', read: '.*' };
      await management.putTopicPermission(current.user, topic);
      await management.putLimit(current.user, 'max-connections', 50);
      await server.prepareUser({ superuser: real.superuser, current, next });
      expect((await management.user(next.user))?.tags).toEqual(['monitoring']);
      expect(await management.permissions(next.user)).toEqual([{ vhost: '/', ...everything }]);
      expect(await management.topicPermissions(next.user)).toEqual([topic]);
      expect(await management.limits(next.user)).toEqual({ 'max-connections': 50 });
      expect([await server.canLogIn(current), await server.canLogIn(next)]).toEqual([true, true]);
    });

    it('gets what was given since, and gives what was given to it meanwhile', async () => {
      const [current, next] = await pair();
      const management = real.management();
      await server.prepareUser({ superuser: real.superuser, current, next });
      const narrower = { vhost: '/', configure: '', write: '^orders$', read: '.*' };
      await management.putPermission(current.user, narrower);
      const topic = { vhost: '/', exchange: 'amq.topic', write: '.*', read: '' };
      await management.putTopicPermission(next.user, topic);
      await management.putLimit(next.user, 'max-channels', 9);
      await server.prepareUser({ superuser: real.superuser, current, next });
      for (const { user } of [current, next]) {
        expect(await management.permissions(user)).toEqual([narrower]);
        expect(await management.topicPermissions(user)).toEqual([topic]);
        expect(await management.limits(user)).toEqual({});
      }
    });

    it('does not come in before it has everything', async () => {
      const [current, next] = await pair();
      await real.management().putUser(next.user, undefined, []);
      expect(await server.canLogIn(next)).toBe(false);
      expect(await server.canLogIn({ ...next, password: '' })).toBe(false);
      expect(await server.canLogIn(current)).toBe(true);
    });
  });

  describe('a password', () => {
    it('is changed by an administrator itself, and comes back when it can’t be published', async () => {
      await makeUser('chief', 'hush-one', ['administrator']);
      const by = real.login('chief', 'hush-one');
      const next = { ...by, password: 'hush-two' };
      const publish = () => Promise.reject(new Error('no answer from AWS'));
      await expect(server.changePassword({ by, current: by, next, publish })).rejects.toThrow('no answer from AWS');
      expect([await server.canLogIn(by), await server.canLogIn(next)]).toEqual([true, false]);
      await server.changePassword({ by, current: by, next, publish: async () => undefined });
      expect([await server.canLogIn(by), await server.canLogIn(next)]).toEqual([false, true]);
      expect((await real.management().user('chief'))?.tags).toEqual(['administrator']);
    });

    it('is not changed by a user that is no administrator, and the error tells none', async () => {
      const [current] = await pair();
      const next = { ...current, password: 'hush-two' };
      const error = await server
        .changePassword({ by: current, current, next, publish: async () => undefined })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ServerRefused', code: 'HTTP 401' });
      expect(`${error} ${JSON.stringify(error)}`).not.toContain('hush-');
      expect(await server.canLogIn(current)).toBe(true);
    });
  });

  it('is not spoken to where nobody vouches for its certificate', async () => {
    const strict = rabbitmqServer({ managementPort: real.managementPort });
    await expect(strict.canLogIn(real.superuser)).rejects.toMatchObject({ name: 'ServerUnreachable' });
    const [current, next] = await pair();
    const prepared = strict.prepareUser({ superuser: real.superuser, current, next });
    await expect(prepared).rejects.toMatchObject({ name: 'ServerUnreachable' });
  });

  it('has no password in its log', () => {
    expect(real.log()).not.toContain('hush-');
  });
});
