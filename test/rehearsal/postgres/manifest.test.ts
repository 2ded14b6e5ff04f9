import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest, ManifestVerdict } from '../../../domain/manifest.ts';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { ExecutionEnvironment, type InvocationOutcome } from '../../../rehearsal/lambda/environment.ts';
import { Network } from '../../../rehearsal/lambda/network.ts';
import { corruptApplication, seedApplication, writesTable } from '../../../rehearsal/postgres/application.ts';
import { DatabaseModel } from '../../../rehearsal/postgres/database.ts';
import { verifierOf } from '../../../rehearsal/postgres/scram.ts';
import { PostgresSession } from '../../../rehearsal/postgres/session.ts';
import { bundleHandler } from '../lambda/bundle.ts';

const host = 'aeon-aeon-dt.0123456789ab.us-east-1.rds.amazonaws.com';
const master = { host, port: 5432, user: 'mainstay_master', password: 'master-password', database: 'aeon_dt' };
const reader = { ...master, user: 'mainstay_manifest', password: 'reader-password' };
const startsAt = Date.UTC(2026, 10, 21, 1);
const invariants = [
  { name: 'twins-are-there', sql: 'SELECT count(*) FROM twins', minimum: 1 },
  {
    name: 'twins-have-owners',
    sql: 'SELECT count(*) FROM twins LEFT JOIN users ON users.id = twins.owner WHERE users.id IS NULL',
    maximum: 0,
  },
];

let folder: string;
beforeAll(async () => {
  folder = await bundleHandler(`
    import { compareManifest } from '../../../domain/manifest-comparison.ts';
    import { readingLimits } from '../../../domain/manifest.ts';
    import { databaseAdministration } from '../../../lambdas/postgres/administration.ts';
    import { askInvariants } from '../../../lambdas/postgres/invariants.ts';
    import { isSettled, observe, readAfter, readBefore } from '../../../lambdas/postgres/manifest.ts';
    import { inTransaction, withLongSession, withSession } from '../../../lambdas/postgres/session.ts';
    const reading = { environment: 'aeon', database: 'aeon-dt', schemaVersionQuery: 'SELECT max(version) FROM schema_migrations' };
    export const handler = async ({ task, login, reader, setId, given, sql }: any) => {
      if (task === 'prepare') {
        return withSession(login, (session) => inTransaction(session, async () => {
          const administration = databaseAdministration(session);
          await administration.closeToPublic(login.database);
          await administration.putUser(reader.user, reader.password);
          await administration.putManifestReader(login.database, reader.user);
        }));
      }
      return withLongSession(login, async (session) => {
        if (task === 'sql') return session.query(sql);
        if (task === 'ask') return askInvariants(session, given);
        if (task === 'observe') return compareManifest(given, await observe(session, given, reading));
        if (task === 'after') return { ...given, after: await readAfter(session, { ...reading, setId }, await isSettled(session, setId)) };
        let before: unknown = null;
        const limits = readingLimits.hourly;
        const clock = { now: () => new Date() };
        const deadline = new Date(Date.now() + 60_000);
        await readBefore(session, { ...reading, setId, limits, clock, deadline, keep: async (read) => { before = read; } });
        return before;
      });
    };
  `);
});

