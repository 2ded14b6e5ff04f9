import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Stage } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import { keepCompiledCode, saveCompiledCode } from '../../rehearsal/lambda/code-cache.ts';
import { digestOf } from '../sources.ts';
import { styled, type Terminal } from './terminal.ts';

const root = resolve(import.meta.dirname, '../..');
/** All that a template or a bundle is made from. */
const inputs = ['bin', 'domain', 'lambdas', 'lib', 'platforms', 'step-functions', 'package-lock.json'];
/** The account of a rehearsal; `cdk deploy` puts its own in the same place. */
export const rehearsalAccount = '111111111111';

/**
 * The synthesized app of a platform: made when anything it is made from has changed, else the one that is there. It is the
 * same app that `cdk deploy` installs.
 */
export async function assemblyOf(platform: Platform, stage: Stage, terminal: Terminal | undefined): Promise<string> {
  const key = `${platform.name}-${stage}-${digestOf(inputs)}`;
  const folder = join(root, '.mainstay', 'assemblies');
  keepCode(join(root, '.mainstay', 'compiled'));
  const directory = join(folder, key);
  if (existsSync(join(directory, 'manifest.json'))) return directory;
  const began = terminal?.now() ?? 0;
  terminal?.out(styled(terminal, 'dim', `Synthesizing ${platform.name} (${stage}) …\n`));
  const unfinished = `${directory}.unfinished-${process.pid}`;
  // Loaded only here: the CDK library takes longer to load than a rehearsal to run.
  const { synthesize } = await import('../synthesize.ts');
  await synthesize({ platform, stage, account: rehearsalAccount, outputDirectory: unfinished, validation: false });
  dropOthers(folder, `${platform.name}-${stage}-`);
  rmSync(join(root, '.mainstay', 'compiled'), { recursive: true, force: true });
  renameSync(unfinished, directory);
  terminal?.out(
    styled(
      terminal,
      'dim',
      `Synthesized in ${((terminal.now() - began) / 1000).toFixed(1)} s: ${relative(root, directory)}\n`,
    ),
  );
  return directory;
}

let keepsCode = false;

/** What this process compiles of the functions, the next one finds: 0.4 s less of its first rehearsal. */
function keepCode(folder: string): void {
  if (keepsCode) return;
  keepsCode = true;
  keepCompiledCode(folder);
  process.once('exit', saveCompiledCode);
}

function dropOthers(folder: string, prefix: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix) && !name.includes('.unfinished-')) rmSync(join(folder, name), { recursive: true });
  }
}
