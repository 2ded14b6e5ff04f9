import { setClock } from './clock.ts';
import { configure, foldersIn, type ServerFolders, type ServerParameters, socketPort } from './configuration.ts';
import { CronJobs } from './cron.ts';
import { WrongServerState } from './errors.ts';
import { Following, untilHeld } from './following.ts';
import type { Operator } from './installation.ts';
import { Postmaster } from './postmaster.ts';
import { Administration, askAs, type Login, type Row } from './queries.ts';
import { Sessions } from './sessions.ts';
import { type TableState, tablesOf } from './tables.ts';

/** What a server is made from. */
export interface ServerOptions {
  readonly name: string;
  /** Folder of its own. */
  readonly home: string;
  readonly program: string;
  readonly libraries: string;
  readonly operator: Operator | undefined;
  readonly parameters: ServerParameters;
  /** Virtual milliseconds since 1970. */
  now(): number;
  /** Throws where virtual time might pass meanwhile. */
  demandHold(): void;
  /** Slot on the server that it follows. */
  readonly slot?: string;
}

const writesKept = 8;

/**
 * One real PostgreSQL server, in the place of one simulated instance. Every method is real work: in a rehearsal it is called within
 * `kernel.hold`. Before it is looked at or changed, a server is brought to the present virtual time: jobs that fell due have
 * run, and a replica that is connected has everything that its source has.
 */
export class RealServer {
  readonly name: string;
  readonly folders: ServerFolders;
  readonly sessions: Sessions;
  readonly #options: ServerOptions;
  readonly #administration: Administration;
  readonly #cron: CronJobs;
  #postmaster: Postmaster | undefined;
  #following: Following<RealServer> | undefined;
  /** Virtual times of the last writes, newest first, and of the end of a server that does not run. */
  #writes: readonly number[];
  #endedAt: number | undefined;
  #advancedTo = Number.NEGATIVE_INFINITY;

