import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Stage } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import { keepCompiledCode, saveCompiledCode } from '../../rehearsal/lambda/code-cache.ts';
import { digestOf } from '../sources.ts';
import { KeptAssemblies } from './kept-assemblies.ts';
import { styled, type Terminal } from './terminal.ts';

const root = resolve(import.meta.dirname, '../..');
const compiledCode = join(root, '.mainstay', 'compiled');
/** All that a template or a bundle is made from. */
const inputs = ['bin', 'domain', 'lambdas', 'lib', 'platforms', 'step-functions', 'package-lock.json'];
/** The account of a rehearsal; `cdk deploy` puts its own in the same place. */
export const rehearsalAccount = '111111111111';

/**
 * The synthesized app of a platform: made when anything it is made from has changed, else the one that is there. It is the
 * same app that `cdk deploy` installs.
 */
export async function assemblyOf(platform: Platform, stage: Stage, terminal: Terminal | undefined): Promise<string> {
  const of = `${platform.name}-${stage}-`;
  const key = `${of}${digestOf(inputs)}`;
  const kept = new KeptAssemblies(join(root, '.mainstay', 'assemblies'));
  keepCode(compiledCode);
  const known = kept.use(key);
  if (known !== undefined) return known;
  const began = terminal?.now() ?? 0;
  terminal?.out(styled(terminal, 'dim', `Synthesizing ${platform.name} (${stage}) …\n`));
  // Loaded only here: the CDK library takes longer to load than a rehearsal to run.
  const { synthesize } = await import('../synthesize.ts');
  const outputDirectory = kept.unfinished(key);
  await synthesize({ platform, stage, account: rehearsalAccount, outputDirectory, validation: false });
  const directory = kept.finish(key);
  kept.removeOld(of);
  forgetCode(compiledCode, kept.contents());
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

/** Code of functions that no assembly has any more. */
function forgetCode(folder: string, contents: ReadonlySet<string>): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [asset = ''] = /^asset\.[0-9a-f]+/.exec(name) ?? [];
    if (!contents.has(asset)) rmSync(join(folder, name), { force: true });
  }
}
