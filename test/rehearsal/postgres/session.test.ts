import { beforeAll, describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { ExecutionEnvironment, type InvocationOutcome } from '../../../rehearsal/lambda/environment.ts';
import { Network, NetworkError } from '../../../rehearsal/lambda/network.ts';
import { DatabaseModel } from '../../../rehearsal/postgres/database.ts';
import { verifierOf } from '../../../rehearsal/postgres/scram.ts';
import { PostgresSession } from '../../../rehearsal/postgres/session.ts';
import { bundleHandler } from '../lambda/bundle.ts';

const host = 'aeon-aeon-dt.0123456789ab.us-east-1.rds.amazonaws.com';
const master = { host, port: 5432, user: 'mainstay_master', password: 'master-password', database: 'aeon_dt' };
const beater = { ...master, user: 'mainstay_heartbeat', password: 'beat-password' };
const startsAt = Date.UTC(2026, 0, 5, 9);

let folder: string;
beforeAll(async () => {
  folder = await bundleHandler(`
    import { databaseAdministration } from '../../../lambdas/postgres/administration.ts';
    import { heartbeatRow } from '../../../lambdas/postgres/heartbeat-row.ts';
    import { inTransaction, withSession } from '../../../lambdas/postgres/session.ts';
    export const handler = async ({ task, login, beater, text }: any) => {
      if (task === 'prepare') {
        return withSession(login, (session) => inTransaction(session, async () => {
          const administration = databaseAdministration(session);
          await administration.closeToPublic(login.database);
          await administration.putUser(beater.user, beater.password);
          await administration.putHeartbeat(login.database, beater.user, 1);
          if (text) await session.query(text);
        }));
      }
      if (task === 'beat') return withSession(login, async (session) => (await heartbeatRow(session).beat(new Date())) ?? null);
      if (task === 'read') return withSession(login, async (session) => (await heartbeatRow(session).read()) ?? null);
      return withSession(login, (session) => session.query(text));
    };
  `);
});

interface Options {
  readonly trusts?: string;
  readonly certificateOf?: string;
  readonly refuses?: NetworkError;
}

function world({ trusts = '/var/runtime/ca-cert.pem', certificateOf = host, refuses }: Options = {}) {
  const kernel = new Kernel({ seed: 1, startsAt });
  const model = new DatabaseModel('aeon_dt', master.user, verifierOf(master.password, Buffer.alloc(16, 7)));
  const network = new Network();
  const received: string[] = [];
  network.connectStream({
    name: 'the database',
    serves: (name) => name === host,
    async open(_target, _source, client) {
      if (refuses) throw refuses;
      const session = new PostgresSession({
        host: certificateOf,
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
  const invoke = async (task: string, login: object, text?: string): Promise<InvocationOutcome> => {
    let outcome: InvocationOutcome | undefined;
    void environment.invoke('request', JSON.stringify({ task, login, beater, text })).then((done) => {
      outcome = done;
    });
    await kernel.run({ done: () => outcome !== undefined });
    if (!outcome) throw new Error(`${task} never ended`);
    return outcome;
  };
  return { kernel, model, received, invoke };
}

const refusal = (outcome: InvocationOutcome) => (outcome.kind === 'failed' ? outcome.failure : outcome);

describe('the real client against the simulated PostgreSQL', () => {
  it('logs in by SCRAM over TLS, makes a user without sending its password, and the user beats', async () => {
    const { invoke, model, received } = world();
    expect(await invoke('prepare', master)).toMatchObject({ kind: 'answered' });
    const outcome = await invoke('beat', beater);
    expect(outcome).toMatchObject({ kind: 'answered' });
    expect(JSON.parse((outcome as { payload: string }).payload)).toEqual({
      epoch: 1,
      beatenAt: new Date(model.heartbeat?.beatenAt ?? 0).toISOString(),
    });
    expect(received.join('')).not.toMatch(/master-password|beat-password/);
  });

  it('reads what was written', async () => {
    const { invoke } = world();
    await invoke('prepare', master);
    expect(await invoke('read', beater)).toMatchObject({
      payload: '{"epoch":1,"beatenAt":"1970-01-01T00:00:00.000Z"}',
    });
  });

  it.each([
    ['a wrong password', { ...master, password: 'wrong' }, '28P01'],
    ['an unknown user', { ...master, user: 'nobody' }, '28P01'],
    ['a database that there is not', { ...master, database: 'other' }, '3D000'],
  ])('refuses %s', async (_what, login, sqlState) => {
    const { invoke } = world();
    expect(refusal(await invoke('beat', login))).toMatchObject({
      errorType: 'DatabaseRefused',
      errorMessage: expect.stringContaining(sqlState),
    });
  });

  it('refuses the heartbeat user everything but its row', async () => {
    const { invoke } = world();
    await invoke('prepare', master);
    const outcome = await invoke('sql', beater, `REVOKE ALL ON DATABASE "aeon_dt" FROM PUBLIC`);
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
    expect(refusal(await world({ trusts: '' }).invoke('beat', beater))).toMatchObject({
      errorType: 'DatabaseUnavailable',
      errorMessage: expect.stringContaining('SELF_SIGNED_CERT_IN_CHAIN'),
    });
  });

  it('does not trust a certificate of another host', async () => {
    expect(refusal(await world({ certificateOf: 'other.example' }).invoke('beat', beater))).toMatchObject({
      errorMessage: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    });
  });

  it('says that it was not reached', async () => {
    const refuses = new NetworkError('ETIMEDOUT', 'connect ETIMEDOUT');
    expect(refusal(await world({ refuses }).invoke('beat', beater))).toMatchObject({
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
