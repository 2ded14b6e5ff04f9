import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clockStatements, roleViewStatement } from './clock.ts';
import { type ServerParameters, superuser } from './configuration.ts';
import { copyData, copyStill, markReplica, ownFolder } from './copies.ts';
import { ServerFailed, TooManyServers, WrongServerState } from './errors.ts';
import { databasesOf, type MasterUser, rolesOf } from './first-database.ts';
import { install, type Machine, nativeFolder, type Operator, operatorOf, thisMachine } from './installation.ts';
import { RealServer, type ServerOptions } from './server.ts';
import { Sweeper } from './sweeper.ts';

const run = promisify(execFile);

export interface RealPostgresOptions {
  /** Virtual milliseconds since 1970. */
  now(): number;
  /** Whether virtual time stands still: `kernel.holding`. True where there is none. */
  holding?(): boolean;
  /** Servers that may run at once; 12 unless told. */
  readonly maximumServers?: number;
  readonly machine?: Machine;
}

/** A new instance. */
export interface NewInstance {
  readonly master: MasterUser;
  /** Its first database. */
  readonly database: string;
  /** Of its parameter group. */
  readonly parameters?: ServerParameters;
}

/** Files of a server as they were at one instant. */
export interface RealSnapshot {
  readonly name: string;
  readonly folder: string;
  /** Virtual milliseconds since 1970. */
  readonly takenAt: number;
  readonly parameters: ServerParameters;
}

/**
 * The real servers of one rehearsal, their files and snapshots, all below one folder that is gone when the rehearsal's process
 * is, however it ended. Each method is real work: in a rehearsal it is called within `kernel.hold`.
 */
export class RealPostgres {
  readonly #options: RealPostgresOptions;
  readonly #folder: string;
  readonly #operator: Operator | undefined;
  readonly #sweeper: Sweeper;
  readonly #servers = new Set<RealServer>();
  #pristine: Promise<string> | undefined;
  #made = 0;

  private constructor(options: RealPostgresOptions, folder: string, operator: Operator | undefined) {
    this.#options = options;
    this.#folder = folder;
    this.#operator = operator;
    this.#sweeper = new Sweeper(folder);
  }

  /** Lays PostgreSQL's programs out below a new temporary folder. Throws PostgresNotInstalled. */
  static async open(options: RealPostgresOptions): Promise<RealPostgres> {
    const machine = options.machine ?? thisMachine;
    const native = nativeFolder(machine);
    const operator = operatorOf(machine);
    // Short: a socket's path has 107 bytes at most, 103 on macOS.
    const folder = mkdtempSync(join(tmpdir(), 'mainstay-pg-'));
    const postgres = new RealPostgres(options, folder, operator);
    try {
      // The operator passes through it, and reads nothing in it.
      chmodSync(folder, 0o711);
      await install(native, join(folder, 'postgresql'));
      return postgres;
    } catch (error) {
      await postgres.close();
      throw error;
    }
  }

