import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { KeptAssemblies } from '../../bin/cli/kept-assemblies.ts';

const of = 'aeon-production-';

/** A folder of assemblies, the first the oldest. */
function folderOf(...keys: readonly string[]): { readonly folder: string; readonly kept: KeptAssemblies } {
  const folder = mkdtempSync(join(tmpdir(), 'mainstay-assemblies-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [index, key] of keys.entries()) {
    mkdirSync(join(folder, key));
    writeFileSync(join(folder, key, 'manifest.json'), '{}');
    utimesSync(join(folder, key), index + 1, index + 1);
  }
  return { folder, kept: new KeptAssemblies(folder) };
}

/** Process that waits until its standard input ends. */
async function anotherProcess(): Promise<{ readonly pid: number; readonly end: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const end = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  onTestFinished(end);
  return { pid: child.pid ?? 0, end };
}

it('an assembly that another process uses is not removed under it, however old, and is once it has ended', async () => {
  const { folder, kept } = folderOf(`${of}a`, `${of}b`, `${of}c`, `${of}d`);
  const { pid, end } = await anotherProcess();
  writeFileSync(join(folder, `${of}a.used-by-${pid}`), '');
  kept.removeOld(of);
  expect(readdirSync(folder).sort()).toEqual([`${of}a`, `${of}a.used-by-${pid}`, `${of}c`, `${of}d`]);
  await end();
  kept.removeOld(of);
  expect(readdirSync(folder).sort()).toEqual([`${of}c`, `${of}d`]);
});

it('what this process uses stays, and only what is whole can be used', () => {
  const { folder, kept } = folderOf(`${of}a`, `${of}b`, `${of}c`);
  expect(kept.use(`${of}a`)).toBe(join(folder, `${of}a`));
  expect(kept.use(`${of}z`)).toBeUndefined();
  kept.removeOld(of);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([`${of}a`, `${of}b`, `${of}c`]));
});

it('nothing of another platform or stage is removed, nor what a living process is making; what a dead one left is', () => {
  const { folder, kept } = folderOf('aeon-staging-a', 'aeon-staging-b', 'aeon-staging-c');
  const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
  for (const pid of [dead, process.pid]) mkdirSync(join(folder, `${of}a.unfinished-${pid}`));
  kept.removeOld(of);
  expect(readdirSync(folder).sort()).toEqual([
    `${of}a.unfinished-${process.pid}`,
    'aeon-staging-a',
    'aeon-staging-b',
    'aeon-staging-c',
  ]);
});

it('of two processes that make the same assembly the second keeps what the first has put there', () => {
  const { folder, kept } = folderOf();
  const make = (): string => {
    mkdirSync(kept.unfinished(`${of}a`));
    writeFileSync(join(kept.unfinished(`${of}a`), 'manifest.json'), '{}');
    return kept.finish(`${of}a`);
  };
  expect(make()).toBe(join(folder, `${of}a`));
  expect(make()).toBe(join(folder, `${of}a`));
  expect(readdirSync(folder)).toEqual([`${of}a`]);
  expect([...kept.contents()]).toEqual(['manifest.json']);
});
