import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { type PreparePorts, prepareDatabase } from '../../lambdas/databases/prepare-database.ts';

const given = {
  Instance: 'db-1',
  Master: 'master',
  Heartbeat: 'heartbeat',
  Users: '["api"]',
  ServiceToken: 'arn:aws:lambda:us-east-1:111111111111:function:mainstay-aeon-prepare-database-aeon-dt',
};

/** A database that keeps what a transaction did, or nothing of it. */
class Database {
  readonly passwords = new Map([
    ['api', 'first'],
    ['heartbeat', 'second'],
  ]);
  users: Record<string, string> = {};
  grants: string[] = [];
  row: number | undefined;
  transactions = 0;
  crash = false;

  readonly ports: PreparePorts = {
    logins: {
      read: async (name) => ({
        host: 'db.example',
        port: 5432,
        user: name,
        password: this.passwords.get(name) ?? 'secret',
        database: 'aeon_dt',
      }),
    },
    administer: async (_login, use) => {
      this.transactions++;
      const users = { ...this.users };
      const grants = new Set(this.grants);
      let row = this.row;
      const result = await use({
        putUser: async (user, password) => {
          users[user] = password;
        },
        closeToPublic: async (database) => {
          grants.add(`public out of ${database}`);
        },
        grantApplication: async (database, user) => {
          grants.add(`${user} owns schemas of ${database}`);
        },
        putHeartbeat: async (_database, user, epoch) => {
          row ??= epoch;
          grants.add(`${user} beats`);
        },
      });
      if (this.crash) throw new Error('the connection is gone');
      Object.assign(this, { users, grants: [...grants], row });
      return result;
    },
  };
}

describe('prepare-database', () => {
  it('makes the users of the secrets and the first row of the heartbeat, and keeps the public out', async () => {
    const database = new Database();
    expect(await prepareDatabase(given, database.ports)).toEqual({ users: ['api', 'heartbeat'] });
    expect(database.users).toEqual({ api: 'first', heartbeat: 'second' });
    expect(database.grants).toEqual(['public out of aeon_dt', 'api owns schemas of aeon_dt', 'heartbeat beats']);
    expect(database.row).toBe(1);
  });

  it('run again sets the passwords of today and leaves the epoch that a failover raised', async () => {
    const database = new Database();
    await prepareDatabase(given, database.ports);
    database.row = 4;
    database.passwords.set('api', 'rotated');
    await prepareDatabase(given, database.ports);
    expect(database.users).toEqual({ api: 'rotated', heartbeat: 'second' });
    expect(database.row).toBe(4);
  });

  it('that breaks leaves nothing half done, and a second delivery does all of it', async () => {
    const database = new Database();
    database.crash = true;
    await expect(prepareDatabase(given, database.ports)).rejects.toThrow('the connection is gone');
    expect([database.users, database.row]).toEqual([{}, undefined]);
    database.crash = false;
    await prepareDatabase(given, database.ports);
    expect(database.row).toBe(1);
  });

  it('of a database without a replica makes no heartbeat', async () => {
    const database = new Database();
    const { Heartbeat: _none, ...without } = given;
    await prepareDatabase(without, database.ports);
    expect([Object.keys(database.users), database.row]).toEqual([['api'], undefined]);
  });

  it('refuses properties that are not its own', async () => {
    const database = new Database();
    await expect(prepareDatabase({ ...given, Users: '[1]' }, database.ports)).rejects.toThrow(InvalidInput);
    expect(database.transactions).toBe(0);
  });
});
