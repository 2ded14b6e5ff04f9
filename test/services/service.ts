import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `nobody`: a server that is started by root runs as this user. */
const unprivileged = 65_534;
const isRoot = process.getuid?.() === 0;
const runAs = isRoot ? { uid: unprivileged, gid: unprivileged } : {};

/** Where Debian's packages put programs; an ordinary user's path lacks the second. */
const programFolders = ['/usr/bin', '/usr/sbin', '/usr/lib/rabbitmq/bin'];

/** Path of a program, undefined where its package is not installed. */
export function programOf(name: string): string | undefined {
  return programFolders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A folder that the server's user may write to. */
export function serviceFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `mainstay-${name}-`));
  handOver(folder);
  return folder;
}

/** The server's user may write to it afterwards. */
export function handOver(path: string): void {
  if (isRoot) chownSync(path, unprivileged, unprivileged);
}

/** Runs a program of the server's to its end, as the server's user. */
export function runToEnd(program: string, given: readonly string[], environment: Record<string, string> = {}): void {
  execFileSync(program, given, {
    ...runAs,
    env: { PATH: '/usr/bin:/usr/sbin:/bin:/sbin', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
  });
}

const sweep = 'read -r nothing; kill -s KILL -- "-$0"; rm -rf "$1"';

/** A server's process and what it forks, in a group of its own, which ends with the test whatever happens. */
export class ServiceProcess {
  readonly #process: ChildProcess;
  readonly #sweeper: ChildProcess;
  readonly #said: string[] = [];
  readonly #end = (): void => this.#signal('SIGKILL');

  constructor(program: string, given: readonly string[], folder: string, environment: Record<string, string> = {}) {
    this.#process = spawn(program, given, {
      ...runAs,
      cwd: folder,
      detached: true,
      env: { PATH: '/usr/bin:/usr/sbin:/bin:/sbin', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout?.on('data', (chunk) => this.#said.push(String(chunk)));
    this.#process.stderr?.on('data', (chunk) => this.#said.push(String(chunk)));
    process.once('exit', this.#end);
    // Ends with the pipe that it reads, however this process ends: a killed one runs nothing of its own any more.
    this.#sweeper = spawn('/bin/sh', ['-c', sweep, String(this.#process.pid), folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#sweeper.unref();
  }

  /** Throws after `seconds`, or when the server has ended, with what it said. */
  async untilListening(port: number, seconds = 60): Promise<void> {
    for (let attempt = 0; attempt < seconds * 10; attempt++) {
      if (await isListening(port)) return;
      if (this.#process.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`No server on port ${port}. It said:\n${this.#said.join('').slice(-4000)}`);
  }

  async stop(seconds = 10): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) resolve();
      else this.#process.once('exit', () => resolve());
    });
    this.#signal('SIGTERM');
    const timer = setTimeout(this.#end, seconds * 1000);
    await ended;
    clearTimeout(timer);
    this.#end();
    process.removeListener('exit', this.#end);
    this.#sweeper.stdin?.end();
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export function freePort(): Promise<number> {
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
