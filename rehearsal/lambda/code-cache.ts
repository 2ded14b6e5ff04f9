import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { taskRoot } from './virtual-files.ts';

interface Compiled {
  readonly script: Script;
  /** Where its compiled form is kept; undefined where it is not kept, or is there already. */
  readonly keepIn: string | undefined;
}

const scripts = new Map<string, Compiled>();
let keptIn: string | undefined;

/** From now on compiled bundles are looked for in this folder; `saveCompiledCode` fills it. */
export function keepCompiledCode(folder: string): void {
  keptIn = folder;
}

/** The bundle as a function of Node's module variables; compiled once a process. */
export function compiled(folder: string, file: string): Script {
  const path = join(folder, `${file}.js`);
  const known = scripts.get(path);
  if (known) return known.script;
  const source = readFileSync(path, 'utf8').replace(/^#!.*/, '');
  const place = placeOf(folder, file);
  const cachedData = place !== undefined && existsSync(place) ? readFileSync(place) : undefined;
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: `${taskRoot}/${file}.js`,
    ...(cachedData ? { cachedData } : {}),
  });
  const isKept = cachedData !== undefined && script.cachedDataRejected !== true;
  scripts.set(path, { script, keepIn: isKept ? undefined : place });
  return script;
}

/** Keeps what V8 has compiled of the bundles that ran, their inner functions included: the next process need not do it again. */
export function saveCompiledCode(): void {
  for (const [path, { script, keepIn }] of scripts) {
    if (keepIn === undefined) continue;
    mkdirSync(dirname(keepIn), { recursive: true });
    // Written aside and moved, so that another process never reads half of it.
    const unfinished = `${keepIn}.${process.pid}`;
    writeFileSync(unfinished, script.createCachedData());
    renameSync(unfinished, keepIn);
    scripts.set(path, { script, keepIn: undefined });
  }
}

/** Only an asset's folder is named after its contents (`asset.<hash>`); V8 refuses what another version of it made. */
function placeOf(folder: string, file: string): string | undefined {
  const name = basename(folder);
  if (keptIn === undefined || !/^asset\.[0-9a-f]{64}$/.test(name)) return undefined;
  return join(keptIn, `${name}.${file}.v8-${process.versions.v8}`);
}
