import { beforeAll, describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { ExecutionEnvironment, type InvocationOutcome } from '../../../rehearsal/lambda/environment.ts';
import { Network, NetworkError } from '../../../rehearsal/lambda/network.ts';
import { DatabaseModel } from '../../../rehearsal/postgres/database.ts';
import { verifierOf } from '../../../rehearsal/postgres/scram.ts';
import { PostgresSession } from '../../../rehearsal/postgres/session.ts';
import { bundleHandler } from '../lambda/bundle.ts';

const host = 'aeon-aeon-dt.0123456789ab.us-east-1.rds.amazonaws.com';
const replica = 'aeon-aeon-dt.0123456789ab.us-west-2.rds.amazonaws.com';
const master = { host, port: 5432, user: 'mainstay_master', password: 'master-password', database: 'aeon_dt' };
const reader = { ...master, user: 'mainstay_heartbeat', password: 'beat-password' };
const parameters = {
  shared_preload_libraries: 'pg_stat_statements,pg_tle,pg_cron',
  'cron.database_name': 'aeon_dt',
  'cron.log_run': 'off',
};
const startsAt = Date.UTC(2026, 0, 5, 9);

let folder: string;
beforeAll(async () => {
  folder = await bundleHandler(`
    import { databaseAdministration } from '../../../lambdas/postgres/administration.ts';
    import { heartbeatRow } from '../../../lambdas/postgres/heartbeat-row.ts';
    import { inTransaction, withSession } from '../../../lambdas/postgres/session.ts';
    export const handler = async ({ task, login, reader, text, values }: any) => {
      if (task === 'prepare') {
        return withSession(login, (session) => inTransaction(session, async () => {
          const administration = databaseAdministration(session);
          await administration.closeToPublic(login.database);
          await administration.putUser(reader.user, reader.password);
          await administration.putHeartbeat(login.database, reader.user, 1);
          await administration.scheduleHeartbeat(2);
          await administration.scheduleFence(2);
          if (text) await session.query(text);
        }));
      }
      if (task === 'read') return withSession(login, async (session) => (await heartbeatRow(session).read()) ?? null);
      return withSession(login, (session) => session.query(text, values));
    };
  `);
});

interface Options {
  readonly trusts?: string;
  readonly certificateOf?: string;
  readonly refuses?: NetworkError;
  readonly settings?: Readonly<Record<string, string>>;
}

function world({ trusts = '/var/runtime/ca-cert.pem', certificateOf = host, refuses, settings }: Options = {}) {
  const kernel = new Kernel({ seed: 1, startsAt });
  const server = { now: () => kernel.now(), parameters: { ...parameters, ...settings } };
  const model = new DatabaseModel('aeon_dt', master.user, verifierOf(master.password, Buffer.alloc(16, 7)), server);
  const network = new Network();
  const received: string[] = [];
  network.connectStream({
    name: 'the database',
    serves: (name) => name === host || name === replica,
    async open(target, _source, client) {
      if (refuses) throw refuses;
      const session = new PostgresSession({
        host: target.host === replica ? replica : certificateOf,
        ...(target.host === replica ? { behindMilliseconds: () => 700 } : {}),
        tlsForced: true,
        database: (name) => (name === model.name ? model : undefined),
        send: (bytes) => void kernel.after(1, 'answer', () => client.receive(bytes)),
        end: () => void kernel.after(1, 'end', () => client.closed()),
        nonce: () => 'server',
        fail: (error) => kernel.fail(error),
      });
      return {
        receive(bytes) {
          received.push(bytes.toString('latin1'));
          session.receive(bytes);
        },
        secure: (client) => session.secure(client),
        closed: () => session.closed(),
      };
    },
  });
  const environment = new ExecutionEnvironment({
    kernel,
    network,
    source: { functionName: 'task', region: 'us-east-1' },
    folder,
    handler: 'index.handler',
    variables: { AWS_REGION: 'us-east-1', NODE_EXTRA_CA_CERTS: trusts },
    random: kernel.random('lambda/task/1'),
    memoryMegabytes: 512,
    functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:task',
    timeoutMilliseconds: 20_000,
    onLine: () => undefined,
  });
  const invoke = async (
    task: string,
    login: object,
    text?: string,
    values?: readonly string[],
  ): Promise<InvocationOutcome> => {
    let outcome: InvocationOutcome | undefined;
    void environment.invoke('request', JSON.stringify({ task, login, reader, text, values })).then((done) => {
      outcome = done;
    });
    await kernel.run({ done: () => outcome !== undefined });
    if (!outcome) throw new Error(`${task} never ended`);
    return outcome;
  };
  return { kernel, model, received, invoke };
}

const refusal = (outcome: InvocationOutcome) => (outcome.kind === 'failed' ? outcome.failure : outcome);

function answerOf(outcome: InvocationOutcome) {
  if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.payload);
}

