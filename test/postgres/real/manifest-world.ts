import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { manifestUser, masterUser } from '../../../domain/databases.ts';
import { type Manifest, type ManifestVerdict, readingLimits } from '../../../domain/manifest.ts';
import { compareManifest } from '../../../domain/manifest-comparison.ts';
import type { ReadManifest } from '../../../domain/workflows/hourly-backup.ts';
import { databaseAdministration } from '../../../lambdas/postgres/administration.ts';
import { isSettled, observe, readAfter, readBefore } from '../../../lambdas/postgres/manifest.ts';
import { inTransaction, type SqlSession, sessionsWith } from '../../../lambdas/postgres/session.ts';
import { RealPostgres, type RealSnapshot } from '../../../rehearsal/postgres/real/real-postgres.ts';
import type { RealServer } from '../../../rehearsal/postgres/real/server.ts';

const database = 'shop';
export const master = { user: masterUser, password: 'masters-word', database };
const reader = { user: manifestUser, password: 'readers-word', database };
const application = { user: 'shop', password: 'shops-word', database };
const sessions = sessionsWith(undefined);

export const reading = {
  environment: 'aeon',
  database,
  schemaVersionQuery: 'SELECT max(version) FROM schema_migrations',
};

const schema = [
  'CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, balance numeric NOT NULL CHECK (balance >= 0))',
  'CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL REFERENCES customers, placed timestamptz NOT NULL DEFAULT now(), total numeric(12, 2), note text)',
  'CREATE INDEX orders_by_customer ON orders (customer)',
  'CREATE TABLE queue (id bigint PRIMARY KEY, body jsonb NOT NULL)',
  "CREATE TYPE color AS ENUM ('red', 'green')",
  'CREATE TABLE items (id int PRIMARY KEY, shade color, weight double precision, raw bytea, takes interval)',
  'CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL)',
  'CREATE TABLE schema_migrations (version text PRIMARY KEY)',
  'CREATE VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY 1',
  'CREATE UNLOGGED TABLE scratch (id int)',
  "INSERT INTO customers SELECT i, 'customer ' || i, i FROM generate_series(1, 500) i",
  "INSERT INTO orders SELECT i, 1 + i % 500, now(), i / 7.0, repeat('x', i % 300) FROM generate_series(1, 5000) i",
  `INSERT INTO items SELECT i, 'red', sqrt(i), decode(md5(i::text), 'hex'), i * interval '1 hour' FROM generate_series(1, 300) i`,
  "INSERT INTO countries SELECT 'c' || i, 'country ' || i FROM generate_series(1, 200) i",
  "INSERT INTO schema_migrations VALUES ('20260101'), ('20260202')",
  'INSERT INTO scratch SELECT generate_series(1, 10)',
];

/** One server with a shop in it, made as our own function prepares a database. */
export class ManifestWorld {
  readonly postgres: RealPostgres;
  readonly server: RealServer;
  #restored = 0;

  private constructor(postgres: RealPostgres, server: RealServer) {
    this.postgres = postgres;
    this.server = server;
  }

  static async open(): Promise<ManifestWorld> {
    const postgres = await RealPostgres.open({ now: () => Date.now(), maximumServers: 4 });
    const server = await postgres.create('shop', { master, database });
    // Nothing follows it, and what is kept for replicas is copied with every snapshot.
    await server.inspect('postgres', "ALTER SYSTEM SET wal_keep_size = '0'");
    await server.inspect('postgres', 'SELECT pg_reload_conf()');
    const world = new ManifestWorld(postgres, server);
    await world.session(server, master, (session) =>
      inTransaction(session, async () => {
        const administration = databaseAdministration(session);
        await administration.closeToPublic(database);
        await administration.putUser(application.user, application.password);
        await administration.grantApplication(database, application.user);
        await administration.putUser(reader.user, reader.password);
        await administration.putManifestReader(database, reader.user);
      }),
    );
    await world.write(server, ...schema);
    return world;
  }

  session<T>(server: RealServer, login: typeof master, use: (session: SqlSession) => Promise<T>): Promise<T> {
    return sessions(server.clientOptions(login), use);
  }

  /** Of the shop's own server. */
  readerLogin() {
    return this.server.clientOptions(reader);
  }

  asReader<T>(server: RealServer, use: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.session(server, reader, use);
  }

