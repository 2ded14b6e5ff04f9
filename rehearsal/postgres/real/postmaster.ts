import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerFailed } from './errors.ts';
import type { Operator } from './installation.ts';
import { childrenOf, gone, signal, until } from './processes.ts';

export interface PostmasterOptions {
  /** The `postgres` program. */
  readonly program: string;
  readonly dataFolder: string;
  readonly logFile: string;
  readonly operator: Operator | undefined;
}

const startLimitSeconds = 60;

/** The running processes of one server. */
export class Postmaster {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  /** Starts a server on its files; settles when it takes connections. Throws ServerFailed. */
  static async start({ program, dataFolder, logFile, operator }: PostmasterOptions): Promise<Postmaster> {
    const log = openSync(logFile, 'a');
    const child = spawn(program, ['-D', dataFolder], {
      ...operator,
      stdio: ['ignore', log, log],
      // Away from the terminal's process group: Ctrl-C is for the rehearsal, whose sweeper then ends the server.
      detached: true,
      // Nothing of the environment reaches the server: no PG… variable, no locale.
      env: {},
    });
    closeSync(log);
    child.unref();
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('exit', (code, by) => {
      failure ??= `it ended with ${by ?? `code ${code}`}`;
    });
    await until('The start of a PostgreSQL server', startLimitSeconds, () => {
      if (failure !== undefined)
        throw new ServerFailed(`A PostgreSQL server did not start: ${failure}.\n${tailOf(logFile)}`);
      return statusIn(dataFolder, child.pid) === 'ready' ? true : undefined;
    });
    return new Postmaster(child);
  }

  get processId(): number {
    return this.#child.pid ?? -1;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** `fast` ends sessions and writes everything down; `immediate` leaves it to recovery. https://www.postgresql.org/docs/current/server-shutdown.html */
  async stop(mode: 'fast' | 'immediate'): Promise<void> {
    const family = [this.processId, ...childrenOf(this.processId)];
    signal(this.processId, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await this.#ended;
    await gone(family);
  }

  /** What a lost host does: every process of the server ends between two instructions. */
  async kill(): Promise<void> {
    // Stopped first, so that it starts no process that would not be killed with it.
    signal(this.processId, 'SIGSTOP');
    const family = [this.processId, ...childrenOf(this.processId)];
    for (const id of family) signal(id, 'SIGKILL');
    await this.#ended;
    await gone(family);
  }

  reload(): void {
    signal(this.processId, 'SIGHUP');
  }
}

/** The last line of the lock file says how far the server is: https://www.postgresql.org/docs/current/app-pg-ctl.html, option --wait. */
function statusIn(dataFolder: string, id: number | undefined): string | undefined {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    return lines[0] === String(id) ? lines[7]?.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** The end of a server's log, for an error's message. */
export function tailOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
}
