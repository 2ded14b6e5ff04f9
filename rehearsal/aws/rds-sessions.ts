import type { ClientStream } from '../lambda/network.ts';
import { Backends } from '../postgres/backends.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';

/** One client's open connection. */
export interface Connection {
  readonly client: ClientStream;
  /** The host behind it is gone: nothing comes any more, and nobody says so. */
  silent: boolean;
  /** The server has ended it. */
  ended: boolean;
}

/** The open connections of all instances. */
export class Sessions {
  readonly #backends = new WeakMap<DatabaseInstanceState, Backends>();
  readonly #open = new Map<DatabaseInstanceState, Set<Connection>>();

  /** Of a modelled server. */
  backendsOf(instance: DatabaseInstanceState): Backends {
    const known = this.#backends.get(instance) ?? new Backends();
    this.#backends.set(instance, known);
    return known;
  }

  add(instance: DatabaseInstanceState, client: ClientStream): Connection {
    const connection = { client, silent: false, ended: false };
    const open = this.#open.get(instance) ?? new Set();
    this.#open.set(instance, open.add(connection));
    return connection;
  }

  remove(instance: DatabaseInstanceState, connection: Connection): void {
    this.#open.get(instance)?.delete(connection);
  }

  count(instance: DatabaseInstanceState): number {
    return this.#open.get(instance)?.size ?? 0;
  }

  /** The host is gone. */
  silence(instance: DatabaseInstanceState): void {
    for (const connection of this.#open.get(instance) ?? []) connection.silent = true;
  }

  /** The server closes them all, or a server that has just started knows nothing of them. */
  end(instance: DatabaseInstanceState): void {
    for (const connection of this.#open.get(instance) ?? []) {
      if (connection.ended) continue;
      connection.ended = true;
      connection.client.closed();
    }
    this.#open.delete(instance);
  }
}