  /** Statements of the application's user. */
  async write(server: RealServer, ...statements: string[]): Promise<void> {
    const client = await this.client(server);
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  async client(server: RealServer): Promise<pg.Client> {
    const client = new pg.Client(server.clientOptions(application));
    await client.connect();
    return client;
  }

  /** A snapshot with its manifest. `meanwhile` runs between the first reading and the snapshot. */
  async set(setId: string, meanwhile: () => Promise<void> = async () => undefined, limits = readingLimits.hourly) {
    let before: ReadManifest | undefined;
    await this.asReader(this.server, (session) =>
      readBefore(session, {
        ...reading,
        setId,
        limits,
        clock: { now: () => new Date() },
        deadline: new Date(Date.now() + 60_000),
        keep: async (read) => {
          before = read;
        },
      }),
    );
    if (!before) throw new Error(`The set ${setId} was read before.`);
    await meanwhile();
    const snapshot = await this.postgres.snapshot(this.server, setId);
    return { before, snapshot };
  }

  async close(setId: string, before: ReadManifest): Promise<Manifest> {
    const after = await this.asReader(this.server, async (session) =>
      readAfter(session, { ...reading, setId }, await isSettled(session, setId)),
    );
    return { ...before, after };
  }

  /** What a restore of the snapshot, changed by `corrupt`, is found to be. */
  async verdict(
    snapshot: RealSnapshot,
    manifest: Manifest,
    corrupt: (server: RealServer) => Promise<void> = async () => undefined,
  ): Promise<ManifestVerdict> {
    const server = await this.postgres.restore(snapshot, `restored ${++this.#restored}`);
    try {
      await corrupt(server);
      return compareManifest(manifest, await this.asReader(server, (session) => observe(session, manifest, reading)));
    } finally {
      await this.postgres.remove(server);
    }
  }
}

/** A client that writes until it is stopped: inserts, updates, deletes, a queue that fills and empties, transactions undone. */
export class Writer {
  readonly #client: pg.Client;
  readonly #number: number;
  readonly #pauseMilliseconds: number;
  #next = 0;
  #stopped = false;
  #rests: (() => void) | undefined;
  #goesOn: Promise<void> | undefined;
  written = 0;
  readonly done: Promise<void>;

  constructor(client: pg.Client, number: number, pauseMilliseconds = 1) {
    this.#client = client;
    this.#pauseMilliseconds = pauseMilliseconds;
    this.#number = number;
    this.done = this.#run();
  }

  /** Until what it has committed is counted, and it does nothing more before `goOn`. */
  async rest(): Promise<() => void> {
    let goOn: () => void = () => undefined;
    this.#goesOn = new Promise((resolve) => {
      goOn = resolve;
    });
    await new Promise<void>((resolve) => {
      this.#rests = resolve;
    });
    return goOn;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.done;
    await this.#client.end();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#goesOn) {
        // What a minute without work does by itself: https://www.postgresql.org/docs/current/monitoring-stats.html
        await this.#client.query('SELECT pg_stat_force_next_flush()');
        this.#rests?.();
        await this.#goesOn;
        this.#goesOn = undefined;
        this.#rests = undefined;
      }
      for (const statement of this.#statements()) {
        await this.#client.query(statement);
        this.written++;
      }
      await pause(this.#pauseMilliseconds);
    }
  }

  #statements(): readonly string[] {
    const id = 1_000_000 * this.#number + this.#next++;
    switch (this.#next % 6) {
      case 0:
        return [`INSERT INTO orders VALUES (${id}, ${1 + (id % 500)}, now(), 1, 'new')`];
      case 1:
        return [`UPDATE customers SET balance = balance + 1 WHERE id = ${1 + (id % 50)}`];
      case 2:
        return [`INSERT INTO queue VALUES (${id}, '{"a": 1}')`, `DELETE FROM queue WHERE id = ${id}`];
      case 3:
        return ['BEGIN', `UPDATE orders SET total = 0 WHERE id = ${1 + (id % 5000)}`, 'ROLLBACK'];
      case 4:
        return [`DELETE FROM orders WHERE id = ${1 + ((id * 7) % 5000)}`];
      default:
        return [
          'BEGIN',
          `UPDATE orders SET note = 'changed ${id}' WHERE id % 1000 = ${id % 1000}`,
          `INSERT INTO queue VALUES (${id}, '[]')`,
          'COMMIT',
        ];
    }
  }
}
