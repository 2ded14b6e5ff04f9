import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withoutServers } from './available.ts';
import { clientBundle, master, realWorld } from './world.ts';

let folder: string;
let world: Awaited<ReturnType<typeof realWorld>>;
let startsAt: number;
beforeAll(async () => {
  folder = await clientBundle();
  if (withoutServers === undefined) world = await realWorld(folder);
}, 60_000);
beforeEach(() => {
  startsAt = world?.kernel.now();
});
afterEach(() => world?.tidy(), 60_000);
afterAll(() => world?.postgres.close(), 60_000);

const table = 'CREATE TABLE stock (id int PRIMARY KEY, left_over int NOT NULL)';
const change = (by: number) => `UPDATE stock SET left_over = left_over + ${by} WHERE id = 1 RETURNING left_over`;

describe.skipIf(withoutServers !== undefined)('a function’s connection to a real server', () => {
  it('speaks with it over TLS and SCRAM, in virtual time alone', async () => {
    const [run] = await world.all(
      world.start([
        table,
        'INSERT INTO stock VALUES (1, 5)',
        'SELECT *, now() FROM stock',
        'SELECT pg_sleep(0.2)',
        'SELECT 1/0',
      ]),
    );
    expect(run?.answers.slice(2)).toEqual([
      [{ id: 1, left_over: 5, now: expect.stringContaining('2026-11-02T08:') }],
      [{ pg_sleep: '' }],
      { refused: '22012 division by zero' },
    ]);
    // A millisecond a message, and none for the server's sleep.
    expect((run?.endedAt ?? 0) - startsAt).toBeLessThan(30);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, /^28P01 password authentication failed for user "chief"/],
    ['an unknown user', { user: 'nobody' }, /^28P01 password authentication failed for user "nobody"/],
    ['a database that there is not', { database: 'other' }, /^3D000 database "other" does not exist/],
    ['RDS’s own user', { user: 'rdsadmin' }, /^28000 no pg_hba.conf entry for host, user "rdsadmin", SSL encryption/],
  ])('with %s is refused', async (_what, login, refusal) => {
    const [run] = await world.all(world.start([], { login }));
    expect(run?.answers).toEqual([{ refused: expect.stringMatching(refusal) }]);
  });

  it('without TLS is refused where it is forced, and taken where it is not', async () => {
    const [refused] = await world.all(world.start([], { login: { ssl: false } }));
    expect(refused?.answers).toEqual([{ refused: '28000 no pg_hba.conf entry for host, user "chief", no encryption' }]);
    const own = await realWorld(folder, { tlsForced: false });
    try {
      const [taken] = await own.all(own.start(['SELECT 1 AS one'], { login: { ssl: false } }));
      expect(taken?.answers).toEqual([[{ one: 1 }]]);
    } finally {
      await own.postgres.close();
    }
  });

  it('that reads the clock of the machine ends the run', async () => {
    const own = await realWorld(folder);
    try {
      await expect(own.all(own.start(['SELECT current_timestamp']))).rejects.toThrow(/uses current_timestamp/);
    } finally {
      await own.postgres.close();
    }
  });

  it('waits in virtual time for a lock that another session holds, and gets it when that one commits', async () => {
    await world.all(world.start([table, 'INSERT INTO stock VALUES (1, 5)']));
    const holder = world.start(['BEGIN', change(1), 3_000, 'COMMIT']);
    const waiter = world.start([500, change(10)]);
    const [held, waited] = await world.all(holder, waiter);
    expect(held?.answers[1]).toEqual([{ left_over: 6 }]);
    expect(waited?.answers).toEqual([[{ left_over: 16 }]]);
    expect((waited?.endedAt ?? 0) - startsAt).toBeGreaterThan(3_000);
    expect((waited?.endedAt ?? 0) - startsAt).toBeLessThan(3_100);
  });

  it('that gives up waiting is gone, while what it asked for is done once the lock is free', async () => {
    await world.all(world.start([table, 'INSERT INTO stock VALUES (1, 5)']));
    const holder = world.start(['BEGIN', change(1), 9_000, 'COMMIT']);
    const impatient = world.start([500, change(10)], { timeout: 2_000 });
    const [, gaveUp] = await world.all(holder, impatient);
    expect(gaveUp?.answers).toEqual([{ refused: expect.stringContaining('timeout') }]);
    const [after] = await world.all(world.start(['SELECT left_over FROM stock']));
    expect(after?.answers).toEqual([[{ left_over: 16 }]]);
  });

  it('that breaks off within a transaction has done nothing', async () => {
    await world.all(world.start([table, 'INSERT INTO stock VALUES (1, 5)']));
    await world.all(world.start(['BEGIN', change(1)]));
    const [after] = await world.all(world.start([change(10)]));
    expect(after?.answers).toEqual([[{ left_over: 15 }]]);
  });

  it('is ended by another one that may', async () => {
    const victim = world.start(['SELECT 1', 5_000, 'SELECT 2']);
    const ender = world.start([
      1_000,
      "SELECT count(pg_terminate_backend(pid))::int AS ended FROM pg_stat_activity WHERE usename = 'chief' AND pid <> pg_backend_pid()",
    ]);
    const [ended, by] = await world.all(victim, ender);
    expect(by?.answers).toEqual([[{ ended: 1 }]]);
    expect(ended?.answers).toEqual([
      [{ '?column?': 1 }],
      { refused: expect.stringMatching(/terminat|not queryable/i) },
    ]);
  });

  it('is cut when the server is killed, and stands again when it is back', async () => {
    const { kernel, server } = world;
    await world.all(world.start([table, 'INSERT INTO stock VALUES (1, 5)']));
    const client = world.start(['BEGIN', change(1), 2_000, 'COMMIT']);
    kernel.after(1_000, 'the host is lost', () => kernel.hold(() => server.kill()));
    const [cut] = await world.all(client);
    expect(cut?.answers[2]).toEqual({ refused: expect.stringMatching(/terminat|not queryable|closed/i) });
    const [refused] = await world.all(world.start([]));
    expect(refused?.answers).toEqual([{ refused: expect.stringContaining('ECONNREFUSED') }]);
    await kernel.hold(() => server.start());
    const [after] = await world.all(world.start(['SELECT left_over FROM stock']));
    expect(after?.answers).toEqual([[{ left_over: 5 }]]);
  });
});