  get servers(): readonly RealServer[] {
    return [...this.#servers];
  }

  /** The folder that holds everything. */
  get folder(): string {
    return this.#folder;
  }

  /** A new instance as RDS makes it, running. Throws TooManyServers, ServerFailed. */
  async create(name: string, { master, database, parameters = {} }: NewInstance): Promise<RealServer> {
    const server = new RealServer(this.#place(name, parameters));
    return this.#keep(server, () => this.#initialise(server, master, database));
  }

  async #initialise(server: RealServer, master: MasterUser, database: string): Promise<void> {
    const { data, socket } = server.folders;
    ownFolder(socket, this.#operator);
    await copyStill(await this.#pristineData(), data, this.#operator);
    await server.start();
    for (const template of ['template1', 'postgres']) {
      for (const statement of [...clockStatements, roleViewStatement]) await server.inspect(template, statement);
    }
    for (const statement of rolesOf(master)) await server.inspect('postgres', statement);
    // CREATE DATABASE copies template1, which nobody may be connected to.
    await server.leaveDatabase('template1');
    for (const statement of databasesOf(master, database)) await server.inspect('postgres', statement);
  }

  /** Files of a server that has never run: made once, copied for each instance. */
  #pristineData(): Promise<string> {
    this.#pristine ??= this.#initialiseData(join(this.#folder, 'pristine'));
    return this.#pristine;
  }

  async #initialiseData(data: string): Promise<string> {
    ownFolder(data, this.#operator);
    const program = join(this.#folder, 'postgresql', 'bin', 'initdb');
    const user = ['-U', superuser, '--auth=trust'];
    // One-megabyte segments keep snapshots small; RDS has 64.
    const form = ['--no-locale', '--encoding=UTF8', '--wal-segsize=1', '--no-sync', '--no-instructions'];
    const words = ['-D', data, ...user, ...form];
    await run(program, words, { ...this.#operator, env: {}, cwd: '/' }).catch((error: { stderr?: string }) => {
      // Among others: a user id that the system has no name for, as in a container with one of its own.
      throw new ServerFailed(`The files of a PostgreSQL server could not be made: ${error.stderr?.trim() || error}`);
    });
    return data;
  }

  /** A server that could not be made leaves nothing behind. */
  async #keep(server: RealServer, make: () => Promise<void>): Promise<RealServer> {
    try {
      await make();
    } catch (error) {
      await this.remove(server);
      throw error;
    }
    this.#servers.add(server);
    return server;
  }

  /** A server that follows another one, running. Throws TooManyServers, WrongServerState, ServerFailed. */
  async replicate(source: RealServer, name: string, parameters?: ServerParameters): Promise<RealServer> {
    if (!source.running) throw new WrongServerState(`${source.name} does not run: nothing can follow it.`);
    const place = this.#place(name, parameters ?? source.parameters);
    const slot = `replica_${this.#made}`;
    const replica = new RealServer({ ...place, slot }, source);
    return this.#keep(replica, async () => {
      await source.inspect('postgres', 'SELECT pg_create_physical_replication_slot($1, true)', [slot]);
      await copyData(source, replica.folders.data, this.#operator);
      markReplica(replica.folders.data, this.#operator);
      ownFolder(replica.folders.socket, this.#operator);
      await replica.start();
    });
  }

  /** The files of a server, running or not, as they are now. */
  async snapshot(source: RealServer, name: string): Promise<RealSnapshot> {
    await source.advance();
    const folder = join(this.#folder, `snapshot-${++this.#made}`);
    await copyData(source, folder, this.#operator);
    return { name, folder, takenAt: this.#options.now(), parameters: source.parameters };
  }

  /** A new server on a copy of a snapshot, running. Throws TooManyServers, ServerFailed. */
  async restore(snapshot: RealSnapshot, name: string, parameters?: ServerParameters): Promise<RealServer> {
    const server = new RealServer(this.#place(name, parameters ?? snapshot.parameters));
    return this.#keep(server, async () => {
      await copyStill(snapshot.folder, server.folders.data, this.#operator);
      ownFolder(server.folders.socket, this.#operator);
      await server.start();
    });
  }

  /** Ends a server and removes its files. */
  async remove(server: RealServer): Promise<void> {
    if (server.running) await server.kill({ settled: false });
    const { source, slot } = server;
    this.#servers.delete(server);
    rmSync(server.folders.home, { recursive: true, force: true });
    if (source?.running && slot) await source.dropSlot(slot);
  }

  removeSnapshot({ folder }: RealSnapshot): void {
    rmSync(folder, { recursive: true, force: true });
  }

  /** Ends every server and removes every file. */
  async close(): Promise<void> {
    this.#servers.clear();
    await this.#sweeper.finish();
  }

  #place(name: string, parameters: ServerParameters): ServerOptions {
    const { maximumServers = 12, now, holding } = this.#options;
    const running = this.servers.filter((server) => server.running);
    if (running.length >= maximumServers) {
      throw new TooManyServers(
        `${running.length} real servers run (${running.map((server) => server.name).join(', ')}), and ${name} would be one more than the ${maximumServers} allowed. Remove one first, or raise maximumServers.`,
      );
    }
    const home = join(this.#folder, String(++this.#made));
    ownFolder(home, this.#operator, 0o711);
    return {
      name,
      home,
      program: join(this.#folder, 'postgresql', 'bin', 'postgres'),
      libraries: join(this.#folder, 'postgresql', 'lib', 'postgresql'),
      operator: this.#operator,
      parameters,
      now: () => now(),
      demandHold: () => {
        if (holding && !holding()) {
          throw new WrongServerState(
            `Work on the real server of ${name} was begun outside kernel.hold: virtual time might pass meanwhile.`,
          );
        }
      },
    };
  }
}
