import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseRefused } from '../../../domain/database-errors.ts';
import type { Manifest } from '../../../domain/manifest.ts';
import type { RealSnapshot } from '../../../rehearsal/postgres/real/real-postgres.ts';
import type { RealServer } from '../../../rehearsal/postgres/real/server.ts';
import { withoutServers } from './available.ts';
import { ManifestWorld, Writer } from './manifest-world.ts';

const setId = 'aeon-20261121t0100z';
let world: ManifestWorld;
let old: RealSnapshot;
let snapshot: RealSnapshot;
let manifest: Manifest;

beforeAll(async () => {
  if (withoutServers !== undefined) return;
  world = await ManifestWorld.open();
  ({ snapshot: old } = await world.set('aeon-20261121t0000z'));
  const set = await world.set(setId);
  snapshot = set.snapshot;
  manifest = await world.close(setId, set.before);
}, 120_000);
afterAll(() => world?.postgres.close(), 60_000);

const sql =
  (...statements: string[]) =>
  (server: RealServer) =>
    world.write(server, ...statements);

describe.skipIf(withoutServers !== undefined)('a manifest of a real database', () => {
  it('proves a clean restore, every table of it', async () => {
    expect(await world.verdict(snapshot, manifest)).toEqual({
      verdict: 'proven',
      failures: [],
      rowsCompared: 500 + 5000 + 300 + 200 + 2,
      tables: { exact: 6, bounded: 0, unbounded: 0 },
    });
  });

  it.each([
    ['lost rows', sql('DELETE FROM orders WHERE id % 50 = 0'), 'rows', 'public.orders'],
    ['one lost row', sql('DELETE FROM orders WHERE id = 77'), 'rows', 'public.orders'],
    ['a changed value', sql('UPDATE orders SET total = total + 0.01 WHERE id = 77'), 'values', 'public.orders'],
    ['a dropped index', sql('DROP INDEX orders_by_customer'), 'object', 'index public.orders_by_customer'],
    ['a dropped table', sql('DROP TABLE items'), 'table-missing', 'public.items'],
    [
      'a dropped constraint',
      sql('ALTER TABLE customers DROP CONSTRAINT customers_balance_check'),
      'object',
      'constraint public.customers.customers_balance_check',
    ],
    ['a wrong schema version', sql("DELETE FROM schema_migrations WHERE version = '20260202'"), 'schema-version', ''],
    ['a truncated table', sql('TRUNCATE countries'), 'rows', 'public.countries'],
    [
      'a changed view',
      sql('CREATE OR REPLACE VIEW totals AS SELECT customer, max(total) AS sum FROM orders GROUP BY 1'),
      'object',
      'view public.totals',
    ],
    ['rows that came twice', sql("INSERT INTO queue VALUES (1, '{}')"), 'rows', 'public.queue'],
  ] as const)('finds %s', async (_what, corrupt, kind, table) => {
    const { verdict, failures } = await world.verdict(snapshot, manifest, corrupt);
    expect(verdict).toBe('failed');
    expect(failures).toContainEqual(expect.objectContaining({ kind, table }));
  });

  it('finds a copy whose files were cut short', async () => {
    const { verdict, failures } = await world.verdict(snapshot, manifest, cutShort('orders'));
    expect(verdict).toBe('failed');
    expect(failures.map(({ table }) => table)).toContain('public.orders');
  });

  it('finds an old set passed off as the new one, though nothing changed in between', async () => {
    const { failures } = await world.verdict(old, manifest);
    expect(failures.map(({ kind }) => kind)).toContain('marker');
  });

  it('finds nothing wrong with restores of a database that is written all the time', async () => {
    const writers = [new Writer(await world.client(world.server), 1), new Writer(await world.client(world.server), 2)];
    for (let run = 0; run < 3; run++) {
      const { before, snapshot: busy } = await world.set(`aeon-20261121t0${run + 2}00z`);
      const goOn = await Promise.all(writers.map((writer) => writer.rest()));
      const busyManifest = await world.close(`aeon-20261121t0${run + 2}00z`, before);
      for (const go of goOn) go();
      const { verdict, failures, tables } = await world.verdict(busy, busyManifest);
      expect(failures).toEqual([]);
      expect(verdict).toBe('proven');
      expect(tables.exact).toBeGreaterThanOrEqual(3);
      expect(tables.bounded).toBeGreaterThan(0);
    }
    for (const writer of writers) await writer.stop();
  }, 60_000);

  it('finds nothing wrong where definitions come, go and come back while the snapshot is taken', async () => {
    const id = 'aeon-20261121t0800z';
    const { before, snapshot: midway } = await world.set(id, () =>
      world.write(
        world.server,
        'CREATE TABLE helper (id serial PRIMARY KEY)',
        'INSERT INTO helper SELECT generate_series(1, 10)',
        'DROP INDEX orders_by_customer',
        'ALTER TABLE countries ADD COLUMN area int DEFAULT 7',
        "ALTER TYPE color ADD VALUE 'blue'",
        'CREATE VIEW passing AS SELECT 1 AS one',
      ),
    );
    await world.write(
      world.server,
      'DROP TABLE helper',
      'DROP VIEW passing',
      'CREATE INDEX orders_by_customer ON orders (customer)',
      'ALTER TABLE countries DROP COLUMN area',
    );
    const { verdict, failures } = await world.verdict(midway, await world.close(id, before));
    expect(failures).toEqual([
      { kind: 'nothing-compared', table: '', expected: expect.any(String), found: expect.any(String) },
    ]);
    expect(verdict).toBe('failed');
  });

  it('is read by a user that changes nothing of the platform', async () => {
    for (const statement of [
      'DELETE FROM orders',
      'UPDATE mainstay.recovery_marker SET set_id = set_id',
      'DELETE FROM mainstay.recovery_marker',
      'CREATE TABLE mine (id int)',
    ])
      await expect(world.asReader(world.server, (session) => session.query(statement))).rejects.toBeInstanceOf(
        DatabaseRefused,
      );
  });
});

/** The second half of a table's file is gone, and with a restart what the server had of it in memory. */
function cutShort(table: string) {
  return async (server: RealServer): Promise<void> => {
    const [row] = await server.inspect('shop', 'SELECT pg_relation_filepath($1::regclass) AS path', [table]);
    const file = join(server.folders.data, String(row?.['path']));
    await server.kill({ settled: false });
    truncateSync(file, 8192 * Math.floor(statSync(file).size / 8192 / 2));
    await server.start();
  };
}