describe.skipIf(withoutServers !== undefined)('the same story told twice', () => {
  /**
   * Clients that wait for each other's locks, a job, a kill and a recovery. One waits at a time: of several that wait for one row,
   * which is next once it has a new version is decided by how fast the server's processes wake.
   */
  async function told() {
    const own = await realWorld(folder);
    const { kernel, server } = own;
    try {
      const job =
        "SELECT cron.schedule('beat', '2 seconds', 'UPDATE stock SET left_over = left_over + 100 WHERE id = 2')";
      await own.all(own.start([table, 'INSERT INTO stock VALUES (1, 5), (2, 0)', 'CREATE EXTENSION pg_cron', job]));
      const clients = [
        own.start(['BEGIN', change(1), 3_000, 'COMMIT']),
        own.start([500, change(10), change(20)]),
        own.start([4_000, 'BEGIN', change(100), 700, 'ROLLBACK']),
        own.start([4_500, 'BEGIN', change(0), 8_000, 'COMMIT']),
      ];
      kernel.after(6_000, 'the host is lost', () => kernel.hold(() => server.kill()));
      kernel.after(7_000, 'the host is back', () => kernel.hold(() => server.start()));
      const runs = await own.all(...clients);
      await kernel.run({ until: kernel.now() + 5_000 });
      const [end] = await own.all(own.start(['SELECT * FROM stock ORDER BY id']));
      return { runs, end, events: kernel.handled, now: kernel.now() };
    } finally {
      await own.postgres.close();
    }
  }

  it('has the same answers at the same moments', async () => {
    const first = await told();
    expect(first.runs.map(({ answers }) => answers.length)).toEqual([3, 2, 3, 3]);
    expect(await told()).toEqual(first);
  });
});

