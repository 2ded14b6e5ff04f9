import { describe, expect, it } from 'vitest';
import { DatabaseRefused } from '../../../domain/database-errors.ts';
import { endSessionsStatement, fencedDatabases } from '../../../lambdas/postgres/fencing.ts';
import { Backends } from '../../../rehearsal/postgres/backends.ts';
import { DatabaseModel } from '../../../rehearsal/postgres/database.ts';
import { verifierOf } from '../../../rehearsal/postgres/scram.ts';
import { SqlError } from '../../../rehearsal/postgres/sql-error.ts';

const second = 1000;
const salt = Buffer.alloc(16, 7);
const login = { host: 'db.example', port: 5432, user: 'chief', password: 'm', database: 'shop' };
const parameters = { shared_preload_libraries: 'pg_cron', 'cron.database_name': 'shop', 'cron.log_run': 'off' };

function world({ ahead = 0 } = {}) {
  const time = { now: Date.UTC(2026, 10, 21) };
  const server = { now: () => time.now, clockOffset: () => ahead, parameters };
  const model = new DatabaseModel('shop', 'chief', verifierOf('m', salt), server);
  const backends = new Backends();
  const run = (text: string, values: readonly unknown[] = [], reads?: { behindMilliseconds: number }) => {
    const transaction = model.begin(reads, backends);
    try {
      const result = transaction.run(text, values.map(String), 'chief');
      transaction.commit();
      return result;
    } catch (error) {
      if (error instanceof SqlError) throw new DatabaseRefused('db', error.message, error.sqlState);
      throw error;
    }
  };
  for (const user of ['app', 'app_clone', 'mainstay_heartbeat']) run(`CREATE ROLE "${user}" LOGIN`);
  const database = fencedDatabases((_login, use) =>
    use({
      query: async (text, values) => {
        const { columns = [], rows = [] } = run(text, values);
        return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
      },
    }),
  );
  const ended: string[] = [];
  const session = (user: string) => ({ user, terminate: () => void ended.push(user) });
  return {
    time,
    model,
    backends,
    ended,
    session,
    run,
    use: <T>(work: Parameters<typeof database<T>>[1]) => database(login, work),
  };
}

const inSeconds = ({ time }: ReturnType<typeof world>, seconds: number) => new Date(time.now + seconds * second);

describe('the right to log in', () => {
  it('is of the roles that the master made, and ends by the clock of the server', async () => {
    const w = world({ ahead: 2 * second });
    expect(await w.use((database) => database.now())).toEqual(inSeconds(w, 2));
    expect((await w.use((database) => database.roles())).map(({ name }) => name)).toEqual(['app', 'app_clone']);
    await w.use((database) => database.setValidity(['app'], inSeconds(w, 60)));
    expect(await w.use((database) => database.roles())).toContainEqual({ name: 'app', validUntil: inSeconds(w, 60) });
    expect(w.model.mayLogIn('app', w.time.now + 59 * second)).toBe(true);
    expect(w.model.mayLogIn('app', w.time.now + 60 * second)).toBe(false);
    await w.use((database) => database.setValidity(['app'], 'infinity'));
    expect(w.model.mayLogIn('app', Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  it('is not in a copy as it was given afterwards', async () => {
    const w = world();
    await w.use((database) => database.setValidity(['app'], inSeconds(w, 60)));
    const copied = w.model.copy();
    await w.use((database) => database.setValidity(['app'], inSeconds(w, 600)));
    expect(copied.mayLogIn('app', w.time.now + 61 * second)).toBe(false);
  });
});

describe('sessions of roles whose right has passed', () => {
  it('are ended when somebody says so, and no others', async () => {
    const w = world();
    for (const user of ['app', 'app_clone', 'chief']) w.backends.enter(w.session(user));
    await w.use((database) => database.setValidity(['app'], inSeconds(w, 0)));
    expect(await w.use((database) => database.endSessions())).toBe(1);
    expect(w.ended).toEqual(['app']);
  });

  it('are ended by the job at its next run, not before', async () => {
    const w = world();
    w.run('CREATE SCHEMA IF NOT EXISTS mainstay');
    w.run('CREATE EXTENSION IF NOT EXISTS pg_cron');
    w.run('SELECT cron.schedule($1, $2, $3) AS job', ['mainstay-fence', '2 seconds', endSessionsStatement]);
    w.backends.enter(w.session('app'));
    await w.use((database) => database.setValidity(['app'], inSeconds(w, 3)));
    w.time.now += 3.5 * second;
    w.model.fence(w.backends);
    expect(w.ended).toEqual([]);
    w.time.now += second;
    w.model.fence(w.backends);
    expect(w.ended).toEqual(['app']);
  });
});

describe('the heartbeat', () => {
  it('gets the epoch of a reign, never a lower one', async () => {
    const w = world();
    w.run('CREATE SCHEMA IF NOT EXISTS mainstay');
    w.run(
      'CREATE TABLE IF NOT EXISTS mainstay.heartbeat (id smallint PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL)',
    );
    w.run(
      'INSERT INTO mainstay.heartbeat (id, epoch, beaten_at) VALUES (1, $1, to_timestamp(0)) ON CONFLICT (id) DO NOTHING',
      [1],
    );
    expect(await w.use((database) => database.beatIn(3))).toEqual({ epoch: 3, beatenAt: inSeconds(w, 0) });
    expect((await w.use((database) => database.beatIn(2))).epoch).toBe(3);
  });
});

describe('a replica', () => {
  it('takes no write of the application, and its position is that of what has come', () => {
    const w = world();
    const replica = { behindMilliseconds: 500 };
    expect(() => w.run("INSERT INTO public.writes (id) VALUES ('a')", [], replica)).toThrow('read-only');
    const position =
      'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS position';
    const before = w.run(position, []).rows?.[0]?.[0];
    w.time.now += 500;
    expect(w.run(position, [], replica).rows?.[0]?.[0]).toBe(before);
    expect(before).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  });
});
