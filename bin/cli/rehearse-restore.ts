import type { Command } from 'commander';
import { type RestoreResult, rehearseRestore, requireRestoreRequest } from '../../rehearsal/scenarios/restore.ts';
import { RestoreStory } from '../../rehearsal/scenarios/restore-story.ts';
import {
  carryOut,
  effortLine,
  outcomeLine,
  postgresOption,
  promiseLines,
  type RehearseOptions,
  requestOf,
  timelineLine,
  withRehearseOptions,
} from './rehearsing.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface RestoreOptions extends RehearseOptions {
  readonly point?: string;
}

/** `mainstay rehearse restore` */
export function addRehearseRestoreCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = rehearse
    .command('restore')
    .description('Have a person restore a database beside the running one, from the newest set or to a point in time');
  withRehearseOptions(command, 'the timeline')
    .option('--point <minutes>', 'to so many minutes before now, such as -20m; the newest recovery set without it')
    .option(...postgresOption)
    .action(async (options: RestoreOptions) => finish(await restore(options, terminal)));
}

const outcomeStyles: Readonly<Record<RestoreResult['outcome'], 'green' | 'yellow' | 'red'>> = {
  restored: 'green',
  refused: 'yellow',
  failed: 'red',
};

function restore(options: RestoreOptions, terminal: Terminal): Promise<ExitCode> {
  const request = { ...requestOf(options), ...(options.point === undefined ? {} : { point: options.point }) };
  const story = new RestoreStory();
  return carryOut(options, terminal, {
    require: () => {
      requireRestoreRequest(request);
    },
    rehearse: (given) => rehearseRestore({ ...request, ...given }),
    tell: (event) => story.tell(event).map((line) => timelineLine(line, terminal)),
    close: (result, { log, command }) => [
      '',
      outcomeLine(
        result.outcome,
        outcomeStyles[result.outcome],
        `${result.instance ?? ''} ${result.reason}`.trim(),
        terminal,
      ),
      '',
      effortLine(result, log),
      ...promiseLines(result, command, terminal),
    ],
  });
}
