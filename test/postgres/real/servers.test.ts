import { existsSync, readdirSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Login } from '../../../rehearsal/postgres/real/queries.ts';
import { RealPostgres } from '../../../rehearsal/postgres/real/real-postgres.ts';
import type { RealServer } from '../../../rehearsal/postgres/real/server.ts';
import { withoutServers } from './available.ts';

const startsAt = Date.UTC(2026, 10, 2, 8);
const master: Login = { user: 'chief', password: 'masters-word', database: 'shop' };
let now = startsAt;
let holding = true;
let postgres: RealPostgres;
let shop: RealServer;
let names = 0;

const create = (parameters = {}): Promise<RealServer> =>
  postgres.create(`instance ${++names}`, { master, database: master.database, parameters });

/** A table with so many orders. */
async function fill(server: RealServer, rows: number): Promise<void> {
  await server.ask(master, 'CREATE TABLE orders (id int PRIMARY KEY, placed timestamptz NOT NULL DEFAULT now())');
  await server.ask(master, 'INSERT INTO orders SELECT generate_series(1, $1::int)', [rows]);
}

const rowsOf = async (server: RealServer): Promise<number | undefined> =>
  (await server.tables('shop')).find(({ table }) => table === 'public.orders')?.rows;

beforeAll(async () => {
  if (withoutServers !== undefined) return;
  postgres = await RealPostgres.open({ now: () => now, holding: () => holding, maximumServers: 4 });
  shop = await create();
  await fill(shop, 100);
}, 60_000);
afterAll(() => postgres?.close(), 60_000);

