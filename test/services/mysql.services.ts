import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mysqlConnectionAlone } from '../../bin/mysql-connection-alone.ts';
import { mysqlServer } from '../../lambdas/mysql/login-server.ts';
import { mysqlSessionsWith } from '../../lambdas/mysql/session.ts';
import type { LoginServer, ServerLogin } from '../../lambdas/ports/rotation.ts';
import { whenInstalled } from './available.ts';
import { MariaDb } from './mariadb.ts';
import { rotationsOf } from './rotations.ts';

/** The server as the functions have it: without the parts of the driver that bin/mysql-connection-alone.ts leaves out. */
async function bundledServer(real: MariaDb): Promise<LoginServer> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from './login-server.ts'; export * from './session.ts';",
      resolveDir: resolve(import.meta.dirname, '../../lambdas/mysql'),
    },
    ...{ bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node24', logLevel: 'silent' },
    plugins: [mysqlConnectionAlone],
  });
  const loaded = {
    exports: {} as typeof import('../../lambdas/mysql/login-server.ts') &
      typeof import('../../lambdas/mysql/session.ts'),
  };
  compileFunction(`${outputFiles[0]?.text}`, ['module', 'exports', 'require'])(
    loaded,
    loaded.exports,
    createRequire(import.meta.url),
  );
  const { mysqlServer: server, mysqlSessionsWith: sessionsWith } = loaded.exports;
  return server(sessionsWith({ ca: real.ca, rejectUnauthorized: true, verifyIdentity: true }));
}