/** The functions' own client, over the wire, at the modelled databases; which of them answers may change. */
function world() {
  const kernel = new Kernel({ seed: 1, startsAt });
  const server = { now: () => kernel.now(), parameters: {} };
  const model = new DatabaseModel('aeon_dt', master.user, verifierOf(master.password, Buffer.alloc(16, 7)), server);
  let answering = model;
  const network = new Network();
  network.connectStream({
    name: 'the database',
    serves: (name) => name === host,
    async open(_target, _source, client) {
      return new PostgresSession({
        host,
        tlsForced: true,
        database: (name) => (name === answering.name ? answering : undefined),
        send: (bytes) => void kernel.after(1, 'answer', () => client.receive(bytes)),
        end: () => void kernel.after(1, 'end', () => client.closed()),
        nonce: () => 'server',
        fail: (error) => kernel.fail(error),
      });
    },
  });
  const environment = new ExecutionEnvironment({
    kernel,
    network,
    source: { functionName: 'task', region: 'us-east-1' },
    folder,
    handler: 'index.handler',
    variables: { AWS_REGION: 'us-east-1', NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' },
    random: kernel.random('lambda/task/1'),
    memoryMegabytes: 512,
    functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:task',
    timeoutMilliseconds: 60_000,
    onLine: () => undefined,
  });
  const invoke = async <T>(task: string, login: object, more: object = {}): Promise<T> => {
    let outcome: InvocationOutcome | undefined;
    void environment.invoke('request', JSON.stringify({ task, login, reader, ...more })).then((done) => {
      outcome = done;
    });
    await kernel.run({ done: () => outcome !== undefined });
    if (outcome?.kind !== 'answered') throw new Error(JSON.stringify(outcome));
    return JSON.parse(outcome.payload);
  };
  const set = async (setId: string) => {
    const before = await invoke<object>('before', reader, { setId });
    const snapshot = model.copy();
    return { snapshot, manifest: await invoke<Manifest>('after', reader, { setId, given: before }) };
  };
  const verdict = (of: DatabaseModel, manifest: Manifest): Promise<ManifestVerdict> => {
    answering = of;
    return invoke('observe', reader, { given: manifest });
  };
  const prepared = async () => {
    await invoke('prepare', master);
    await seedApplication({ model });
  };
  return { kernel, model, invoke, set, verdict, prepared };
}

describe('a modelled database', () => {
  it('is read, copied and found whole by the functions that read a real one', async () => {
    const { prepared, set, verdict } = world();
    await prepared();
    const { snapshot, manifest } = await set('aeon-20261121t0100z');
    expect(await verdict(snapshot, manifest)).toEqual({
      verdict: 'proven',
      failures: [],
      rowsCompared: 40 + 120 + 1000 + 2,
      tables: { exact: 5, bounded: 0, unbounded: 0 },
    });
  });

  it.each([
    ['table', ['rows', 'values']],
    ['schema', ['object', 'rows', 'schema-version']],
    ['missing', ['object', 'table-missing']],
  ] as const)('shows a copy that is damaged as "%s"', async (corruption, kinds) => {
    const { prepared, set, verdict } = world();
    await prepared();
    const { snapshot, manifest } = await set('aeon-20261121t0100z');
    await corruptApplication({ model: snapshot }, corruption);
    const { failures } = await verdict(snapshot, manifest);
    expect([...new Set(failures.map(({ kind }) => kind))].sort()).toEqual(kinds);
  });

  it('tells an old set from the new one, and rows written meanwhile are no failure', async () => {
    const { prepared, set, verdict, model } = world();
    await prepared();
    const { snapshot: old } = await set('aeon-20261121t0000z');
    for (let row = 0; row < 100; row++) model.insert(writesTable, `write ${row}`);
    const { snapshot, manifest } = await set('aeon-20261121t0100z');
    model.insert(writesTable, 'later');
    expect((await verdict(snapshot, manifest)).verdict).toBe('proven');
    expect((await verdict(old, manifest)).failures.map(({ kind }) => kind)).toContain('marker');
  });

  it('marks a set once', async () => {
    const { prepared, invoke } = world();
    await prepared();
    expect(await invoke('before', reader, { setId: 'aeon-20261121t0100z' })).not.toBeNull();
    expect(await invoke('before', reader, { setId: 'aeon-20261121t0100z' })).toBeNull();
  });

  it('answers the platform’s own queries, and none that it does not know', async () => {
    const { prepared, invoke } = world();
    await prepared();
    const held = await invoke<{ name: string; holds: boolean; found: string }[]>('ask', reader, { given: invariants });
    expect(held.map(({ name, holds, found }) => [name, holds, found])).toEqual([
      ['twins-are-there', true, '120'],
      ['twins-have-owners', true, '0'],
    ]);
    const other = [{ name: 'other', sql: 'SELECT count(*) FROM other', minimum: 1 }];
    await expect(invoke('ask', reader, { given: other })).rejects.toThrow(/does not know the statement/);
  });

  it('has no answer for a platform whose tables are not there', async () => {
    const { invoke } = world();
    await invoke('prepare', master);
    const [first] = await invoke<{ holds: boolean; found: string }[]>('ask', reader, { given: invariants });
    expect(first).toMatchObject({ holds: false, found: 'refused (SQLSTATE 42P01)' });
  });

  it('promoted as of a moment lacks what was acknowledged later, and can say which', async () => {
    const { prepared, model, kernel } = world();
    await prepared();
    const writes = [];
    for (let second = 0; second < 10; second++) {
      writes.push(model.insert(writesTable, `write ${second}`));
      await kernel.run({ until: kernel.now() + 1000 });
    }
    const promoted = model.copy({ asOf: startsAt + 6500 });
    const kept = new Set(promoted.writes.map(({ row }) => row));
    expect(writes.filter(({ row }) => !kept.has(row)).map(({ row }) => row)).toEqual(['write 7', 'write 8', 'write 9']);
    promoted.insert(writesTable, 'new');
    expect([model.writes.length, promoted.writes.length]).toEqual([10, 8]);
  });
});