describe('the real client against the simulated PostgreSQL', () => {
  it('logs in by SCRAM over TLS, makes a user without sending its password, and the user reads the row', async () => {
    const { invoke, received } = world();
    expect(await invoke('prepare', master)).toMatchObject({ kind: 'answered' });
    expect(answerOf(await invoke('read', reader))).toEqual({ epoch: 1, beatenAt: '1970-01-01T00:00:00.000Z' });
    expect(received.join('')).not.toMatch(/master-password|beat-password/);
  });

  it.each([
    ['a wrong password', { ...master, password: 'wrong' }, '28P01'],
    ['an unknown user', { ...master, user: 'nobody' }, '28P01'],
    ['a database that there is not', { ...master, database: 'other' }, '3D000'],
  ])('refuses %s', async (_what, login, sqlState) => {
    const { invoke } = world();
    expect(refusal(await invoke('read', login))).toMatchObject({
      errorType: 'DatabaseRefused',
      errorMessage: expect.stringContaining(sqlState),
    });
  });

  it('refuses the heartbeat user everything but its row', async () => {
    const { invoke } = world();
    await invoke('prepare', master);
    const outcome = await invoke('sql', reader, `REVOKE ALL ON DATABASE "aeon_dt" FROM PUBLIC`);
    expect(refusal(outcome)).toMatchObject({ errorMessage: expect.stringContaining('SQLSTATE 42501') });
  });

  it('undoes a transaction that does not reach its COMMIT', async () => {
    const { invoke, model } = world();
    const outcome = await invoke(
      'prepare',
      master,
      `CREATE ROLE "mainstay_heartbeat" LOGIN PASSWORD 'SCRAM-SHA-256$4096:AA==$AA==:AA=='`,
    );
    expect(refusal(outcome)).toMatchObject({ errorMessage: expect.stringContaining('42710') });
    expect([model.heartbeat, model.verifier('mainstay_heartbeat')]).toEqual([undefined, undefined]);
  });

  it('does not trust a certificate whose authority the function was not told of', async () => {
    expect(refusal(await world({ trusts: '' }).invoke('read', reader))).toMatchObject({
      errorType: 'DatabaseUnavailable',
      errorMessage: expect.stringContaining('SELF_SIGNED_CERT_IN_CHAIN'),
    });
  });

  it('does not trust a certificate of another host', async () => {
    expect(refusal(await world({ certificateOf: 'other.example' }).invoke('read', reader))).toMatchObject({
      errorMessage: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  it('says that it was not reached', async () => {
    const refuses = new NetworkError('ETIMEDOUT', 'connect ETIMEDOUT');
    expect(refusal(await world({ refuses }).invoke('read', reader))).toMatchObject({
      errorType: 'DatabaseUnavailable',
      errorMessage: expect.stringContaining('ETIMEDOUT'),
    });
  });

  it('ends the run on a statement that is not modelled, and does not show what stands in quotes', async () => {
    const { invoke } = world();
    await expect(invoke('sql', master, "SELECT 'hidden' FROM secrets")).rejects.toThrow(
      /does not know the statement "SELECT '…' FROM secrets"/,
    );
  });
});

const schedule = 'SELECT cron.schedule($1, $2, $3) AS job';
const beat = 'UPDATE mainstay.heartbeat SET beaten_at = now() WHERE id = 1 AND beaten_at < now()';

/** A prepared database; `agoOf` is how old the row is that a user reads. */
async function prepared(options?: Options) {
  const made = world(options);
  answerOf(await made.invoke('prepare', master));
  return {
    ...made,
    pass: (milliseconds: number) => made.kernel.run({ until: made.kernel.now() + milliseconds }),
    async agoOf(login: object) {
      const { beatenAt } = answerOf(await made.invoke('read', login));
      return made.kernel.now() - Date.parse(beatenAt);
    },
  };
}

describe('the scheduled job', () => {
  it('keeps the row two seconds young, and costs no event', async () => {
    const { agoOf, pass, kernel } = await prepared();
    const before = kernel.handled;
    await pass(35 * 24 * 3_600_000);
    expect(kernel.handled - before).toBeLessThan(10);
    for (let look = 0; look < 20; look++) {
      await pass(777);
      expect(await agoOf(reader)).toBeLessThan(2_100);
    }
  });

  it('that is scheduled again keeps its rhythm, and takes a new period from its last run', async () => {
    const { invoke, model, pass } = await prepared();
    await pass(4_500);
    const { beatenAt } = model.heartbeat ?? { beatenAt: 0 };
    await invoke('sql', master, schedule, ['mainstay-heartbeat', '2 seconds', beat]);
    await invoke('sql', master, schedule, ['mainstay-heartbeat', '10 seconds', beat]);
    await pass(9_000);
    expect(model.heartbeat?.beatenAt).toBe(beatenAt);
    await pass(1_000);
    expect((model.heartbeat?.beatenAt ?? 0) - beatenAt).toBeGreaterThanOrEqual(10_000);
  });

  it.each([
    ['without its library', { shared_preload_libraries: 'pg_stat_statements' }, '42704'],
    ['in another database than the scheduler reads', { 'cron.database_name': 'postgres' }, 'P0001'],
  ])('is not made %s, and the rest of the transaction neither', async (_what, settings, sqlState) => {
    const { invoke, model } = world({ settings });
    expect(refusal(await invoke('prepare', master))).toMatchObject({
      errorType: 'DatabaseRefused',
      errorMessage: expect.stringContaining(sqlState),
    });
    expect([model.heartbeat, model.verifier(reader.user)]).toEqual([undefined, undefined]);
  });

  it.each([
    ['a user who is not the master', reader, ['mine', '2 seconds', beat], '42501'],
    ['a period that it does not have', master, ['slow', '60 seconds', beat], '22023'],
  ])('is refused to %s', async (_what, login, values, sqlState) => {
    const { invoke } = await prepared();
    expect(refusal(await invoke('sql', login, schedule, values))).toMatchObject({
      errorMessage: expect.stringContaining(sqlState),
    });
  });

  it.each([
    ['another command', {}, ['other', '2 seconds', 'DELETE FROM orders'], /"DELETE FROM orders" is not modelled/],
    ['a time of day', {}, ['other', '0 3 * * *', beat], /'0 3 \* \* \*' is not modelled/],
    ['runs that are written down', { 'cron.log_run': 'on' }, ['other', '2 seconds', beat], /set cron.log_run to off/],
  ])('ends the run with %s', async (_what, settings, values, message) => {
    const { invoke } = world({ settings });
    await invoke('sql', master, 'CREATE EXTENSION IF NOT EXISTS pg_cron');
    await expect(invoke('sql', master, schedule, values)).rejects.toThrow(message);
  });
});

describe('a replica', () => {
  it('shows the row as it was when the last change left its source', async () => {
    const { agoOf, pass } = await prepared();
    const ages: number[] = [];
    for (let look = 0; look < 20; look++) {
      await pass(777);
      ages.push(await agoOf({ ...reader, host: replica }));
    }
    expect(Math.max(...ages.slice(4))).toBeLessThan(2_800);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(700);
  });

  it('takes no write', async () => {
    const { invoke } = await prepared();
    const there = { ...master, host: replica };
    const outcome = await invoke('sql', there, 'CREATE SCHEMA IF NOT EXISTS other');
    expect(refusal(outcome)).toMatchObject({ errorMessage: expect.stringContaining('25006') });
  });
});
