import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gone, until } from '../../../rehearsal/postgres/real/processes.ts';
import { withoutServers } from './available.ts';

const root = resolve(import.meta.dirname, '../../..');
const program = `
  import { RealPostgres } from './rehearsal/postgres/real/real-postgres.ts';
  const postgres = await RealPostgres.open({ now: () => 0 });
  await postgres.create('shop', { master: { user: 'chief', password: 'word' }, database: 'shop' });
  console.log(postgres.folder);
  if (process.argv.includes('ends')) process.exit(3);
  if (process.argv.includes('throws')) throw new Error('a defect');
  setInterval(() => undefined, 1000);
`;

describe.skipIf(withoutServers !== undefined)('the servers of a process', () => {
  it.each([
    ['killed', [], 'SIGKILL'],
    ['interrupted', [], 'SIGINT'],
    ['that ends without closing them', ['ends'], undefined],
    ['that fails', ['throws'], undefined],
  ] as const)('%s are gone with it, and their files', async (_what, words, signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...words], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
    });
    const folder = await until('The folder', 60, () => /^(\S+)\n/.exec(said)?.[1]);
    const [home = ''] = signal ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
    const postmaster = signal
      ? Number(readFileSync(join(folder, home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
      : undefined;
    if (signal) child.kill(signal);
    await until('The end of the folder', 60, () => (existsSync(folder) ? undefined : true));
    if (postmaster !== undefined) await gone([postmaster]);
    expect(existsSync(folder)).toBe(false);
  });
});
