import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logPosition } from '../../domain/failback.ts';
import type { DatabaseLogin } from '../../lambdas/ports/databases.ts';
import type { FencedDatabase } from '../../lambdas/ports/failover.ts';
import { fencedDatabases } from '../../lambdas/postgres/fencing.ts';
import { plainSessions, RealServer } from './server.ts';

let real: RealServer;
const withDatabase = fencedDatabases(plainSessions);
const use = <T>(run: (database: FencedDatabase) => Promise<T>) => withDatabase(real.superuser as DatabaseLogin, run);
const roles = () => use((database) => database.roles());
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

beforeAll(async () => {
  real = await RealServer.start();
  // As rds_superuser has it.
  await real.asOwner('postgres', [
    'GRANT pg_signal_backend TO mainstay_master',
    "CREATE ROLE somebody LOGIN PASSWORD 'x'",
  ]);
  await real.run(
    real.superuser,
    "CREATE ROLE shop_app LOGIN PASSWORD 'first'",
    "CREATE ROLE shop_app_clone LOGIN PASSWORD 'second'",
    "CREATE ROLE mainstay_heartbeat LOGIN PASSWORD 'beat'",
    'CREATE ROLE readers NOLOGIN',
    'CREATE SCHEMA mainstay',
    'CREATE TABLE mainstay.heartbeat (id smallint PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL)',
    'INSERT INTO mainstay.heartbeat VALUES (1, 1, to_timestamp(0))',
  );
});
afterAll(() => real?.stop());

describe('the right to log in', () => {
  it('is that of the roles that the master made and that log in, without our own', async () => {
    expect((await roles()).map(({ name }) => name)).toEqual(['shop_app', 'shop_app_clone']);
  });

  it('ends by itself: nobody has to be there, and nobody comes in any more', async () => {
    await use((database) => database.setValidity(['shop_app'], inSeconds(60)));
    await expect(real.run(real.login('shop_app', 'first'), 'SELECT 1')).resolves.toHaveLength(1);
    await use((database) => database.setValidity(['shop_app'], inSeconds(-1)));
    await expect(real.run(real.login('shop_app', 'first'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await expect(real.run(real.login('shop_app_clone', 'second'), 'SELECT 1')).resolves.toHaveLength(1);
    expect(await roles()).toEqual([{ name: 'shop_app', validUntil: expect.any(Date) }, { name: 'shop_app_clone' }]);
    await use((database) => database.setValidity(['shop_app'], 'infinity'));
    await expect(real.run(real.login('shop_app', 'first'), 'SELECT 1')).resolves.toHaveLength(1);
    expect(await roles()).toEqual([{ name: 'shop_app' }, { name: 'shop_app_clone' }]);
  });

  it('is not given again by a new password', async () => {
    await use((database) => database.setValidity(['shop_app'], inSeconds(-1)));
    await real.run(real.superuser, "ALTER ROLE shop_app LOGIN PASSWORD 'third'");
    await expect(real.run(real.login('shop_app', 'third'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await real.run(real.superuser, "ALTER ROLE shop_app PASSWORD 'first' VALID UNTIL 'infinity'");
  });

  it('takes the sessions with it that are open, in the middle of a transaction, and no others', async () => {
    const app = new pg.Client({ ...real.login('shop_app', 'first') });
    const other = new pg.Client({ ...real.login('shop_app_clone', 'second') });
    const ended = new Promise((resolve) => app.on('error', resolve));
    await Promise.all([app.connect(), other.connect()]);
    await app.query('BEGIN');
    await use(async (database) => {
      await database.setValidity(['shop_app'], inSeconds(-1));
      expect(await database.endSessions()).toBe(1);
    });
    await ended;
    await expect(app.query('COMMIT')).rejects.toThrow();
    await expect(other.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    await other.end();
  });
});

describe('the heartbeat', () => {
  it('moves forward, and so does the reign', async () => {
    const first = await use((database) => database.beatIn(2));
    expect(first.epoch).toBe(2);
    const second = await use((database) => database.beatIn(1));
    expect(second.epoch).toBe(2);
    expect(second.beatenAt.getTime()).toBeGreaterThanOrEqual(first.beatenAt.getTime());
    expect(await use((database) => database.beat())).toEqual(second);
  });
});

it('says where the log is, and that nothing is replayed where it is no replica', async () => {
  const before = await use((database) => database.position());
  await use((database) => database.beatIn(2));
  expect(logPosition(await use((database) => database.position())) > logPosition(before)).toBe(true);
  expect(await use((database) => database.toReplay())).toBe(0);
});
