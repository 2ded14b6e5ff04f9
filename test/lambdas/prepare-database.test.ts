import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { type PreparePorts, prepareDatabase } from '../../lambdas/databases/prepare-database.ts';

const given = {
  Instance: 'db-1',
  Master: 'master',
  Heartbeat: 'heartbeat',
  HeartbeatPeriodSeconds: '2',
  FencePeriodSeconds: '2',
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
  periodSeconds: number | undefined;
  fenceSeconds: number | undefined;
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
      let { row, periodSeconds, fenceSeconds } = this;
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
          grants.add(`${user} reads the row`);
        },
        putManifestReader: async (_database, user) => {
          grants.add(`${user} reads everything`);
        },
        scheduleHeartbeat: async (seconds) => {
          periodSeconds = seconds;
        },
        scheduleFence: async (seconds) => {
          fenceSeconds = seconds;
        },
      });
      if (this.crash) throw new Error('the connection is gone');
      Object.assign(this, { users, grants: [...grants], row, periodSeconds, fenceSeconds });
      return result;
    },
  };
}

describe('prepare-database', () => {
  it('makes the users of the secrets, the first row of the heartbeat and its job, and keeps the public out', async () => {
    const database = new Database();
    expect(await prepareDatabase(given, database.ports)).toEqual({ users: ['api', 'heartbeat'] });
    expect(database.users).toEqual({ api: 'first', heartbeat: 'second' });
    expect(database.grants).toEqual([
      'public out of aeon_dt',
      'api owns schemas of aeon_dt',
      'heartbeat reads the row',
    ]);
    expect([database.row, database.periodSeconds]).toEqual([1, 2]);
  });

  it('has sessions ended whose right has passed, where another region may take over', async () => {
    const database = new Database();
    await prepareDatabase(given, database.ports);
    expect(database.fenceSeconds).toBe(2);
    const alone = new Database();
    await prepareDatabase({ ...given, FencePeriodSeconds: undefined }, alone.ports);
    expect(alone.fenceSeconds).toBeUndefined();
  });

  it('makes the user that reads manifests where there is a secret of it', async () => {
    const database = new Database();
    const users = ['api', 'heartbeat', 'manifest'];
    expect(await prepareDatabase({ ...given, Manifest: 'manifest' }, database.ports)).toEqual({ users });
    expect(database.grants).toContain('manifest reads everything');
  });

  it('run again sets the passwords and the period of today and leaves the epoch that a failover raised', async () => {
    const database = new Database();
    await prepareDatabase(given, database.ports);
    database.row = 4;
    database.passwords.set('api', 'rotated');
    await prepareDatabase({ ...given, HeartbeatPeriodSeconds: '10' }, database.ports);
    expect(database.users).toEqual({ api: 'rotated', heartbeat: 'second' });
    expect([database.row, database.periodSeconds]).toEqual([4, 10]);
  });

  it('that breaks leaves nothing half done, and a second delivery does all of it', async () => {
    const database = new Database();
    database.crash = true;
    await expect(prepareDatabase(given, database.ports)).rejects.toThrow('the connection is gone');
    expect([database.users, database.row, database.periodSeconds]).toEqual([{}, undefined, undefined]);
    database.crash = false;
    await prepareDatabase(given, database.ports);
    expect(database.row).toBe(1);
  });

  it('of a database without a replica makes no heartbeat', async () => {
    const database = new Database();
    const { Heartbeat: _secret, HeartbeatPeriodSeconds: _period, ...without } = given;
    await prepareDatabase(without, database.ports);
    expect([Object.keys(database.users), database.row, database.periodSeconds]).toEqual([
      ['api'],
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['users that are no names', { Users: '[1]' }, /Users/],
    ['a period that the scheduler does not take', { HeartbeatPeriodSeconds: '60' }, /HeartbeatPeriodSeconds/],
    ['a period of the fence that it does not take', { FencePeriodSeconds: '0' }, /FencePeriodSeconds/],
    ['a heartbeat without a period', { HeartbeatPeriodSeconds: undefined }, /come together or not at all/],
  ])('refuses %s, before it connects', async (_what, property, message) => {
    const database = new Database();
    const preparation = prepareDatabase({ ...given, ...property }, database.ports);
    await expect(preparation).rejects.toThrow(InvalidInput);
    await expect(preparation).rejects.toThrow(message);
    expect(database.transactions).toBe(0);
  });
});
