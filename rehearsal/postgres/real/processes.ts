import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ServerFailed } from './errors.ts';

/** A process of this machine that has not ended; one that ended and was not yet buried does not count. */
interface LivingProcess {
  readonly id: number;
  readonly parent: number;
}

function living(): readonly LivingProcess[] {
  if (!existsSync('/proc/self/stat')) return livingByPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // `id (name) state parent …`, and the name may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        const text = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
        return state === 'Z' ? [] : [{ id: Number(name), parent: Number(parent) }];
      } catch {
        return [];
      }
    });
}

function livingByPs(): readonly LivingProcess[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const [id, parent, state = ''] = line.trim().split(/\s+/);
    return state.startsWith('Z') ? [] : [{ id: Number(id), parent: Number(parent) }];
  });
}

export function childrenOf(id: number): readonly number[] {
  return living()
    .filter(({ parent }) => parent === id)
    .map((child) => child.id);
}

/** Sends a signal; a process that is gone already takes none. */
export function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits in real time. Only what happens outside the rehearsal is waited for in this way. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const pollMilliseconds = 3;

/** Looks again and again until `look` gives something. Throws ServerFailed after `limitSeconds`. */
export async function until<T>(
  what: string,
  limitSeconds: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  for (let waited = 0; waited < limitSeconds * 1000; waited += pollMilliseconds) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(pollMilliseconds);
  }
  throw new ServerFailed(`${what} did not come within ${limitSeconds} s.`);
}

/** Until none of the processes lives. */
export async function gone(ids: readonly number[]): Promise<void> {
  await until(`The end of the processes ${ids.join(', ')}`, 30, () => {
    const alive = new Set(living().map(({ id }) => id));
    return ids.some((id) => alive.has(id)) ? undefined : true;
  });
}
