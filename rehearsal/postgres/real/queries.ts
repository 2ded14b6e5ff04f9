import pg from 'pg';
import { isReserved, socketPort, superuser } from './configuration.ts';
import { WrongServerState } from './errors.ts';

/** How a user of a database logs in. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type Row = Record<string, unknown>;

/** A lock that a session of the rehearsal holds is not given back while this work holds the clock: no use in waiting. */
const lockTimeout = '2s';

/** Connections of the superuser to one server, one a database, kept open. */
export class Administration {
  readonly #socketFolder: string;
  readonly #clients = new Map<string, pg.Client>();

  constructor(socketFolder: string) {
    this.#socketFolder = socketFolder;
  }

  /** Rows of one statement. Throws pg's DatabaseError. */
  async query(database: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    const client = this.#clients.get(database) ?? (await this.#connect(database));
    const answer = await client.query<Row>(text, values ? [...values] : undefined);
    return answer.rows;
  }

  /** A connection of its own, for what has to stay in one session. The caller ends it. */
  async session(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: this.#socketFolder, port: socketPort, user: superuser, database });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`SET lock_timeout = '${lockTimeout}'`);
    return client;
  }

  async leave(database: string): Promise<void> {
    const client = this.#clients.get(database);
    this.#clients.delete(database);
    await client?.end();
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }

  async #connect(database: string): Promise<pg.Client> {
    const client = await this.session(database);
    client.once('end', () => {
      if (this.#clients.get(database) === client) this.#clients.delete(database);
    });
    this.#clients.set(database, client);
    return client;
  }
}

/** Rows of one statement, asked by a user over a connection of its own. Throws pg's DatabaseError, WrongServerState. */
export async function askAs(
  socketFolder: string,
  { user, password, database }: Login,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  if (isReserved(user)) throw new WrongServerState(`${user} is RDS's own user; nobody else logs in with it.`);
  const client = new pg.Client({ host: socketFolder, port: socketPort, user, password, database });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
