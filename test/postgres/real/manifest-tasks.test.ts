import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backupsKeyParameterName } from '../../../domain/backups.ts';
import {
  databaseChecksParameterName,
  databaseEndpointParameterName,
  manifestSecretName,
} from '../../../domain/databases.ts';
import { BackupGaveWay } from '../../../domain/errors.ts';
import { type Manifest, manifest as manifestSchema } from '../../../domain/manifest.ts';
import { recoverySetKeys } from '../../../domain/recovery-set.ts';
import { closeManifest } from '../../../lambdas/manifest/close-manifest.ts';
import type { ManifestPorts } from '../../../lambdas/manifest/ports.ts';
import { takeManifest } from '../../../lambdas/manifest/read-manifest.ts';
import { askInvariants } from '../../../lambdas/postgres/invariants.ts';
import { sessionsWith } from '../../../lambdas/postgres/session.ts';
import { withoutServers } from './available.ts';
import { ManifestWorld } from './manifest-world.ts';

const execution = { name: 'hour', arn: 'arn:aws:states:us-east-1:111111111111:execution:hourly:hour' };
let world: ManifestWorld;
let hours = 0;

beforeAll(async () => {
  if (withoutServers === undefined) world = await ManifestWorld.open();
}, 60_000);
afterAll(() => world?.postgres.close(), 60_000);

