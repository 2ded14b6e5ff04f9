import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { stages } from '../../domain/names.ts';
import { requireDeployable } from '../../lib/deployable.ts';
import { NotYetDeployable } from '../../lib/not-yet-deployable.ts';
import { knownPlatforms } from '../../platforms/index.ts';
import type { Platform } from '../../platforms/schema.ts';
import { platformAt } from '../../platforms/stage.ts';
import { validatePlatform } from '../../platforms/validate.ts';
import { UnusableInput } from './input.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';

/** The validated platform of that name. Throws UnusableInput, InvalidPlatform. */
export function platformNamed(name: string): Platform {
  const definition = Object.hasOwn(knownPlatforms, name)
    ? knownPlatforms[name as keyof typeof knownPlatforms]
    : undefined;
  if (!definition) {
    throw new UnusableInput(
      'UnknownPlatform',
      `There is no platform '${name}'. Known: ${Object.keys(knownPlatforms).join(', ')}. ` +
        'Choose one of these, or add a file under platforms/ and name it in platforms/index.ts.',
    );
  }
  return validatePlatform(definition);
}

/** A platform by name, or by a file whose default export, or only export, is the definition. Throws as `platformNamed`. */
export async function platformFrom(nameOrFile: string): Promise<Platform> {
  if (Object.hasOwn(knownPlatforms, nameOrFile)) return platformNamed(nameOrFile);
  if (!/\.(ts|js|mjs|json)$/.test(nameOrFile)) return platformNamed(nameOrFile);
  const file = resolve(nameOrFile);
  if (!existsSync(file)) {
    throw new UnusableInput(
      'UnreadableFile',
      `There is no file '${nameOrFile}'. Give the path of a platform's definition, or its name.`,
    );
  }
  const exported = await exportsOf(file, nameOrFile);
  const names = Object.keys(exported);
  const only = names.length === 1 ? names[0] : undefined;
  const name = 'default' in exported ? 'default' : only;
  if (name === undefined) {
    throw new UnusableInput(
      'UnreadableFile',
      `The file '${nameOrFile}' exports ${names.length === 0 ? 'nothing' : names.join(', ')}. Allowed is one export, or a default export: the definition.`,
    );
  }
  return validatePlatform(exported[name]);
}

/** A file of a person's own: that it doesn't parse or run is theirs to mend, so it is told without our stack. */
async function exportsOf(file: string, asGiven: string): Promise<Record<string, unknown>> {
  const attributes = file.endsWith('.json') ? { with: { type: 'json' } } : {};
  try {
    return (await import(pathToFileURL(file).href, attributes)) as Record<string, unknown>;
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new UnusableInput(
      'UnreadableFile',
      `The file '${asGiven}' can't be read as a definition: ${said}. Mend it and start again.`,
    );
  }
}

/** A definition may say more than there are stacks for; undefined where there are. */
function refusedBySynth(platform: Platform): string | undefined {
  try {
    for (const stage of stages) requireDeployable({ platform: platformAt(platform, stage) });
  } catch (error) {
    if (error instanceof NotYetDeployable) return error.message;
    throw error;
  }
  return undefined;
}

/** `mainstay platforms validate FILE|NAME` */
export function addPlatformsCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  const platforms = program.command('platforms').description('Platform definitions');
  platforms
    .command('validate')
    .argument('<file-or-name>', 'a file that exports a definition, or the name of a known platform')
    .description('Check every rule of a definition; all violations are told at once')
    .action(async (nameOrFile: string) => {
      const platform = await platformFrom(nameOrFile);
      terminal.out(
        `${styled(terminal, 'green', '✔')} ${platform.name} (${platform.title}) is sound: ${platform.services.length} services, ` +
          `${platform.databases.length} databases, ${platform.regions.primary.name}${platform.regions.standby ? ` with ${platform.regions.standby.name} standing by` : ''}.\n`,
      );
      const refused = refusedBySynth(platform);
      if (refused !== undefined) terminal.out(`${styled(terminal, 'yellow', 'But a synth refuses it:')} ${refused}\n`);
      finish(0);
    });
}
