import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { ExecutionEnvironment, type InvocationOutcome } from '../../../rehearsal/lambda/environment.ts';
import { type ClientStream, Network, NetworkError, type PeerStream } from '../../../rehearsal/lambda/network.ts';
import { Front } from '../../../rehearsal/postgres/real/front.ts';
import { RealPostgres } from '../../../rehearsal/postgres/real/real-postgres.ts';
import type { RealServer } from '../../../rehearsal/postgres/real/server.ts';
import { bundleHandler } from '../../rehearsal/lambda/bundle.ts';

export const host = 'shop.0123456789ab.us-east-1.rds.amazonaws.com';
export const master = { host, port: 5432, user: 'chief', password: 'masters-word', database: 'shop' };
export const startsAt = Date.UTC(2026, 10, 2, 8);

/** One step of a client: a statement, or virtual milliseconds to wait. */
export type Step = string | number;

/** What came of each statement: its rows, or how it was refused. */
export type Answers = readonly (readonly Record<string, unknown>[] | { readonly refused: string })[];

/** A function that opens one connection and takes its steps, with the client that the functions use. */
export function clientBundle(): Promise<string> {
  return bundleHandler(`
    import pg from 'pg';
    export const handler = async ({ login, steps, timeout }: any) => {
      const client = new pg.Client({ ssl: { rejectUnauthorized: true }, ...login, ...(timeout ? { query_timeout: timeout } : {}) });
      client.on('error', () => undefined);
      const answers: unknown[] = [];
      const refused = (error: any) => void answers.push({ refused: (error.code ?? '') + ' ' + error.message });
      try {
        await client.connect();
      } catch (error) {
        refused(error);
        return { answers, endedAt: Date.now() };
      }
      for (const step of steps) {
        if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step));
        else await client.query(step).then(({ rows }: any) => void answers.push(rows), refused);
      }
      await client.end().catch(() => undefined);
      return { answers, endedAt: Date.now() };
    };
  `);
}

export interface Client {
  /** Settles when the client has taken all its steps. */
  readonly done: Promise<{ readonly answers: Answers; readonly endedAt: number }>;
}

/** A virtual world with one real server in it. */
export async function realWorld(folder: string, options: { readonly tlsForced?: boolean } = {}) {
  const kernel = new Kernel({ seed: 1, startsAt });
  const postgres = await RealPostgres.open({ now: () => kernel.now(), holding: () => kernel.holding });
  const server = await kernel.hold(() =>
    postgres.create('shop', {
      master,
      database: 'shop',
      parameters: { shared_preload_libraries: 'pg_cron', 'cron.database_name': 'shop' },
    }),
  );
  const network = new Network();
  network.connectStream({
    name: 'the database',
    serves: (name) => name === host,
    open: async (_target, _source, client) => frontOf(kernel, server, client, options.tlsForced ?? true),
  });
  let clients = 0;
  const start = (steps: readonly Step[], more: { readonly login?: object; readonly timeout?: number } = {}): Client => {
    const environment = environmentIn(kernel, network, folder, `client-${++clients}`);
    const payload = JSON.stringify({ login: { ...master, ...more.login }, steps, timeout: more.timeout });
    const done = environment.invoke('request', payload).then((outcome: InvocationOutcome) => {
      if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.failure));
      return JSON.parse(outcome.payload);
    });
    done.catch(() => undefined);
    return { done };
  };
  /** Lets virtual time pass until the clients are done. */
  const all = async (...started: readonly Client[]) => {
    let left = started.length;
    for (const { done } of started) {
      const settled = () => void left--;
      done.then(settled, settled);
    }
    await kernel.run({ done: () => left === 0 });
    return Promise.all(started.map(({ done }) => done));
  };
  /** What tests of this file make and leave behind. */
  const tidy = async (): Promise<void> => {
    await kernel.hold(async () => {
      if (!server.running) await server.start();
      for (const statement of leftovers) await server.inspect('shop', statement);
    });
  };
  return { kernel, postgres, server, start, all, tidy };
}

const leftovers = [
  'DROP TABLE IF EXISTS stock, beats CASCADE',
  'DROP EXTENSION IF EXISTS pg_cron CASCADE',
  'DROP SCHEMA IF EXISTS cron CASCADE',
  'DROP ROLE IF EXISTS clerk',
];

function frontOf(kernel: Kernel, server: RealServer, client: ClientStream, tlsForced: boolean): PeerStream {
  if (!server.running) throw new NetworkError('ECONNREFUSED', 'connect ECONNREFUSED');
  return new Front(
    {
      host,
      tlsForced,
      send: (bytes) => void kernel.after(1, 'answer', () => client.receive(bytes)),
      end: () => void kernel.after(1, 'end', () => client.closed()),
      hold: (work) => kernel.hold(work),
      fail: (error) => kernel.fail(error),
    },
    server.sessions,
  );
}

function environmentIn(kernel: Kernel, network: Network, folder: string, name: string): ExecutionEnvironment {
  return new ExecutionEnvironment({
    kernel,
    network,
    source: { functionName: name, region: 'us-east-1' },
    folder,
    handler: 'index.handler',
    variables: { AWS_REGION: 'us-east-1', NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' },
    random: kernel.random(name),
    memoryMegabytes: 512,
    functionArn: `arn:aws:lambda:us-east-1:111111111111:function:${name}`,
    timeoutMilliseconds: 900_000,
    onLine: () => undefined,
  });
}