describe.skipIf(withoutServers !== undefined)('a new instance', () => {
  it('is PostgreSQL 18 with the rehearsal’s clock, which stands still in a transaction', async () => {
    const [row] = await shop.ask(
      master,
      "SELECT current_setting('server_version') AS version, now(), statement_timestamp()",
    );
    expect(row).toMatchObject({ version: '18.4', now: new Date(now), statement_timestamp: new Date(now) });
    const client = new pg.Client(shop.clientOptions(master));
    await client.connect();
    await client.query('BEGIN');
    const first = (await client.query('SELECT now() AS began')).rows[0].began;
    now += 60_000;
    await shop.advance();
    const { rows } = await client.query('SELECT now() AS began, clock_timestamp() AS at');
    await client.end();
    expect(rows).toEqual([{ began: first, at: new Date(now) }]);
  });

  it.each([
    ['read files of the server', "SELECT pg_read_file('postgresql.conf')"],
    ['make superusers', 'CREATE ROLE boss SUPERUSER'],
    ['replicate', 'CREATE ROLE copier REPLICATION LOGIN'],
    ['become RDS’s own user', 'SET ROLE rdsadmin'],
    ['change system catalogs', 'UPDATE pg_catalog.pg_proc SET proname = proname'],
    ['take a password from the catalog', 'SELECT * FROM pg_authid'],
    ['change the server’s settings', "ALTER SYSTEM SET work_mem = '1GB'"],
  ])('has a master that may not %s', async (_what, statement) => {
    await expect(shop.ask(master, statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('has a master that makes users and databases, and passes on what RDS gave it', async () => {
    await shop.ask(master, "CREATE ROLE clerk LOGIN PASSWORD 'clerks-word'");
    await shop.ask(master, 'GRANT pg_monitor TO clerk');
    await shop.ask(master, 'CREATE DATABASE archive');
    const [row] = await shop.ask(
      { user: 'clerk', password: 'clerks-word', database: 'archive' },
      'SELECT current_user',
    );
    expect(row).toEqual({ current_user: 'clerk' });
  });

  it('lets the master create the extensions that RDS lets it create', async () => {
    await shop.ask(master, 'CREATE EXTENSION pg_stat_statements');
    await expect(shop.ask(master, 'CREATE EXTENSION file_fdw')).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    ['a wrong password', { ...master, password: 'wrong' }, { code: '28P01' }],
    ['a database of RDS’s own', { ...master, database: 'rdsadmin' }, { code: '42501' }],
    ['RDS’s own user', { ...master, user: 'rdsadmin' }, { name: 'WrongServerState' }],
  ])('refuses %s', async (_what, login, refusal) => {
    await expect(shop.ask(login, 'SELECT 1')).rejects.toMatchObject(refusal);
  });

  it('whose parameter group names a parameter that PostgreSQL does not know does not start, and says so', async () => {
    await expect(create({ max_conections: '100' })).rejects.toThrow(
      /unrecognized configuration parameter "max_conections"/,
    );
  });

  it('does nothing while virtual time may pass', async () => {
    holding = false;
    try {
      await expect(shop.ask(master, 'SELECT 1')).rejects.toThrow(/outside kernel\.hold/);
    } finally {
      holding = true;
    }
  });
});

describe.skipIf(withoutServers !== undefined)('a server that ends', () => {
  it('by a reboot or a kill has everything that was committed when it is back', async () => {
    const server = await create();
    await fill(server, 10);
    await server.reboot();
    await server.ask(master, 'INSERT INTO orders VALUES (11)');
    await server.kill();
    expect(server.running).toBe(false);
    await expect(server.ask(master, 'SELECT 1')).rejects.toThrow();
    await server.start();
    expect(await rowsOf(server)).toBe(11);
    await postgres.remove(server);
    expect(existsSync(server.folders.home)).toBe(false);
  });

  it('in the midst of writes loses none that it acknowledged', async () => {
    const server = await create();
    await fill(server, 0);
    const client = new pg.Client(server.clientOptions(master));
    client.on('error', () => undefined);
    await client.connect();
    let acknowledged = 0;
    const writing = (async () => {
      for (let id = 1; ; id++) {
        await client.query('INSERT INTO orders VALUES ($1)', [id]);
        acknowledged = id;
      }
    })().catch(() => undefined);
    while (acknowledged < 200) await new Promise((resolve) => setImmediate(resolve));
    await server.kill({ settled: false });
    await writing;
    await server.start();
    const rows = (await rowsOf(server)) ?? 0;
    // The last one may have been written and not answered.
    expect([acknowledged, acknowledged + 1]).toContain(rows);
    await postgres.remove(server);
  });
});

describe.skipIf(withoutServers !== undefined)('a snapshot', () => {
  it('of a running server is one instant of it, and becomes a new server', async () => {
    const before = await shop.tables('shop');
    const snapshot = await postgres.snapshot(shop, 'hourly');
    await shop.ask(master, 'DELETE FROM orders WHERE id = 1');
    await shop.ask(master, 'INSERT INTO orders VALUES (1)');
    const restored = await postgres.restore(snapshot, 'restored');
    expect(await restored.tables('shop')).toEqual(before);
    // As many rows, and other contents: the new row has another time.
    now += 1;
    await shop.ask(master, 'UPDATE orders SET placed = clock_timestamp() WHERE id = 1');
    const after = await shop.tables('shop');
    expect(after.map(({ rows }) => rows)).toEqual(before.map(({ rows }) => rows));
    expect(after).not.toEqual(before);
    await postgres.remove(restored);
    postgres.removeSnapshot(snapshot);
    expect(existsSync(snapshot.folder)).toBe(false);
  });

  it('under writes holds every row up to one, and no later one', async () => {
    const server = await create();
    await fill(server, 0);
    const client = new pg.Client(server.clientOptions(master));
    client.on('error', () => undefined);
    await client.connect();
    let id = 0;
    let stopped = false;
    const writing = (async () => {
      while (!stopped) await client.query('INSERT INTO orders VALUES ($1)', [++id]);
    })();
    const snapshot = await postgres.snapshot(server, 'under writes');
    const writtenAfter = id;
    stopped = true;
    await writing;
    await client.end();
    const restored = await postgres.restore(snapshot, 'restored under writes');
    const [row] = await restored.ask(
      master,
      'SELECT count(*)::int AS rows, coalesce(max(id), 0) AS newest FROM orders',
    );
    expect(row?.['rows']).toBe(row?.['newest']);
    expect(Number(row?.['rows'])).toBeLessThanOrEqual(writtenAfter);
    await postgres.remove(restored);
    await postgres.remove(server);
  });

  it('of a stopped server is a copy of it', async () => {
    const server = await create();
    await fill(server, 5);
    await server.stop();
    const snapshot = await postgres.snapshot(server, 'final');
    await postgres.remove(server);
    const restored = await postgres.restore(snapshot, 'from the final one');
    expect(await rowsOf(restored)).toBe(5);
    await postgres.remove(restored);
  });
});

describe.skipIf(withoutServers !== undefined)('a replica', () => {
  it('shows what its source has written, takes no writes, and takes them once it is promoted', async () => {
    const source = await create();
    await fill(source, 10);
    const replica = await postgres.replicate(source, 'replica');
    await source.ask(master, 'INSERT INTO orders VALUES (11)');
    expect(await rowsOf(replica)).toBe(11);
    await expect(replica.ask(master, 'INSERT INTO orders VALUES (12)')).rejects.toMatchObject({ code: '25006' });
    await source.kill();
    await replica.promote();
    await replica.ask(master, 'INSERT INTO orders VALUES (12)');
    expect(await rowsOf(replica)).toBe(12);
    expect(replica.source).toBeUndefined();
    // The old one, back on its own, knows nothing of it.
    await source.start();
    expect(await rowsOf(source)).toBe(11);
    await postgres.remove(source);
    await postgres.remove(replica);
  });

  it('that is cut off loses, when it is promoted, exactly what was written after the cut', async () => {
    const source = await create();
    await fill(source, 10);
    const replica = await postgres.replicate(source, 'cut off');
    await replica.disconnect();
    await source.ask(master, 'INSERT INTO orders SELECT generate_series(11, 17)');
    expect(await rowsOf(replica)).toBe(10);
    await source.kill();
    await replica.promote();
    await source.start();
    expect(((await rowsOf(source)) ?? 0) - ((await rowsOf(replica)) ?? 0)).toBe(7);
    await postgres.remove(source);
    await postgres.remove(replica);
  });

  it('of a source that is killed in the midst of writes has all that it received, and the loss can be counted', async () => {
    const source = await create();
    await fill(source, 0);
    const replica = await postgres.replicate(source, 'in the midst');
    const client = new pg.Client(source.clientOptions(master));
    client.on('error', () => undefined);
    await client.connect();
    let acknowledged = 0;
    const writing = (async () => {
      for (let id = 1; ; id++) {
        await client.query('INSERT INTO orders VALUES ($1)', [id]);
        acknowledged = id;
      }
    })().catch(() => undefined);
    while (acknowledged < 300) await new Promise((resolve) => setImmediate(resolve));
    await source.kill({ settled: false });
    await writing;
    await replica.promote();
    const kept = (await rowsOf(replica)) ?? 0;
    await source.start();
    const written = (await rowsOf(source)) ?? 0;
    expect(written).toBeGreaterThanOrEqual(acknowledged);
    expect(kept).toBeLessThanOrEqual(written);
    // Up to one row everything came, and nothing after it.
    const [row] = await replica.ask(master, 'SELECT coalesce(max(id), 0) AS newest FROM orders');
    expect(row?.['newest']).toBe(kept);
    await postgres.remove(source);
    await postgres.remove(replica);
  });

  it('that was cut off catches up when it is connected again', async () => {
    const source = await create();
    await fill(source, 10);
    const replica = await postgres.replicate(source, 'connected again');
    await replica.disconnect();
    await source.ask(master, 'INSERT INTO orders VALUES (11)');
    await replica.reconnect();
    expect(await rowsOf(replica)).toBe(11);
    await postgres.remove(replica);
    // Nothing is kept for it any more.
    expect(await source.inspect('postgres', 'SELECT slot_name FROM pg_replication_slots')).toEqual([]);
    await postgres.remove(source);
  });

  it('whose replay is held shows nothing new, and has it all the same when it is promoted', async () => {
    const source = await create();
    await fill(source, 10);
    const replica = await postgres.replicate(source, 'held');
    await replica.pauseReplay();
    await source.ask(master, 'INSERT INTO orders VALUES (11)');
    const written = await source.position();
    expect(await rowsOf(replica)).toBe(10);
    await replica.received(written);
    await source.kill();
    await replica.promote();
    expect(await rowsOf(replica)).toBe(11);
    await postgres.remove(source);
    await postgres.remove(replica);
  });

  it('of a server that does not run, and promotion of one that follows nobody, are refused', async () => {
    const source = await create();
    await source.stop();
    await expect(postgres.replicate(source, 'orphan')).rejects.toThrow(/does not run/);
    await expect(shop.promote()).rejects.toThrow(/follows no other/);
    await postgres.remove(source);
  });
});

describe.skipIf(withoutServers !== undefined)('the servers of a rehearsal', () => {
  it('are no more than allowed', async () => {
    const more = [await create(), await create(), await create()];
    await expect(create()).rejects.toThrow(/4 real servers run .* 4 allowed/);
    for (const server of more) await postgres.remove(server);
    // Of those that were refused or removed nothing is left.
    expect(readdirSync(postgres.folder).filter((name) => /^\d+$/.test(name))).toHaveLength(1);
  });
});
