import { replicator, socketPort } from './configuration.ts';
import { until } from './processes.ts';
import type { Administration } from './queries.ts';

const limitSeconds = 60;

/** Asks the server again and again until its answer, a column `held`, is true. Throws ServerFailed. */
export async function untilHeld(administration: Administration, what: string, question: string): Promise<void> {
  await until(what, limitSeconds, async () => {
    const [row] = await administration.query('postgres', question);
    return row?.['held'] === true ? true : undefined;
  });
}

/** What a replica follows. */
export interface FollowedServer {
  readonly name: string;
  readonly running: boolean;
  readonly folders: { readonly socket: string };
  advance(): Promise<void>;
  position(): Promise<string>;
  lastWriteAt(at: number): number;
}

/** How one replica stands to its source. */
export class Following<Source extends FollowedServer> {
  readonly source: Source;
  readonly slot: string;
  readonly #administration: Administration;
  /** Virtual time of the cut; undefined while it is connected. */
  cutAt: number | undefined;
  #paused = false;

  constructor(source: Source, slot: string, administration: Administration) {
    this.source = source;
    this.slot = slot;
    this.#administration = administration;
  }

  get connected(): boolean {
    return this.cutAt === undefined;
  }

  /** For the replica's settings; undefined while it is cut off. */
  get settings(): { readonly conninfo: string; readonly slot: string } | undefined {
    if (!this.connected) return undefined;
    const conninfo = `host=${this.source.folders.socket} port=${socketPort} user=${replicator}`;
    return { conninfo, slot: this.slot };
  }

  /** Until everything that the source has written shows in the replica; at once where it can't. */
  async catchUp(): Promise<void> {
    if (!this.connected || this.#paused || !this.source.running) return;
    await this.source.advance();
    const reached = `SELECT pg_last_wal_replay_lsn() >= '${await this.source.position()}'::pg_lsn AS held`;
    await untilHeld(this.#administration, `What ${this.source.name} has written, in its replica,`, reached);
  }

  /** When the newest of what has come up to `at` was written. */
  lastWriteAt(at: number): number {
    return this.source.lastWriteAt(Math.min(at, this.cutAt ?? at));
  }

  async received(position: string): Promise<void> {
    const question = `SELECT pg_last_wal_receive_lsn() >= '${position}'::pg_lsn AS held`;
    await untilHeld(this.#administration, `The log of ${this.source.name} up to ${position}`, question);
  }

  /** Until the stream stands, or has ended, as it should. */
  async untilSettled(): Promise<void> {
    const streams = "EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')";
    const none = 'NOT EXISTS (SELECT FROM pg_stat_wal_receiver)';
    if (this.connected && !this.source.running) return;
    const question = `SELECT ${this.connected ? streams : none} AS held`;
    await untilHeld(this.#administration, `The stream from ${this.source.name}`, question);
  }

  async pause(): Promise<void> {
    await this.#administration.query('postgres', 'SELECT pg_wal_replay_pause()');
    const question = "SELECT pg_get_wal_replay_pause_state() = 'paused' AS held";
    await untilHeld(this.#administration, 'The pause of the replay', question);
    this.#paused = true;
  }

  async resume(): Promise<void> {
    this.#paused = false;
    await this.#administration.query('postgres', 'SELECT pg_wal_replay_resume()');
  }
}
