import type { Command } from 'commander';
import type { ReadinessFault } from '../../domain/readiness.ts';
import { rehearseReadiness, requireReadinessRequest } from '../../rehearsal/scenarios/readiness.ts';
import type { ReadinessResult } from '../../rehearsal/scenarios/readiness-request.ts';
import {
  carryOut,
  effortLine,
  outcomeLine,
  promiseLines,
  type RehearseOptions,
  requestOf,
  withRehearseOptions,
} from './rehearsing.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';

/** `mainstay readiness` */
export function addReadinessCommand(program: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  const command = program
    .command('readiness')
    .description('Rehearse the daily look at whether the standby could take over; ends with 1 where it could not');
  withRehearseOptions(command, 'what was seen').action(async (options: RehearseOptions) =>
    finish(await look(options, terminal)),
  );
}

async function look(options: RehearseOptions, terminal: Terminal): Promise<ExitCode> {
  const request = requestOf(options);
  let ready = false;
  const code = await carryOut(options, terminal, {
    require: () => requireReadinessRequest(request),
    async rehearse({ assemblyDirectory }) {
      const run = await rehearseReadiness({ ...request, assemblyDirectory });
      ready = run.result.outcome === 'ready';
      return run;
    },
    close: (result, { log, command }) => [
      ...seen(result, terminal),
      '',
      effortLine(result, log),
      ...promiseLines(result, command, terminal),
    ],
  });
  return ready ? code : 1;
}

/** What blocks first, each with what to do about it. */
function seen({ outcome, region, score, faults, unseen }: ReadinessResult, terminal: Terminal): string[] {
  const line = ({ part, severity, what }: ReadinessFault): string =>
    `  ${styled(terminal, severity === 'blocks' ? 'red' : 'yellow', `${severity} ${part}`)}: ${what}`;
  return [
    '',
    outcomeLine(outcome, outcome === 'ready' ? 'green' : 'red', `${region} has ${score} of 100`, terminal),
    '',
    ...faults.filter(({ severity }) => severity === 'blocks').map(line),
    ...unseen.map((part) => `  ${styled(terminal, 'red', `blocks ${part}`)}: nobody could look at it.`),
    ...faults.filter(({ severity }) => severity === 'weighs').map(line),
    ...(faults.length + unseen.length === 0 ? ['  Every part was seen and is well.'] : []),
  ];
}
