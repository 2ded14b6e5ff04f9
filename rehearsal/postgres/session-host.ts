import type { Backends } from './backends.ts';
import type { DatabaseModel } from './database.ts';

/** What one connection stands on. */
export interface SessionHost {
  /** Undefined while the instance takes no connections. */
  database(name: string): DatabaseModel | undefined;
  /** `rds.force_ssl`. */
  readonly tlsForced: boolean;
  /** Of a replica: how far it is behind its source now. */
  behindMilliseconds?(): number;
  /** How far the clock of its server is ahead. */
  clockOffset?(): number;
  /** All sessions of the server. */
  readonly backends?: Backends;
  /** Name on the server's certificate. */
  readonly host: string;
  /** Sends bytes to the client, after the network's delay. */
  send(bytes: Buffer): void;
  end(): void;
  nonce(): string;
  /** Ends the run. */
  fail(error: unknown): void;
}