  constructor(options: ServerOptions, source?: RealServer) {
    this.name = options.name;
    this.#options = options;
    this.folders = foldersIn(options.home);
    this.#writes = [options.now()];
    this.#administration = new Administration(this.folders.socket);
    if (source) this.#following = new Following(source, options.slot ?? '', this.#administration);
    const preloaded = (options.parameters['shared_preload_libraries'] ?? '').includes('pg_cron');
    this.#cron = new CronJobs({
      administration: this.#administration,
      database: preloaded ? (options.parameters['cron.database_name'] ?? 'postgres') : undefined,
      setClock: (at) => setClock(this.folders.data, at),
    });
    this.sessions = new Sessions({
      socketFolder: this.folders.socket,
      administer: (text, values) => this.#administration.query('postgres', text, values),
      advance: () => this.advance(),
      lookAtJobs: () => this.#lookAtJobs(),
      wrote: () => {
        this.#writes = [options.now(), ...this.#writes].slice(0, writesKept);
      },
    });
  }

  get running(): boolean {
    return this.#postmaster?.alive === true;
  }

  /** The server that it follows; undefined for one that takes writes. */
  get source(): RealServer | undefined {
    return this.#following?.source;
  }

  /** A replica that gets what its source writes. */
  get replicates(): boolean {
    return this.running && this.#following?.connected === true && this.#following.source.running;
  }

  /** Virtual time of the last write of a session or a job up to `at`; in a replica, of those that have come. */
  lastWriteAt(at: number): number {
    if (this.#following) return this.#following.lastWriteAt(at);
    const until = Math.min(at, this.#endedAt ?? at);
    const write = this.#writes.find((one) => one <= until) ?? this.#writes.at(-1) ?? until;
    return Math.max(write, this.#cron.lastDueAt(until) ?? write);
  }

  get parameters(): ServerParameters {
    return this.#options.parameters;
  }

  /** Starts on the files that lie there: after a kill it recovers, as the other half of a Multi-AZ instance does. Throws ServerFailed. */
  async start(): Promise<void> {
    this.#options.demandHold();
    if (this.running) throw new WrongServerState(`The server of ${this.name} runs already.`);
    this.#configure();
    setClock(this.folders.data, this.#options.now());
    const { program, operator } = this.#options;
    this.#postmaster = await Postmaster.start({
      program,
      operator,
      dataFolder: this.folders.data,
      logFile: this.folders.log,
    });
    this.#endedAt = undefined;
    if (this.#following) await this.#following.untilSettled();
    else await this.#cron.begin(this.#options.now());
  }

  /** Ends sessions and stops, everything written down. */
  async stop(): Promise<void> {
    await this.advance();
    await this.#administration.close();
    await this.#running().stop('fast');
    this.#endedAt = this.#options.now();
    await this.sessions.endAll();
  }

  async reboot(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /**
   * Every process ends at once, as when the host is lost. `settled`: replicas that are connected have got what was committed
   * before, so that what is lost does not depend on the machine under the rehearsal; false leaves that to chance, for measurements.
   */
  async kill({ settled = true } = {}): Promise<void> {
    this.#options.demandHold();
    if (settled) await this.advance();
    await this.#running().kill();
    this.#endedAt = this.#options.now();
    await this.#administration.close();
    await this.sessions.endAll({ killed: true });
  }

  /** Brings the server to the present virtual time. */
  async advance(): Promise<void> {
    this.#options.demandHold();
    if (!this.running) return;
    const now = this.#options.now();
    if (now > this.#advancedTo) {
      setClock(this.folders.data, now);
      this.#advancedTo = now;
      const jobs = this.#following ? undefined : await this.#cron.runDue(now);
      if (jobs?.ran) await this.sessions.settleAll({ ended: jobs.ended });
    }
    await this.#following?.catchUp();
  }

  /** Rows of one statement of RDS's own superuser: for checkers. Throws pg's DatabaseError. */
  async inspect(database: string, text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    await this.advance();
    const rows = await this.#administration.query(database, text, values);
    await this.sessions.settleAll();
    return rows;
  }

  /** Rows of one statement, asked by a person at a client. Throws pg's DatabaseError where login or statement are refused. */
  async ask(login: Login, text: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    await this.advance();
    const rows = await askAs(this.folders.socket, login, text, values);
    await this.#lookAtJobs();
    await this.sessions.settleAll();
    return rows;
  }

  /** With which a client of the `pg` package reaches the server past the front: without TLS, for measurements in real time. */
  clientOptions(login: Login): Login & { readonly host: string; readonly port: number } {
    return { ...login, host: this.folders.socket, port: socketPort };
  }

  /** Rows and checksum of every table of a database. */
  async tables(database: string): Promise<readonly TableState[]> {
    await this.advance();
    return tablesOf((text) => this.#administration.query(database, text));
  }

  /** A session of the superuser, for what has to stay in one. The caller ends it. */
  session(database: string): ReturnType<Administration['session']> {
    return this.#administration.session(database);
  }

  /** Where the log of changes stands: as far as it is safe in a server that takes writes, as far as it shows in a replica. */
  async position(): Promise<string> {
    this.#options.demandHold();
    const place = this.#following ? 'pg_last_wal_replay_lsn()' : 'pg_current_wal_flush_lsn()';
    const [row] = await this.#administration.query('postgres', `SELECT ${place}::text AS position`);
    return String(row?.['position']);
  }

  /** A replica takes nothing more from its source, as when the network between them is cut. Throws WrongServerState. */
  async disconnect(): Promise<void> {
    await this.advance();
    await this.#connect(false);
  }

  /** A replica follows its source again. Throws WrongServerState. */
  async reconnect(): Promise<void> {
    this.#options.demandHold();
    await this.#connect(true);
  }

  /** A replica still receives, and shows nothing of it: what a promotion does not lose and a reader does not see. */
  async pauseReplay(): Promise<void> {
    await this.advance();
    await this.#replica().pause();
  }

  /** Until a replica has received its source's log up to a position, whether it shows it or not. */
  async received(position: string): Promise<void> {
    this.#options.demandHold();
    await this.#replica().received(position);
  }

  async resumeReplay(): Promise<void> {
    this.#options.demandHold();
    await this.#replica().resume();
  }

  /** A replica becomes a server of its own, with everything that it received. Throws WrongServerState. */
  async promote(): Promise<void> {
    await this.advance();
    const { source, slot } = this.#replica();
    await this.#administration.query('postgres', 'SELECT pg_promote(true, 60)');
    await untilHeld(this.#administration, 'The end of recovery', 'SELECT NOT pg_is_in_recovery() AS held');
    this.#following = undefined;
    this.#configure();
    await this.#cron.begin(this.#options.now());
    if (source.running) await source.dropSlot(slot);
  }

  /** Slot that it keeps on the server that it follows. */
  get slot(): string | undefined {
    return this.#following?.slot;
  }

  /** Ends the superuser's connections to a database, which may then be copied. */
  leaveDatabase(database: string): Promise<void> {
    return this.#administration.leave(database);
  }

  /** Lets go of what a replica that is gone would still have fetched. */
  async dropSlot(slot: string): Promise<void> {
    const active = `(SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}')`;
    const idle = `SELECT NOT coalesce(${active}, false) AS held`;
    await untilHeld(this.#administration, 'The release of a replication slot', idle);
    const drop = 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1';
    await this.#administration.query('postgres', drop, [slot]);
  }

  async #lookAtJobs(): Promise<void> {
    if (!this.#following) await this.#cron.look(this.#options.now());
  }

  #configure(): void {
    const { libraries, parameters } = this.#options;
    configure(this.folders, libraries, parameters, this.#following?.settings);
  }

  async #connect(connected: boolean): Promise<void> {
    const following = this.#replica();
    following.cutAt = connected ? undefined : this.#options.now();
    this.#configure();
    this.#running().reload();
    await following.untilSettled();
  }

  #running(): Postmaster {
    if (this.#postmaster?.alive) return this.#postmaster;
    throw new WrongServerState(`The server of ${this.name} does not run.`);
  }

  #replica(): Following<RealServer> {
    if (this.#following) return this.#following;
    throw new WrongServerState(`The server of ${this.name} follows no other.`);
  }
}