describe.skipIf(!whenInstalled('mariadb'))('MariaDB', () => {
  let real: MariaDb;
  let server: LoginServer;
  beforeAll(async () => {
    real = await MariaDb.start();
    server = mysqlServer(real.sessions);
  });
  afterAll(() => real?.stop());

  rotationsOf(
    'MariaDB',
    () => ({
      kind: 'mysql',
      server,
      superuser: real.superuser,
      login: (user, password) => real.login(user, password),
      makeUser: async (user, password) => {
        await real.run([`CREATE USER ${user} IDENTIFIED BY '${password}'`, `GRANT SELECT ON shop.* TO ${user}`]);
      },
    }),
    'one password',
  );

  let users = 0;

  /** A user in use, and the one that comes after it. */
  async function pair(): Promise<readonly [current: ServerLogin, next: ServerLogin]> {
    const user = `pair_${++users}`;
    await real.run([`CREATE USER ${user} IDENTIFIED BY 'hush-one'`]);
    return [real.login(user, 'hush-one'), real.login(`${user}_clone`, 'hush-two')];
  }

  const grantsOf = async (user: string, host = '%') =>
    (await real.run([`SHOW GRANTS FOR '${user}'@'${host}'`])).map((row) =>
      String(Object.values(row)[0])
        .replace(/IDENTIFIED BY PASSWORD '[^']*' ?/, '')
        .trimEnd()
        .replaceAll(user, 'user'),
    );

  describe('the second user', () => {
    it('gets rights of every level, roles, TLS requirement and limits', async () => {
      const [current, next] = await pair();
      await real.run([
        'CREATE TABLE IF NOT EXISTS shop.orders (id int, total int)',
        'CREATE OR REPLACE PROCEDURE shop.tidy() SELECT 1',
        'CREATE ROLE IF NOT EXISTS readers',
        `ALTER USER ${current.user} REQUIRE SSL WITH MAX_USER_CONNECTIONS 7 MAX_QUERIES_PER_HOUR 900`,
        `GRANT PROCESS ON *.* TO ${current.user}`,
        `GRANT SELECT, INSERT ON shop.* TO ${current.user} WITH GRANT OPTION`,
        `GRANT SELECT (id), UPDATE (total) ON shop.orders TO ${current.user}`,
        `GRANT EXECUTE ON PROCEDURE shop.tidy TO ${current.user}`,
        `GRANT readers TO ${current.user} WITH ADMIN OPTION`,
        `SET DEFAULT ROLE readers FOR ${current.user}`,
      ]);
      await server.prepareUser({ superuser: real.superuser, current, next });
      const grants = await grantsOf(next.user);
      expect(grants.sort()).toEqual((await grantsOf(current.user)).sort());
      expect(grants.join('\n')).toContain('REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 900 MAX_USER_CONNECTIONS 7');
      expect(grants).toHaveLength(6);
    });

    it('gets what was given since, and gives what was given to it meanwhile', async () => {
      const [current, next] = await pair();
      await server.prepareUser({ superuser: real.superuser, current, next });
      await real.run([`GRANT SELECT ON shop.* TO ${next.user}`, `GRANT INSERT ON ledger.* TO ${current.user}`]);
      await server.prepareUser({ superuser: real.superuser, current: next, next: { ...current, password: 'hush-3' } });
      expect((await grantsOf(current.user)).sort()).toEqual((await grantsOf(next.user)).sort());
      expect(await grantsOf(next.user)).toHaveLength(3);
    });

    it('loses a requirement and limits that the one in use has no more', async () => {
      const [current, next] = await pair();
      await real.run([`ALTER USER ${current.user} REQUIRE SSL WITH MAX_USER_CONNECTIONS 7`]);
      await server.prepareUser({ superuser: real.superuser, current, next });
      await real.run([`ALTER USER ${current.user} REQUIRE NONE WITH MAX_USER_CONNECTIONS 0`]);
      await server.prepareUser({ superuser: real.superuser, current, next });
      expect(await grantsOf(next.user)).toEqual(['GRANT USAGE ON *.* TO `user`@`%`']);
    });

    it('exists at every host of the one in use, and opens at one of its own', async () => {
      const [current, next] = await pair();
      await real.run([
        `CREATE USER '${current.user}'@'10.%' IDENTIFIED BY 'hush-one'`,
        `GRANT SELECT ON shop.* TO '${current.user}'@'10.%'`,
        `CREATE USER '${next.user}'@'127.0.0.1' IDENTIFIED BY 'hush-old'`,
      ]);
      await server.prepareUser({ superuser: real.superuser, current, next });
      expect((await grantsOf(next.user, '10.%')).join()).toContain('GRANT SELECT ON `shop`.* TO `user`@`10.%`');
      expect(await server.canLogIn(next)).toBe(true);
    });

    it('is not opened where the superuser may not give a right', async () => {
      const [current, next] = await pair();
      await real.asOwner([`GRANT SUPER ON *.* TO ${current.user}`]);
      const preparation = { superuser: real.superuser, current, next };
      await expect(server.prepareUser(preparation)).rejects.toMatchObject({ name: 'RightsNotCarried' });
      await expect(server.prepareUser(preparation)).rejects.toThrow('GRANT SUPER ON *.*');
      expect(await server.canLogIn(next)).toBe(false);
      expect(await server.canLogIn(current)).toBe(true);
    });
  });

  describe('a login', () => {
    it('of a locked account does not open', async () => {
      const [current] = await pair();
      await real.run([`ALTER USER ${current.user} ACCOUNT LOCK`]);
      expect(await server.canLogIn(current)).toBe(false);
    });

    it('to a server whose certificate nobody vouches for is not tried', async () => {
      const [current] = await pair();
      const strict = mysqlServer(mysqlSessionsWith({ rejectUnauthorized: true, verifyIdentity: true }));
      const error = await strict.canLogIn(current).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ServerUnreachable' });
      expect(`${error} ${JSON.stringify(error)}`).not.toContain('hush-');
      const elsewhere = { ...current, host: '127.0.0.1' };
      await expect(server.canLogIn(elsewhere)).rejects.toMatchObject({ name: 'ServerUnreachable' });
    });

    it('with another plugin is not changed', async () => {
      const [current] = await pair();
      await real.asOwner(["INSTALL SONAME 'auth_ed25519'"]).catch(() => undefined);
      await real.asOwner([`ALTER USER ${current.user} IDENTIFIED VIA ed25519 USING PASSWORD('hush-one')`]);
      const publish = async () => undefined;
      const change = { by: real.superuser, current, next: { ...current, password: 'hush-two' }, publish };
      await expect(server.changePassword(change)).rejects.toThrow('its plugin is ed25519');
    });
  });

  it('is spoken to by what is bundled of the driver', async () => {
    const [current, next] = await pair();
    const bundled = await bundledServer(real);
    await bundled.prepareUser({ superuser: real.superuser, current, next });
    expect(await bundled.canLogIn(next)).toBe(true);
    expect(await bundled.canLogIn(current)).toBe(true);
    const wrong = { ...current, password: 'hush-wrong' };
    expect(await bundled.canLogIn(wrong)).toBe(false);
    await expect(bundled.canLogIn({ ...current, port: 1 })).rejects.toThrow('ECONNREFUSED');
  });

  it('has no password that we made in its log of every statement', () => {
    const log = real.log();
    expect(log).toContain("SET PASSWORD FOR 'user_1_clone'@'%' = '*");
    expect(log).not.toMatch(/hush-made|hush-two|hush-3/);
  });
});
