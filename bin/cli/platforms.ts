import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { knownPlatforms } from '../../platforms/index.ts';
import type { Platform } from '../../platforms/schema.ts';
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
  const attributes = file.endsWith('.json') ? { with: { type: 'json' } } : {};
  const module = (await import(pathToFileURL(file).href, attributes)) as Record<string, unknown>;
  const exported = Object.values(module);
  const definition = module['default'] ?? (exported.length === 1 ? exported[0] : undefined);
  return validatePlatform(definition);
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
      finish(0);
    });
}