describe.skipIf(withoutServers !== undefined)('a job of pg_cron’s stand-in', () => {
  const schedule = (command: string) => `SELECT cron.schedule('beat', '2 seconds', $$${command}$$)`;
  const beats = 'CREATE TABLE beats (at timestamptz PRIMARY KEY)';

  it('runs in virtual time, with the clock of the moment at which it was due', async () => {
    await world.all(world.start([beats, 'CREATE EXTENSION pg_cron', schedule('INSERT INTO beats VALUES (now())')]));
    await world.kernel.run({ until: world.kernel.now() + 5_000 });
    const [seen] = await world.all(
      world.start([
        'SELECT at FROM beats ORDER BY at',
        'SELECT jobid, status, return_message FROM cron.job_run_details',
      ]),
    );
    const [rows, runs] = seen?.answers ?? [];
    const times = (rows as { at: string }[]).map(({ at }) => Date.parse(at));
    expect(times).toHaveLength(2);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(2_000);
    expect((times[1] ?? 0) - startsAt).toBeLessThan(4_100);
    expect(runs).toEqual(Array(2).fill({ jobid: '1', status: 'succeeded', return_message: '' }));
  });

  it('is scheduled when its transaction commits, and not when it is undone', async () => {
    await world.all(
      world.start([
        beats,
        'CREATE EXTENSION pg_cron',
        'BEGIN',
        schedule('INSERT INTO beats VALUES (now())'),
        'ROLLBACK',
      ]),
    );
    await world.all(world.start(['BEGIN', schedule('INSERT INTO beats VALUES (now())'), 1_500, 'COMMIT']));
    const committedAt = world.kernel.now();
    await world.kernel.run({ until: committedAt + 2_500 });
    const [seen] = await world.all(world.start(['SELECT count(*)::int AS beats FROM beats']));
    expect(seen?.answers).toEqual([[{ beats: 1 }]]);
  });

  it('has the rights of who scheduled it, and fails without ending anything', async () => {
    const clerk = { user: 'clerk', password: 'clerks-word' };
    await world.all(
      world.start([
        beats,
        'CREATE EXTENSION pg_cron',
        "CREATE ROLE clerk LOGIN PASSWORD 'clerks-word'",
        'GRANT USAGE ON SCHEMA cron TO clerk',
      ]),
    );
    const [scheduled] = await world.all(
      world.start(
        [
          schedule('INSERT INTO beats VALUES (now())'),
          "SELECT cron.schedule_in_database('other', '* * * * *', 'SELECT 1', 'postgres')",
        ],
        { login: clerk },
      ),
    );
    expect(scheduled?.answers).toEqual([[{ schedule: '1' }], { refused: expect.stringMatching(/^42501/) }]);
    await world.kernel.run({ until: world.kernel.now() + 2_500 });
    const [seen] = await world.all(
      world.start(['SELECT status, return_message FROM cron.job_run_details'], { login: clerk }),
    );
    expect(seen?.answers).toEqual([[{ status: 'failed', return_message: 'permission denied for table beats' }]]);
  });

  it('ends other sessions at its time', async () => {
    await world.all(
      world.start([
        'CREATE EXTENSION pg_cron',
        schedule(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chief' AND application_name <> 'keeper' AND state = 'idle'",
        ),
      ]),
    );
    const victim = world.start(['SELECT 1', 10_000, 'SELECT 2']);
    const keeper = world.start([5_000, 'SELECT 3 AS three'], { login: { application_name: 'keeper' } });
    const [ended, kept] = await world.all(victim, keeper);
    expect(kept?.answers).toEqual([[{ three: 3 }]]);
    expect(ended?.answers[1]).toEqual({ refused: expect.stringMatching(/terminat|not queryable/i) });
  });

  it.each([
    [
      'not in its database',
      "SELECT cron.schedule('a', '* * * * *', 'SELECT 1')",
      /42P01|3F000/,
      { database: 'postgres' },
    ],
    [
      'with a schedule that says nothing',
      schedule('SELECT 1').replace('2 seconds', 'sometimes'),
      /22023 invalid schedule/,
      {},
    ],
  ])('is refused %s', async (_what, statement, refusal, login) => {
    await world.all(world.start(['CREATE EXTENSION pg_cron']));
    const [seen] = await world.all(world.start([statement], { login }));
    expect(seen?.answers).toEqual([{ refused: expect.stringMatching(refusal) }]);
  });

  it('does not run in a replica, and runs there from its promotion on', async () => {
    const { kernel, postgres, server } = world;
    await world.all(world.start([beats, 'CREATE EXTENSION pg_cron', schedule('INSERT INTO beats VALUES (now())')]));
    const replica = await kernel.hold(() => postgres.replicate(server, 'standby'));
    await kernel.hold(() => replica.disconnect());
    await kernel.run({ until: kernel.now() + 10_000 });
    const count = async () =>
      (await kernel.hold(() => replica.ask(master, 'SELECT count(*)::int AS beats FROM beats')))[0]?.['beats'];
    expect(await count()).toBe(0);
    await kernel.hold(() => replica.promote());
    await kernel.run({ until: kernel.now() + 4_500 });
    expect(await count()).toBe(2);
  });
});
