import type { Command } from 'commander';
import { rehearseFailback, requireFailbackRequest } from '../../rehearsal/scenarios/failback.ts';
import type { FailbackResult } from '../../rehearsal/scenarios/failback-request.ts';
import { answers } from '../../rehearsal/scenarios/failover-request.ts';
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

interface FailbackOptions extends RehearseOptions {
  readonly approve: string;
  readonly afterwards?: boolean;
}

/** `mainstay rehearse failback` */
export function addRehearseFailbackCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const meaning = 'After a failover the lost region returns; take the platform back while applications write';
  withRehearseOptions(rehearse.command('failback').description(meaning), 'the timeline')
    .option('--approve <answer>', `${answers.join('|')}: what a person who is asked says`, 'yes')
    .option(...postgresOption)
    .option(
      '--afterwards',
      'the next hour of backups is waited for, and the region that is left is built anew as standby',
    )
    .action(async (options: FailbackOptions) => finish(await failback(options, terminal)));
}

function failback(options: FailbackOptions, terminal: Terminal): Promise<ExitCode> {
  const request = {
    ...requestOf(options),
    approve: oneOf(answers, options.approve, 'answer'),
    ...(options.afterwards ? { afterwards: true } : {}),
  };
  const story = new FailoverStory();
  return carryOut(options, terminal, {
    require: () => requireFailbackRequest(request),
    rehearse: (given) => rehearseFailback({ ...request, ...given }),
    tell: (event) => story.tell(event).map((line) => timelineLine(line, terminal)),
    close: (result, { log, command }) => [
      ...verdict(result, terminal),
      effortLine(result, log, `nobody could write for ${duration(result.quietSeconds)} at a stretch`),
      ...promiseLines(result, command, terminal),
    ],
  });
}

const outcomeStyles: Readonly<Record<FailbackResult['outcome'], 'green' | 'yellow' | 'red'>> = {
  'failed-back': 'green',
  rebuilt: 'green',
  asked: 'yellow',
  refused: 'yellow',
  'let-in-again': 'yellow',
  failed: 'red',
};

const standby = {
  true: 'the region that was left follows as standby',
  false: 'the region that was left does not follow',
};

function verdict(result: FailbackResult, terminal: Terminal): string[] {
  return [
    '',
    outcomeLine(result.outcome, outcomeStyles[result.outcome], result.reason, terminal),
    ...result.refusals.map((refusal) => styled(terminal, 'dim', `      refused: ${refusal}`)),
    '',
    `  ${counted(result.acknowledgedWrites)} writes acknowledged, ${counted(result.lostWrites)} lost`,
    ...(result.standbyRebuilt === null ? [] : [`  ${standby[`${result.standbyRebuilt}`]}`]),
    ...result.steps.map(({ name, seconds }) =>
      styled(terminal, 'dim', `      ${name.padEnd(14)} ${duration(seconds)}`),
    ),
  ];
}
