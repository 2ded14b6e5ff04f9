import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoginServer } from '../../lambdas/ports/rotation.ts';
import { redisServer } from '../../lambdas/redis/login-server.ts';
import { redisSessionsWith } from '../../lambdas/redis/session.ts';
import { whenInstalled } from './available.ts';
import { Redis } from './redis.ts';
import { rotationsOf } from './rotations.ts';

describe.skipIf(!whenInstalled('redis'))('Redis', () => {
  let real: Redis;
  let server: LoginServer;
  beforeAll(async () => {
    real = await Redis.start();
    server = redisServer(real.sessions);
  });
  afterAll(() => real?.stop());

  const makeUser = async (user: string, password: string, ...rules: string[]): Promise<void> => {
    await real.ask('ACL', 'SETUSER', user, 'on', `>${password}`, '+@connection', '+acl', ...rules);
  };

  rotationsOf(
    'Redis',
    () => ({
      kind: 'redis',
      server,
      superuser: real.superuser,
      login: (user, password) => real.login(user, password),
      makeUser: (user, password) => makeUser(user, password),
    }),
    'two passwords',
  );

  const rulesOf = async (user: string): Promise<string> =>
    [await real.ask('ACL', 'LIST')]
      .flat()
      .map(String)
      .filter((line) => line.startsWith(`user ${user} `))
      .join()
      .replace(`user ${user} `, '')
      // What 'reset' says and a new user does not: it is the default.
      .replaceAll(/#\w+ |sanitize-payload /g, '');

  it('gives the second user every rule of the one in use, also those since', async () => {
    await makeUser('shop', 'hush-one', '~orders:*', '%R~stock:*', '&events:*', '(+get ~prices:* +set)');
    const [current, next] = [real.login('shop', 'hush-one'), real.login('shop_clone', 'hush-two')];
    await server.prepareUser({ superuser: real.superuser, current, next });
    await real.ask('ACL', 'SETUSER', 'shop', '~later:*', '-@dangerous');
    await server.prepareUser({ superuser: real.superuser, current, next });
    expect(await rulesOf('shop_clone')).toBe(await rulesOf('shop'));
    expect(await rulesOf('shop_clone')).toContain('~later:*');
    expect([await server.canLogIn(current), await server.canLogIn(next)]).toEqual([true, true]);
  });

  it('lets the former password go with the rotation after', async () => {
    await makeUser('single', 'hush-one');
    const logins = ['hush-one', 'hush-two', 'hush-three'].map((password) => real.login('single', password));
    const publish = async (): Promise<void> => undefined;
    for (const [index, current] of logins.slice(0, 2).entries()) {
      const next = { ...current, password: String(logins[index + 1]?.password) };
      await server.changePassword({ by: real.superuser, current, next, publish });
    }
    expect(await Promise.all(logins.map((login) => server.canLogIn(login)))).toEqual([false, true, true]);
    expect(real.usersFile()).toContain('user single on');
  });

  it('is refused, and unchanged, where it would forget its users', async () => {
    const forgetful = await Redis.start({ keeps: false });
    try {
      const refused = redisServer(forgetful.sessions);
      const by = forgetful.superuser;
      const change = { by, current: by, next: { ...by, password: 'hush-two' }, publish: async () => undefined };
      await expect(refused.changePassword(change)).rejects.toMatchObject({ name: 'ServerRefused', code: 'ERR' });
      expect(await refused.canLogIn(by)).toBe(true);
      expect(await refused.canLogIn(change.next)).toBe(false);
    } finally {
      await forgetful.stop();
    }
  });

  it('is not spoken to where nobody vouches for its certificate', async () => {
    const strict = redisServer(redisSessionsWith({}));
    await expect(strict.canLogIn(real.superuser)).rejects.toMatchObject({ name: 'ServerUnreachable' });
  });

  it('has no password in its list of slow commands', async () => {
    const slow = JSON.stringify(await real.ask('SLOWLOG', 'GET', '1000'));
    expect(slow).toContain('SETUSER');
    expect(slow.replaceAll(/>hush-(?:first|one)/g, '')).not.toContain('hush-');
  });
});
