import type { Command } from 'commander';
import type { ReadinessFault } from '../../domain/readiness.ts';
import { rehearseReadiness, requireReadinessRequest } from '../../rehearsal/scenarios/readiness.ts';
import {
  type ReadinessResult,
  type ReadinessRun,
  readinessRunFaults,
} from '../../rehearsal/scenarios/readiness-request.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';

interface ReadinessOptions {
  readonly platform: string;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
}

/** `mainstay readiness` */
export function addReadinessCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  program
    .command('readiness')
    .description('Rehearse the daily look at whether the standby could take over; ends with 1 where it could not')
    .option('--platform <name>', 'platform', 'aeon')
    .option(
      '--fault <name>',
      `what is wrong with the standby; may be given again: ${readinessRunFaults.map(({ name }) => name).join(', ')}`,
      (fault: string, all: string[]) => [...all, fault],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', 'print one JSON object')
    .action(async (options: ReadinessOptions) => finish(await look(options, terminal)));
}

async function look(options: ReadinessOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = { platform, faults: options.fault, seed: seedOf(options.seed) };
  // Everything that can be refused is, before the first word on stdout.
  requireReadinessRequest(request);
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const began = terminal.now();
  const run = await rehearseReadiness({ ...request, assemblyDirectory });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : shown(result, run, terminal));
  return result.outcome === 'ready' && result.checkers.violated.length === 0 ? 0 : 1;
}

function shown(result: ReadinessResult, run: ReadinessRun, terminal: Terminal): string {
  const { region, score, faults, unseen, checkers, outcome } = result;
  const ready = outcome === 'ready';
  const word = styled(terminal, ready ? 'green' : 'red', styled(terminal, 'bold', ready ? 'READY' : 'NOT READY'));
  const line = ({ part, severity, what }: ReadinessFault): string =>
    `  ${styled(terminal, severity === 'blocks' ? 'red' : 'yellow', `${severity} ${part}`)}: ${what}`;
  const lines = [
    '',
    `  ${word}  ${region} has ${score} of 100`,
    '',
    ...faults.filter(({ severity }) => severity === 'blocks').map(line),
    ...unseen.map((part) => `  ${styled(terminal, 'red', `blocks ${part}`)}: nobody could look at it.`),
    ...faults.filter(({ severity }) => severity === 'weighs').map(line),
    ...(faults.length + unseen.length === 0 ? ['  Every part was seen and is well.'] : []),
    '',
    ...checkers.held.map((name) => `  ${styled(terminal, 'green', '✔')} ${name}`),
    ...checkers.violated.map(
      ({ checker, detail }) => `  ${styled(terminal, 'red', '✘')} ${styled(terminal, 'bold', checker)}: ${detail}`,
    ),
    '',
    styled(terminal, 'dim', `  log ${result.logSha256}`),
    styled(terminal, 'dim', `  again: ${run.command}`),
    '',
  ];
  return lines.join('\n');
}
