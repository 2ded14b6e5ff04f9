import type { Command } from 'commander';
import { UnknownFault } from '../../rehearsal/errors.ts';
import { rehearseRotation, requireRotationRequest } from '../../rehearsal/scenarios/rotation.ts';
import { crashSteps } from '../../rehearsal/scenarios/rotation-faults.ts';
import type { RotationOutcome } from '../../rehearsal/scenarios/rotation-request.ts';
import { RotationStory } from '../../rehearsal/scenarios/rotation-story.ts';
import {
  carryOut,
  counted,
  effortLine,
  outcomeLine,
  outOption,
  postgresOption,
  promiseLines,
  type RehearseOptions,
  requestOf,
  timelineLine,
  withRehearseOptions,
} from './rehearsing.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface RotationOptions extends RehearseOptions {
  readonly secret?: string;
  readonly crashAfter?: string;
  readonly schedule?: boolean;
  readonly afterFailover?: boolean;
}

/** `mainstay rehearse rotation` */
export function addRehearseRotationCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = rehearse
    .command('rotation')
    .description('Rotate a secret while its consumers log in with it all the time');
  withRehearseOptions(command, 'the timeline')
    .option(
      '--secret <name>',
      "secret of the platform, or <database>-master, <database>-heartbeat; the definition's first",
    )
    .option(
      '--crash-after <step>',
      `${Object.keys(crashSteps).join('|')}: the function dies after that step, each time`,
    )
    .option('--schedule', 'wait for the window of the schedule, instead of a person who rotates it')
    .option('--after-failover', 'in the standby, once the primary region is lost and the platform has moved')
    .option(...postgresOption)
    .option(...outOption)
    .action(async (options: RotationOptions) => finish(await rotation(options, terminal)));
}

const outcomeStyles: Readonly<Record<RotationOutcome, 'green' | 'yellow' | 'red'>> = {
  rotated: 'green',
  'finished-late': 'yellow',
  undone: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

function rotation(options: RotationOptions, terminal: Terminal): Promise<ExitCode> {
  const asked = requestOf(options);
  const request = {
    ...asked,
    faults: [...crashOf(options.crashAfter), ...asked.faults],
    ...(options.secret === undefined ? {} : { secret: options.secret }),
    ...(options.schedule ? { trigger: 'schedule' as const } : {}),
    ...(options.afterFailover ? { afterFailover: true } : {}),
  };
  const story = new RotationStory();
  return carryOut(options, terminal, {
    require: () => {
      requireRotationRequest(request);
    },
    rehearse: (given) => rehearseRotation({ ...request, ...given }),
    tell: (event) => story.tell(event).map((line) => timelineLine(line, terminal)),
    close: (result, { log, command, callsAnswered, transitions }) => [
      '',
      outcomeLine(result.outcome, outcomeStyles[result.outcome], result.reason, terminal),
      '',
      effortLine(result, log, `${counted(callsAnswered)} AWS and Kubernetes calls`, `${transitions} state transitions`),
      `  ${result.users} users: ${counted(result.loginsTried)} logins tried, ${counted(result.loginsDenied)} denied, one client for at most ${result.deniedSeconds} s`,
      `  restarted: ${result.consumersRestarted.join(', ') || 'nobody'}`,
      ...promiseLines(result, command, terminal),
    ],
  });
}

/** Throws UnknownFault. */
function crashOf(step: string | undefined): string[] {
  if (step === undefined) return [];
  if (step in crashSteps) return [`crash-after-${step}`];
  throw new UnknownFault(
    `There is no step '${step}' to crash after. Known: ${Object.keys(crashSteps).join(', ')}. Choose one of these.`,
  );
}
