import { describe, expect, it } from 'vitest';
import { mysqlServer } from '../../../lambdas/mysql/login-server.ts';
import { MysqlRefused, type WithMysqlSession } from '../../../lambdas/mysql/session.ts';
import type { ServerLogin } from '../../../lambdas/ports/rotation.ts';

/** What MySQL 8.4's manual says of two passwords: no package of this project brings that server. */
class Mysql {
  primary = 'first';
  secondary: string | undefined;
  readonly said: string[] = [];
  mayRetain = true;
  remembers = false;

  opens({ password }: ServerLogin): boolean {
    return password === this.primary || password === this.secondary;
  }

  readonly sessions: WithMysqlSession = async (login, use) => {
    if (!this.opens(login) && login.user !== 'master') throw new MysqlRefused('error 1045');
    return use({ query: async (text) => this.#answer(text) });
  };

  #answer(text: string): readonly Record<string, unknown>[] {
    this.said.push(text);
    if (text.startsWith('SELECT VERSION()')) return [{ version: '8.4.7' }];
    if (text.startsWith('SELECT Host')) return [{ host: '%' }];
    if (text.startsWith('SHOW CREATE USER')) return [{ user: showCreateUser }];
    const change = /^ALTER USER (?:CURRENT_USER\(\)|'shop'@'%') IDENTIFIED BY '(\w+)'( RETAIN CURRENT PASSWORD)?$/.exec(
      text,
    );
    if (change) this.#change(String(change[1]), change[2] !== undefined);
    return [];
  }

  #change(password: string, retain: boolean): void {
    if (retain && !this.mayRetain) throw new MysqlRefused('error 1227');
    if (this.remembers && password === this.primary) throw new MysqlRefused('error 3638');
    if (retain) this.secondary = this.primary;
    this.primary = password;
  }
}

const showCreateUser =
  "CREATE USER `shop`@`%` IDENTIFIED WITH 'caching_sha2_password' AS '$A$005$ REQUIRE NONE WITH \\' x' DEFAULT ROLE `readers`@`%`,`writers`@`%` " +
  'REQUIRE SSL WITH MAX_USER_CONNECTIONS 7 PASSWORD EXPIRE INTERVAL 90 DAY ACCOUNT UNLOCK PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT';

const login = (password: string, user = 'shop'): ServerLogin => ({ host: 'db.example', port: 3306, user, password });
const nothing = async (): Promise<void> => undefined;

describe('a MySQL whose users may have two passwords', () => {
  it.each(['shop', 'master'])('denies nobody while %s changes one', async (who) => {
    const mysql = new Mysql();
    const server = mysqlServer(mysql.sessions);
    const change = { by: login('first', who), current: login('first'), next: login('second'), publish: nothing };
    await server.changePassword(change);
    expect([mysql.primary, mysql.secondary]).toEqual(['second', 'first']);
  });

  it('keeps the one in use after a rotation that was undone', async () => {
    const mysql = new Mysql();
    const server = mysqlServer(mysql.sessions);
    const current = login('first');
    await server.changePassword({ by: current, current, next: login('second'), publish: nothing });
    // Undone: AWSCURRENT is 'first' again, which the server keeps as the older of two.
    await server.changePassword({ by: current, current, next: login('third'), publish: nothing });
    expect([mysql.primary, mysql.secondary]).toEqual(['third', 'first']);
  });

  it('that forbids a password which was there before keeps it all the same', async () => {
    const mysql = new Mysql();
    mysql.remembers = true;
    const current = login('first');
    await mysqlServer(mysql.sessions).changePassword({ by: current, current, next: login('second'), publish: nothing });
    expect([mysql.primary, mysql.secondary]).toEqual(['second', 'first']);
  });

  it('leaves both open when the new one can’t be published', async () => {
    const mysql = new Mysql();
    const current = login('first');
    const publish = () => Promise.reject(new Error('no answer from AWS'));
    const changed = mysqlServer(mysql.sessions).changePassword({
      by: current,
      current,
      next: login('second'),
      publish,
    });
    await expect(changed).rejects.toThrow('no answer from AWS');
    expect(mysql.opens(current)).toBe(true);
  });
});

