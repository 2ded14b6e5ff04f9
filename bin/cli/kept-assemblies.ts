import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of one platform and stage: the newest, and the one before it for who goes back to it. 107 MB each of aeon. */
const keptOfEach = 2;

/**
 * The folder of assemblies that were synthesized, which several processes share. One that a living process uses is never removed: each
 * process leaves a mark with its id beside what it uses.
 */
export class KeptAssemblies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Marks the assembly as used by this process until it ends, and answers its folder if it is there. */
  use(key: string): string | undefined {
    // Marked before it is looked for: who removes looks at the marks first.
    const mark = join(this.#folder, `${key}${marked}${process.pid}`);
    if (!existsSync(mark)) {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(mark, '');
      process.once('exit', () => rmSync(mark, { force: true }));
    }
    const directory = join(this.#folder, key);
    return existsSync(join(directory, 'manifest.json')) ? directory : undefined;
  }

  /** Where this process writes an assembly before it is whole. */
  unfinished(key: string): string {
    return join(this.#folder, `${key}${halfMade}${process.pid}`);
  }

  /** Puts what was written in its place; what another process has put there meanwhile is the same and stays. */
  finish(key: string): string {
    const directory = join(this.#folder, key);
    try {
      renameSync(this.unfinished(key), directory);
    } catch (error) {
      if (!existsSync(join(directory, 'manifest.json'))) throw error;
      rmSync(this.unfinished(key), { recursive: true, force: true });
    }
    return directory;
  }

  /** Removes of a platform and stage (`aeon-production-`) what nobody uses beyond the newest, and what processes left that are gone. */
  removeOld(prefix: string): void {
    const names = readdirSync(this.#folder).filter((name) => name.startsWith(prefix));
    const used = new Set<string>();
    for (const name of names) {
      const [, key, kind, pid] = ofProcess.exec(name) ?? [];
      if (key === undefined) continue;
      if (!isAlive(Number(pid))) rmSync(join(this.#folder, name), { recursive: true, force: true });
      else if (kind === marked) used.add(key);
    }
    const whole = names.filter((name) => !ofProcess.test(name)).map((name) => ({ name, at: this.#madeAt(name) }));
    const old = whole.toSorted((one, other) => other.at - one.at).slice(keptOfEach);
    for (const { name } of old) {
      if (!used.has(name)) rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** Names of the folders that the assemblies here hold: `asset.<hash>` among them. */
  contents(): ReadonlySet<string> {
    return new Set(
      readdirSync(this.#folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .flatMap(({ name }) => readdirSync(join(this.#folder, name))),
    );
  }

  #madeAt(name: string): number {
    return statSync(join(this.#folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }
}

const marked = '.used-by-';
const halfMade = '.unfinished-';
const ofProcess = /^(.+)(\.used-by-|\.unfinished-)(\d+)$/;

/** https://nodejs.org/api/process.html#processkillpid-signal: signal 0 only asks; who may not signal it sees that it is there. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
