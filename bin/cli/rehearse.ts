import type { Command } from 'commander';
import { faultCatalogue, parseFaults } from '../../rehearsal/faults/catalogue.ts';
import type { FaultClass, FaultDescription } from '../../rehearsal/faults/described.ts';
import { backupFaults } from '../../rehearsal/scenarios/backup-faults.ts';
import { rehearseCanary, strategyOf } from '../../rehearsal/scenarios/canary.ts';
import { failbackFaults } from '../../rehearsal/scenarios/failback-faults.ts';
import { failoverFaults } from '../../rehearsal/scenarios/failover-faults.ts';
import { imageFaults } from '../../rehearsal/scenarios/images.ts';
import { readinessRunFaults } from '../../rehearsal/scenarios/readiness-request.ts';
import { parseRelease, releaseKinds } from '../../rehearsal/scenarios/releases.ts';
import { personRestoreFaults } from '../../rehearsal/scenarios/restore.ts';
import { restoreFaults } from '../../rehearsal/scenarios/restore-faults.ts';
import { rotationFaults } from '../../rehearsal/scenarios/rotation-faults.ts';
import { addRehearseBackupCommand } from './rehearse-backup.ts';
import { addRehearseFailbackCommand } from './rehearse-failback.ts';
import { addRehearseFailoverCommands } from './rehearse-failover.ts';
import { addRehearseImagesCommand } from './rehearse-images.ts';
import { addRehearseRestoreCommand } from './rehearse-restore.ts';
import { addRehearseRestoreTestCommand } from './rehearse-restore-test.ts';
import { addRehearseRotationCommand } from './rehearse-rotation.ts';
import {
  carryOut,
  outOption,
  postgresOption,
  type RehearseOptions,
  requestOf,
  withRehearseOptions,
} from './rehearsing.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { Timeline } from './timeline.ts';
import { verdictOf } from './verdict.ts';

interface CanaryOptions extends RehearseOptions {
  readonly service: string;
  readonly release: string;
  readonly strategy?: string;
  readonly tag?: string;
}

/** `mainstay rehearse canary` and the others, and `mainstay rehearse list` */
export function addRehearseCommands(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  const rehearse = program.command('rehearse').description('Run a workflow of the synthesized app in virtual time');
  const promotion = rehearse
    .command('canary')
    .description('Promote a release of one service, and see what Mainstay does');
  withRehearseOptions(promotion, 'the timeline')
    .requiredOption('--service <name>', 'service of the platform')
    .requiredOption('--release <kind>', releaseKinds.map(({ form }) => form).join('|'))
    .option('--strategy <name>', "canary|blue-green|rolling; the definition's own where it is left out")
    .option('--tag <tag>', "image tag to promote; one after the platform's convention where it is left out")
    .option(...postgresOption)
    .option(...outOption)
    .action(async (options: CanaryOptions) => finish(await canary(options, terminal)));
  addRehearseImagesCommand(rehearse, terminal, finish);
  addRehearseRotationCommand(rehearse, terminal, finish);
  addRehearseBackupCommand(rehearse, terminal, finish);
  addRehearseRestoreTestCommand(rehearse, terminal, finish);
  addRehearseRestoreCommand(rehearse, terminal, finish);
  addRehearseFailoverCommands(rehearse, terminal, finish);
  addRehearseFailbackCommand(rehearse, terminal, finish);
  rehearse
    .command('list')
    .description('Show the releases and faults that can be rehearsed, workflow by workflow')
    .action(() => {
      terminal.out(listing(terminal));
      finish(0);
    });
}

function canary(options: CanaryOptions, terminal: Terminal): Promise<ExitCode> {
  const request = {
    ...requestOf(options),
    stage: 'production' as const,
    service: options.service,
    release: parseRelease(options.release),
    faults: parseFaults(options.fault),
    ...(options.strategy === undefined ? {} : { strategy: options.strategy }),
    ...(options.tag === undefined ? {} : { tag: options.tag }),
  };
  const timeline = new Timeline(terminal);
  return carryOut(options, terminal, {
    require: () => {
      strategyOf(request);
    },
    rehearse: (given) => rehearseCanary({ ...request, ...given }),
    tell: (event) => {
      timeline.show(event);
      return [];
    },
    close: (result, run) => verdictOf(result, run, terminal),
  });
}

const classTitles: Readonly<Record<FaultClass, string>> = {
  world: 'Faults of the world: Mainstay copes, every checker holds',
  refusal: 'Requests that are refused, with nothing changed',
  sabotage: 'A promise broken on purpose: its checker goes red',
};

/** Workflow → its faults; those of a promotion are told first, by class. */
const faultsOf: Readonly<Record<string, readonly FaultDescription[]>> = {
  'rehearse rotation': rotationFaults,
  'rehearse backup': backupFaults,
  'rehearse restore-test': restoreFaults,
  'rehearse restore': personRestoreFaults,
  'rehearse images': imageFaults,
  'rehearse failover': failoverFaults,
  'rehearse failback': failbackFaults,
  readiness: readinessRunFaults,
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
  for (const [command, faults] of Object.entries(faultsOf)) {
    lines.push('', styled(terminal, 'bold', `Faults of '${command}'`), '');
    for (const { name, meaning } of faults) lines.push(`  ${name.padEnd(24)} ${meaning}`);
  }
  lines.push(
    '',
    'Try: npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release errors=5%',
    '     npx mainstay rehearse canary --platform aeon --service aeon-dt-api --release healthy --fault throttle --fault crash-after-side-effect --seed 7',
    '     npx mainstay rehearse rotation --platform aeon --crash-after set',
    '     npx mainstay rehearse failover --platform aeon --outage region',
    '',
  );
  return lines.join('\n');
}