describe('a MySQL user that may not have two', () => {
  it('gets the new one, and the former one back when that can’t be published', async () => {
    const mysql = new Mysql();
    mysql.mayRetain = false;
    const server = mysqlServer(mysql.sessions);
    const current = login('first');
    const publish = () => Promise.reject(new Error('no answer from AWS'));
    const change = { by: current, current, next: login('second') };
    await expect(server.changePassword({ ...change, publish })).rejects.toThrow('no answer from AWS');
    expect([mysql.primary, mysql.secondary]).toEqual(['first', undefined]);
    await server.changePassword({ ...change, publish: nothing });
    expect([mysql.primary, mysql.secondary]).toEqual(['second', undefined]);
  });

  it('that nobody knows is refused without its password', async () => {
    const mysql = new Mysql();
    const by = login('hush-wrong');
    const error = await mysqlServer(mysql.sessions)
      .changePassword({ by, current: by, next: login('hush-next'), publish: nothing })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ServerRefused', code: 'error 1045' });
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain('hush-');
  });
});

describe('the second user of a MySQL', () => {
  const grants: Record<string, readonly string[]> = {
    shop: [
      'GRANT PROCESS ON *.* TO `shop`@`%`',
      'GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO `shop`@`%` WITH GRANT OPTION',
      'REVOKE SELECT ON `mysql`.* FROM `shop`@`%`',
      'GRANT SELECT (`a TO b`) ON `shop`.`orders` TO `shop`@`%`',
      "GRANT PROXY ON ''@'' TO `shop`@`%` WITH GRANT OPTION",
      'GRANT `readers`@`%`,`writers`@`%` TO `shop`@`%` WITH ADMIN OPTION',
    ],
    shop_clone: ['GRANT USAGE ON *.* TO `shop_clone`@`%`', 'GRANT INSERT ON `ledger`.* TO `shop_clone`@`%`'],
  };

  it('gets what SHOW GRANTS and SHOW CREATE USER say, and at last its password', async () => {
    const said: string[] = [];
    const sessions: WithMysqlSession = (_, use) =>
      use({
        query: async (text) => {
          const of = /^SHOW GRANTS FOR '(\w+)'/.exec(text)?.[1];
          if (of !== undefined) return (grants[of] ?? []).map((line) => ({ line }));
          if (text.startsWith('SHOW CREATE USER')) return [{ user: showCreateUser }];
          if (text.startsWith('SELECT VERSION')) return [{ version: '8.4.7' }];
          if (text.startsWith('SELECT Host')) return [{ host: '%' }];
          said.push(text);
          return [];
        },
      });
    const [current, next] = [login('first'), login('second', 'shop_clone')];
    await mysqlServer(sessions).prepareUser({ superuser: login('hush', 'master'), current, next });
    expect(said).toEqual([
      "CREATE USER IF NOT EXISTS 'shop_clone'@'%' ACCOUNT LOCK",
      "ALTER USER 'shop_clone'@'%' REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 7 " +
        'PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL DEFAULT',
      "GRANT PROCESS ON *.* TO 'shop_clone'@'%'",
      "GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO 'shop_clone'@'%' WITH GRANT OPTION",
      "REVOKE SELECT ON `mysql`.* FROM 'shop_clone'@'%'",
      "GRANT SELECT (`a TO b`) ON `shop`.`orders` TO 'shop_clone'@'%'",
      "GRANT PROXY ON ''@'' TO 'shop_clone'@'%' WITH GRANT OPTION",
      "GRANT `readers`@`%`,`writers`@`%` TO 'shop_clone'@'%' WITH ADMIN OPTION",
      "ALTER USER 'shop_clone'@'%' DEFAULT ROLE `readers`@`%`,`writers`@`%`",
      "GRANT INSERT ON `ledger`.* TO 'shop'@'%'",
      "ALTER USER 'shop_clone'@'%' DISCARD OLD PASSWORD",
      "ALTER USER 'shop_clone'@'%' IDENTIFIED BY 'second'",
      "ALTER USER 'shop_clone'@'%' ACCOUNT UNLOCK",
    ]);
  });
});
