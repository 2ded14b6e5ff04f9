import type { Command } from 'commander';
import { rehearseFailover, requireFailoverRequest } from '../../rehearsal/scenarios/failover.ts';
import { answers, type FailoverResult, type Outage, outages } from '../../rehearsal/scenarios/failover-request.ts';
import { FailoverStory } from '../../rehearsal/scenarios/failover-story.ts';
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

interface FailoverOptions extends RehearseOptions {
  readonly outage: string;
  readonly approve: string;
  readonly afterwards?: boolean;
}

/** `mainstay rehearse failover` and `mainstay rehearse database-failover` */
export function addRehearseFailoverCommands(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = (name: string, meaning: string, outage: Outage): void => {
    withRehearseOptions(rehearse.command(name).description(meaning), 'the timeline')
      .option('--outage <what>', outages.join('|'), outage)
      .option('--approve <answer>', `${answers.join('|')}: what a person who is asked says`, 'yes')
      .option(...postgresOption)
      .option('--afterwards', 'what was lost returns, and the next hour of backups is waited for')
      .action(async (options: FailoverOptions) => finish(await failover(options, terminal)));
  };
  command('failover', 'Take the primary region away while applications write, and see the platform move', 'region');
  command('database-failover', 'Take the host of the database away while applications write', 'database');
}

function failover(options: FailoverOptions, terminal: Terminal): Promise<ExitCode> {
  const request = {
    ...requestOf(options),
    outage: oneOf(outages, options.outage, 'outage'),
    approve: oneOf(answers, options.approve, 'answer'),
    ...(options.afterwards ? { afterwards: true } : {}),
  };
  const story = new FailoverStory();
  return carryOut(options, terminal, {
    require: () => requireFailoverRequest(request),
    rehearse: (given) => rehearseFailover({ ...request, ...given }),
    tell: (event) => story.tell(event).map((line) => timelineLine(line, terminal)),
    close: (result, { log, command }) => [
      ...verdict(result, terminal),
      effortLine(
        result,
        log,
        `${result.callsToLostRegion} calls to what was lost on the path, ${result.callsBesideThePath} beside it`,
      ),
      ...promiseLines(result, command, terminal),
    ],
  });
}

const outcomeStyles: Readonly<Record<FailoverResult['outcome'], 'green' | 'yellow' | 'red'>> = {
  'failed-over': 'green',
  stayed: 'green',
  asked: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

function verdict(result: FailoverResult, terminal: Terminal): string[] {
  const back = result.rtoSeconds === null ? [] : [`users wrote again after ${duration(result.rtoSeconds)}`];
  const waited = result.criticalPathSeconds === null ? [] : [`${duration(result.criticalPathSeconds)} of it imposed`];
  const fenced = result.fencing === null ? [] : [`fencing ${result.fencing}`];
  const { reportedLossSecondsMin: least, reportedLossSeconds: most } = result;
  const told = most === null ? [] : [`told: ${least ?? 0} to ${most} s`];
  return [
    '',
    outcomeLine(result.outcome, outcomeStyles[result.outcome], result.reason, terminal),
    ...result.refusals.map((refusal) => styled(terminal, 'dim', `      refused: ${refusal}`)),
    '',
    ...(back.length + fenced.length > 0 ? [`  ${[...back, ...waited, ...fenced].join(' · ')}`] : []),
    `  ${[`${counted(result.acknowledgedWrites)} writes acknowledged, ${counted(result.lostWrites)} lost`, ...told].join(' · ')}`,
    ...result.steps.map(
      ({ name, seconds, budgetSeconds }) =>
        `      ${name.padEnd(14)} ${styled(terminal, seconds > budgetSeconds ? 'yellow' : 'dim', `${seconds} s of ${budgetSeconds}`)}`,
    ),
    ...result.imposedWaits.map(({ name, seconds }) =>
      styled(terminal, 'dim', `      ${String(seconds).padStart(6)} s until ${name}`),
    ),
  ];
}
