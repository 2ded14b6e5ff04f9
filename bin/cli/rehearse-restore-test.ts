import type { Command } from 'commander';
import { type RestoreTestResult, restoreCorruptions } from '../../rehearsal/scenarios/restore-request.ts';
import { RestoreStory } from '../../rehearsal/scenarios/restore-story.ts';
import { rehearseRestoreTest, requireRestoreTestRequest } from '../../rehearsal/scenarios/restore-test.ts';
import {
  carryOut,
  counted,
  effortLine,
  oneOf,
  outcomeLine,
  postgresOption,
  promiseLines,
  type RehearseOptions,
  requestOf,
  timelineLine,
  withRehearseOptions,
} from './rehearsing.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { duration } from './timeline.ts';

interface RestoreTestOptions extends RehearseOptions {
  readonly region: string;
  readonly corrupt?: string;
}

/** `mainstay rehearse restore-test` */
export function addRehearseRestoreTestCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = rehearse
    .command('restore-test')
    .description('Restore the newest recovery set in an isolated network and compare it with what was backed up');
  withRehearseOptions(command, 'the timeline')
    .option('--region <place>', 'primary|standby: where the restore is tested', 'primary')
    .option('--corrupt <what>', `${restoreCorruptions.join('|')}: what is wrong with the restored data`)
    .option(...postgresOption)
    .action(async (options: RestoreTestOptions) => finish(await restoreTest(options, terminal)));
}

function restoreTest(options: RestoreTestOptions, terminal: Terminal): Promise<ExitCode> {
  const { corrupt, region } = options;
  const request = {
    ...requestOf(options),
    region: oneOf(['primary', 'standby'] as const, region, 'region'),
    ...(corrupt === undefined ? {} : { corrupt: oneOf(restoreCorruptions, corrupt, 'corruption') }),
  };
  const story = new RestoreStory();
  return carryOut(options, terminal, {
    require: () => requireRestoreTestRequest(request),
    rehearse: (given) => rehearseRestoreTest({ ...request, ...given }),
    tell: (event) => story.tell(event).map((line) => timelineLine(line, terminal)),
    close: (result, { log, command }) => [
      ...verdict(result, terminal),
      effortLine(result, log),
      ...promiseLines(result, command, terminal),
    ],
  });
}

const verdictStyles: Readonly<Record<RestoreTestResult['verdict'], 'green' | 'yellow' | 'red'>> = {
  proven: 'green',
  failed: 'yellow',
  none: 'red',
};
/** Failures that are shown; the JSON has all. */
const failuresShown = 10;

function verdict(result: RestoreTestResult, terminal: Terminal): string[] {
  const steps = Object.entries(result.secondsByStep).map(([step, seconds]) => `${step} ${duration(seconds)}`);
  return [
    '',
    outcomeLine(result.verdict, verdictStyles[result.verdict], result.reason, terminal),
    ...result.failures
      .slice(0, failuresShown)
      .map(({ kind, table, expected, found }) =>
        styled(terminal, 'dim', `      ${kind} ${table}: expected ${expected}, found ${found}`),
      ),
    '',
    `  ${counted(result.tablesCompared)} tables, ${counted(result.rowsCompared)} rows compared · ${steps.join(' · ') || 'no step ended'}`,
  ];
}
