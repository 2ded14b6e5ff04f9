import type { Command } from 'commander';
import { rehearseBackup, requireBackupRequest } from '../../rehearsal/scenarios/backup.ts';
import type { BackupResult, BackupRun } from '../../rehearsal/scenarios/backup-request.ts';
import { BackupStory } from '../../rehearsal/scenarios/backup-story.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { duration } from './timeline.ts';

interface BackupOptions {
  readonly platform: string;
  readonly days: string;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly everything?: boolean;
  readonly json?: boolean;
}

/** `mainstay rehearse backup` */
export function addRehearseBackupCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  rehearse
    .command('backup')
    .description('Let days go by: hourly recovery sets, their copies, their thinning, and the weekly restore test')
    .option('--platform <name>', 'platform', 'aeon')
    .option('--days <number>', 'days of virtual time', '35')
    .option(
      '--fault <name>',
      'fault to inject; may be given again',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--everything', 'leave nothing out: the schedules of every other workflow run too (twice as slow)')
    .option('--json', 'print one JSON object instead of a line a day')
    .action(async (options: BackupOptions) => finish(await backup(options, terminal)));
}

async function backup(options: BackupOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = {
    platform,
    days: seedOf(options.days, 'days'),
    faults: options.fault,
    seed: seedOf(options.seed),
    ...(options.everything ? { everything: true } : {}),
  };
  // Everything that can be refused is, before the first word on stdout.
  requireBackupRequest(request);
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const story = new BackupStory();
  const began = terminal.now();
  const run = await rehearseBackup({
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
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : verdict(result, run, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

function rendered({ at, text, evidence, tone }: ReturnType<BackupStory['tell']>[number], terminal: Terminal): string {
  const time = styled(terminal, 'dim', new Date(at).toISOString().slice(0, 16).replace('T', ' '));
  const told = tone === undefined ? text : styled(terminal, tone, text);
  const why = evidence ? `\n${' '.repeat(20)}${styled(terminal, 'dim', evidence)}` : '';
  return `  ${time}  ${told}${why}`;
}

/** The closing lines of a run. */
function verdict(result: BackupResult, run: BackupRun, terminal: Terminal): string {
  const { held, violated } = result.checkers;
  const count = (value: number): string => value.toLocaleString('en-US');
  const { hoursDue, setsMade, setsLate, setsFailed, setsMissed } = result;
  const lines = [
    '',
    `  ${hoursDue} sets were due: ${setsMade} made in time, ${setsLate} late, ${setsFailed} failed, ${setsMissed} missed; ${result.setsVerified} verified in the standby`,
    `  at most ${result.snapshotsPeak} manual snapshots in a region, ${result.quota} allowed · oldest kept ${result.oldestKept ?? 'none'} · ${result.provenKept} proven · ${result.alarmsRaised} alarms`,
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s · ${count(run.log.events.length)} events · ${count(result.functionsInvoked)} invocations`,
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
