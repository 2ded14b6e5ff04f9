import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DatabaseRefused, DatabaseUnavailable } from '../../../domain/database-errors.ts';
import type { WithSession } from '../../../lambdas/postgres/session.ts';
import { compareDatabase } from '../../../lambdas/restore/compare-database.ts';
import { loginsOf } from '../../../lambdas/restore/set-logins.ts';
import { warmDatabase } from '../../../lambdas/restore/warm-database.ts';
import { aeonSet } from './sets.ts';
import { execution, hold, restoreWorld } from './world.ts';

const master = 'mainstay/aeon/databases/aeon-dt/master';
const login = (dbname: string, password = 'secret') =>
  JSON.stringify({ engine: 'postgres', host: 'running', port: 5432, username: 'u', password, dbname });
const input = {
  setId: aeonSet('2026-11-23T03:00:00Z').setId,
  pointInTime: null,
  database: 'aeon-dt',
  instance: 'mst-aeon-x',
  purpose: 'test' as const,
  since: '2026-11-23T04:30:00Z',
  execution: execution('test-1'),
  host: 'restored',
  port: 5432,
  checks: { invariants: [] },
};

async function world(
  values: Readonly<Record<string, string>>,
  answer: (text: string) => Record<string, unknown>[] = () => [],
  secrets = [{ secret: master, versionId: 'v1' }],
) {
  const given = restoreWorld();
  const body = Buffer.from('{}');
  const set = aeonSet('2026-11-23T03:00:00Z', { secrets });
  const [member] = set.databases;
  if (member) member.manifest.sha256 = createHash('sha256').update(body).digest('hex');
  await hold(given, set);
  const opened: string[] = [];
  const sessions: WithSession = async (to, use) => {
    opened.push(`${to.user}@${to.host}`);
    if (to.password === 'wrong') throw new DatabaseRefused(to.host, 'password', '28P01');
    if (to.password === 'silent') throw new DatabaseUnavailable(to.host, 'ECONNREFUSED');
    return use({ query: async (text) => answer(text) });
  };
  const read = async (secret: string, version: { id?: string; stage?: string }) => {
    const text = values[`${secret}@${version.id ?? version.stage}`];
    return text === undefined ? undefined : { versionId: version.id ?? 'now', text, createdAt: new Date(0) };
  };
  return { ...given, opened, sessions, secrets: { read }, objects: { read: async () => body } };
}

describe('a login of the set', () => {
  it('whose version is gone is said in the verdict, and nobody guesses with another', async () => {
    const given = await world({ [`${master}@AWSCURRENT`]: login('aeon_dt') });
    const compared = await compareDatabase(input, { ...given, objects: { read: async () => Buffer.from('x') } });
    expect(given.opened).toEqual([]);
    expect(compared.verdict).toBe('failed');
    expect(compared.failures).toEqual(
      expect.arrayContaining([
        {
          kind: 'login',
          table: master,
          expected: 'version v1 opens',
          found: 'Secrets Manager has this version no more',
        },
      ]),
    );
  });

  it('of another database, or of none, is not tried', async () => {
    const secrets = ['mainstay/aeon/databases/other/master', 'mainstay/aeon/secrets/web', 'mainstay/aeon/secrets/api'];
    const given = await world({ [`${secrets[1]}@v1`]: login('other'), [`${secrets[2]}@v1`]: '{"key":"x"}' });
    const set = { environment: 'aeon', secrets: secrets.map((secret) => ({ secret, versionId: 'v1' })) };
    expect(await loginsOf(set, input, given.secrets)).toEqual([]);
  });

  it('of the platform that opens the database is tried at the restored instance, never at the running one', async () => {
    const secret = 'mainstay/aeon/secrets/web';
    const given = await world({ [`${secret}@v1`]: login('aeon_dt') });
    const set = { environment: 'aeon', secrets: [{ secret, versionId: 'v1' }] };
    expect(await loginsOf(set, input, given.secrets)).toMatchObject([
      { login: { host: 'restored', database: 'aeon_dt' } },
    ]);
  });

  it('that does not open fails the set', async () => {
    const given = await world({ [`${master}@v1`]: login('aeon_dt', 'wrong') });
    const compared = await compareDatabase(input, { ...given, objects: { read: async () => undefined } });
    expect(compared.failures).toMatchObject([
      { kind: 'restore', found: 'no such object' },
      { kind: 'nothing-compared' },
      { kind: 'login', found: 'SQLSTATE 28P01' },
    ]);
    expect(JSON.stringify(compared)).not.toContain('wrong');
  });
});

it('a manifest that is not the one of the set is a failure, and nothing is compared with it', async () => {
  const given = await world({ [`${master}@v1`]: login('aeon_dt') });
  const compared = await compareDatabase(input, { ...given, objects: { read: async () => Buffer.from('{"a":1}') } });
  expect(compared.failures).toMatchObject([{ kind: 'restore', table: '' }, { kind: 'nothing-compared' }]);
});

describe('warming', () => {
  const sizes = [
    { schema: 'public', name: 'a', bytes: '100' },
    { schema: 'public', name: 'b', bytes: '1000000000' },
  ];
  const warm = (given: Awaited<ReturnType<typeof world>>, read = 0) => warmDatabase({ ...warmInput, read }, given);
  const { checks: _checks, ...warmInput } = input;

  it('reads every table, and is done where the largest is read at a disk speed', async () => {
    const asked: string[] = [];
    const given = await world({ [`${master}@v1`]: login('aeon_dt') }, (text) => {
      asked.push(text);
      return text.includes('sizes') ? sizes : [];
    });
    expect(await warm(given)).toMatchObject({ state: 'ready', read: 2 });
    expect(asked.filter((text) => text.includes('read whole'))).toHaveLength(2);
    expect(asked.at(-1)).toContain('"public"."b" TABLESAMPLE SYSTEM');
  });

  it('is cold while blocks come slowly, and a failure after four hours', async () => {
    const made = await world({ [`${master}@v1`]: login('aeon_dt') }, (text) => {
      if (text.includes('read some')) made.later(60);
      return text.includes('sizes') ? sizes : [];
    });
    expect(await warm(made, 2)).toMatchObject({ state: 'waiting', kind: 'cold', read: 2 });
    made.later(4 * 3600);
    expect(await warm(made, 2)).toMatchObject({ state: 'broken', kind: 'cold' });
  });

  it('goes on where the last delivery stopped', async () => {
    let whole = 0;
    const made = await world({ [`${master}@v1`]: login('aeon_dt') }, (text) => {
      if (text.includes('read whole')) {
        whole++;
        made.later(600);
      }
      return text.includes('sizes') ? sizes : [];
    });
    expect(await warm(made)).toMatchObject({ state: 'waiting', read: 1, waitSeconds: 1 });
    await warm(made, 1);
    expect(whole).toBe(2);
  });

  it('waits for a server that does not answer, and fails at a password that does not open', async () => {
    expect(await warm(await world({ [`${master}@v1`]: login('aeon_dt', 'silent') }))).toMatchObject({
      state: 'waiting',
    });
    const refused = await warm(await world({ [`${master}@v1`]: login('aeon_dt', 'wrong') }));
    expect(refused).toMatchObject({ state: 'broken', kind: 'login' });
    expect(await warm(await world({}))).toMatchObject({ state: 'broken', kind: 'login' });
  });
});