/** The ports of one hour: a bucket in this process, and the shop's own server. */
function hour() {
  const setId = `aeon-20261121t${String(++hours).padStart(2, '0')}00z`;
  const stored = new Map<string, Uint8Array>();
  const keys: string[] = [];
  const digest = (body: Uint8Array) => ({
    bytes: body.byteLength,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
  const { host, port, ...login } = world.readerLogin();
  const parameters = new Map([
    [databaseEndpointParameterName('aeon', 'shop'), JSON.stringify({ host, port })],
    [databaseChecksParameterName('aeon', 'shop'), '{"invariants":[]}'],
    [backupsKeyParameterName('aeon'), 'arn:aws:kms:us-east-1:111111111111:key/sets'],
  ]);
  const ports: ManifestPorts = {
    environment: 'aeon',
    clock: { now: () => new Date() },
    pause: async () => undefined,
    requireWay: async () => undefined,
    logins: {
      read: async (name) => {
        if (name !== manifestSecretName('aeon', 'shop')) throw new Error(`no secret ${name}`);
        // A copied secret still names the other region's host.
        return { ...login, host: 'elsewhere.example', port: 1 };
      },
    },
    parameters: { read: async (name) => parameters.get(name) },
    objects: {
      put: async ({ key }, body, encryptionKey) => {
        stored.set(key, body);
        keys.push(encryptionKey);
        return digest(body);
      },
      read: async ({ key }) => stored.get(key),
      digestOf: async ({ key }) => {
        const body = stored.get(key);
        return body && digest(body);
      },
    },
    bucket: 'sets',
    sessions: sessionsWith(undefined),
  };
  const input = { setId, database: 'shop', execution };
  return { setId, stored, keys, ports, parameters, input };
}

const inserted = (rows: string) => world.write(world.server, `INSERT INTO queue VALUES (${rows}, '{}')`);

describe.skipIf(withoutServers !== undefined)('the tasks of a manifest', () => {
  it('read and close one, encrypted with the key of the region', async () => {
    const { setId, ports, stored, keys, input } = hour();
    expect(await takeManifest({ ...input, full: false }, ports)).toMatchObject({ tables: 6, unread: 0 });
    const closed = await closeManifest(input, ports);
    expect(closed.key).toBe(recoverySetKeys.manifest(setId, 'shop'));
    const manifest: Manifest = manifestSchema.parse(JSON.parse(Buffer.from(stored.get(closed.key) ?? '').toString()));
    expect(manifest).toMatchObject({ setId, environment: 'aeon', database: 'shop' });
    expect(new Set(keys)).toEqual(new Set(['arn:aws:kms:us-east-1:111111111111:key/sets']));
  });

  it('delivered twice answer the same, and the first reading stays', async () => {
    const { setId, ports, stored, input } = hour();
    const first = await takeManifest({ ...input, full: false }, ports);
    const reading = stored.get(recoverySetKeys.manifestBefore(setId, 'shop'));
    await inserted(String(hours * 10));
    expect(await takeManifest({ ...input, full: false }, ports)).toEqual(first);
    expect(stored.get(recoverySetKeys.manifestBefore(setId, 'shop'))).toBe(reading);
  });

  it('that end before the marker is committed leave no marker, and are read anew', async () => {
    const { setId, ports, input } = hour();
    const crashing: ManifestPorts = {
      ...ports,
      objects: {
        ...ports.objects,
        put: async (...given) => {
          await ports.objects.put(...given);
          throw new Error('the function is gone');
        },
      },
    };
    await expect(takeManifest({ ...input, full: false }, crashing)).rejects.toThrow('the function is gone');
    const markers = await world.server.inspect(
      'shop',
      'SELECT set_id FROM mainstay.recovery_marker WHERE set_id = $1',
      [setId],
    );
    expect(markers).toEqual([]);
    expect(await takeManifest({ ...input, full: false }, ports)).toMatchObject({ tables: 6 });
  });

  it('at the same time make one reading', async () => {
    const { ports, stored, input } = hour();
    const both = await Promise.all([1, 2].map(() => takeManifest({ ...input, full: false }, ports)));
    expect(both[0]).toEqual(both[1]);
    expect(stored.size).toBe(1);
  });

  it('give way to a failover before they touch the database', async () => {
    const { setId, ports, stored, input } = hour();
    const away: ManifestPorts = {
      ...ports,
      requireWay: async () => {
        throw new BackupGaveWay(setId, 'a failover is on');
      },
    };
    await expect(takeManifest({ ...input, full: false }, away)).rejects.toBeInstanceOf(BackupGaveWay);
    expect(stored.size).toBe(0);
  });

  it('compare nothing where a session that began meanwhile goes on to the end of patience', async () => {
    const { ports, input } = hour();
    const before = await takeManifest({ ...input, full: false }, ports);
    expect(before.unread).toBe(0);
    const slow = await world.client(world.server);
    await slow.query('BEGIN');
    await slow.query('SELECT 1');
    const pauses: number[] = [];
    const late: ManifestPorts = {
      ...ports,
      pause: async (milliseconds) => void pauses.push(milliseconds),
      // Half a minute later by the server's clock.
      sessions: (login, use) =>
        ports.sessions(login, (session) =>
          use({
            query: (text, values) =>
              session.query(text, text.includes('unsettled sessions') ? [values?.[0], -5] : values),
          }),
        ),
    };
    const { key } = await closeManifest(input, late);
    await slow.end();
    expect(pauses).toHaveLength(12);
    const body = Buffer.from((await ports.objects.read({ bucket: 'sets', key })) ?? '').toString();
    const { after } = manifestSchema.parse(JSON.parse(body));
    expect([...new Set(Object.values(after.counters).map(({ file }) => file))]).toEqual(['unsettled']);
  });

  it('leave a table unread that they may not read whole', async () => {
    const { ports, input } = hour();
    await world.write(world.server, 'CREATE TABLE secrets (id int)', 'ALTER TABLE secrets ENABLE ROW LEVEL SECURITY');
    expect(await takeManifest({ ...input, full: false }, ports)).toMatchObject({ tables: 7, unread: 1 });
    await world.write(world.server, 'DROP TABLE secrets');
  });
});

describe.skipIf(withoutServers !== undefined)('the platform’s own queries', () => {
  const ask = (sql: string, bounds: object = { minimum: 1 }) =>
    world.asReader(world.server, (session) => askInvariants(session, [{ name: 'one', sql, ...bounds }]));

  it.each([
    ['a number within its bounds', 'SELECT count(*) FROM customers', { minimum: 500, maximum: 500 }, true, '500'],
    ['a number below', 'SELECT count(*) FROM customers', { minimum: 501 }, false, '500'],
    ['a number above', 'SELECT max(balance) FROM customers', { maximum: 0 }, false, '500'],
    ['no row', 'SELECT id FROM customers WHERE id = 0', { minimum: 0 }, false, 'no number'],
    ['a text', 'SELECT name FROM customers LIMIT 1', { minimum: 0 }, false, 'no number'],
    ['a table that is gone', 'SELECT count(*) FROM gone', { minimum: 0 }, false, 'refused (SQLSTATE 42P01)'],
    [
      'a statement that writes',
      'DELETE FROM customers',
      { minimum: 0 },
      false,
      'not asked: it does not begin with SELECT or WITH',
    ],
    ['a writing function', "SELECT nextval('recovery')", { minimum: 0 }, false, 'refused (SQLSTATE 25006)'],
  ])('judge %s', async (_what, sql, bounds, holds, found) => {
    if (sql.includes('nextval'))
      await world.write(
        world.server,
        'CREATE SEQUENCE IF NOT EXISTS recovery',
        'GRANT ALL ON SEQUENCE recovery TO PUBLIC',
      );
    expect(await ask(sql, bounds)).toMatchObject([{ holds, found }]);
  });

  it('go on after one that was refused', async () => {
    const results = await world.asReader(world.server, (session) =>
      askInvariants(session, [
        { name: 'first', sql: 'SELECT gone FROM customers', minimum: 1 },
        { name: 'second', sql: 'SELECT count(*) FROM customers', minimum: 1 },
      ]),
    );
    expect(results.map(({ holds }) => holds)).toEqual([false, true]);
  });
});
