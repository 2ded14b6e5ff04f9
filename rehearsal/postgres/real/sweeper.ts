import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ends every server below a folder and removes the folder once the process that feeds its input is gone, however it went: an
 * exit hook does not run when a process is killed.
 */
const script = `
while read -r line; do :; done
for file in "$1"/*/data/postmaster.pid; do
  [ -f "$file" ] && kill -QUIT "$(head -n 1 "$file")" 2>/dev/null
done
tries=0
while [ $tries -lt 50 ]; do
  alive=
  for file in "$1"/*/data/postmaster.pid; do
    [ -f "$file" ] && kill -0 "$(head -n 1 "$file")" 2>/dev/null && alive=yes
  done
  [ -z "$alive" ] && break
  tries=$((tries + 1))
  sleep 0.1
done
for file in "$1"/*/data/postmaster.pid; do
  [ -f "$file" ] && kill -KILL "$(head -n 1 "$file")" 2>/dev/null
done
rm -rf "$1"
`;

/** Starts the sweeper of a folder. Ended by the end of its input: of this process, or by `finish`. */
export class Sweeper {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(folder: string) {
    this.#child = spawn('/bin/sh', ['-c', script, 'mainstay-postgres-sweeper', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.#child.unref();
    // The open end of the pipe would keep this process from ending by itself.
    (this.#child.stdin as unknown as { unref(): void } | null)?.unref();
  }

  /** Sweeps now. */
  async finish(): Promise<void> {
    this.#child.ref();
    this.#child.stdin?.end();
    await this.#ended;
  }
}
