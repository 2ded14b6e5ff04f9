import type { Command } from 'commander';
import { rehearseBackup, requireBackupRequest } from '../../rehearsal/scenarios/backup.ts';
import { BackupStory } from '../../rehearsal/scenarios/backup-story.ts';
import {
  carryOut,
  counted,
  effortLine,
  promiseLines,
  type RehearseOptions,
  requestOf,
  seedOf,
  toldAt,
  withRehearseOptions,
} from './rehearsing.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface BackupOptions extends RehearseOptions {
  readonly days: string;
  readonly hours?: string;
  readonly everything?: boolean;
}

/** `mainstay rehearse backup` */
export function addRehearseBackupCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = rehearse
    .command('backup')
    .description('Let days go by: hourly recovery sets, their copies, their thinning, and the weekly restore test');
  withRehearseOptions(command, 'a line a day')
    .option('--days <number>', 'days of virtual time', '35')
    .option('--hours <number>', 'hours instead of days')
    .option('--everything', 'leave nothing out: the schedules of every other workflow run too (twice as slow)')
    .action(async (options: BackupOptions) => finish(await backup(options, terminal)));
}

function backup(options: BackupOptions, terminal: Terminal): Promise<ExitCode> {
  const request = {
    ...requestOf(options),
    days: options.hours === undefined ? seedOf(options.days, 'days') : seedOf(options.hours, 'hours') / 24,
    ...(options.everything ? { everything: true } : {}),
  };
  const story = new BackupStory();
  return carryOut(options, terminal, {
    require: () => requireBackupRequest(request),
    rehearse: (given) => rehearseBackup({ ...request, ...given }),
    tell: (event) => story.tell(event).map((line) => toldAt(minuteOf(line.at), line, terminal)),
    close: (result, { log, command }) => {
      const { hoursDue, setsMade, setsLate, setsFailed, setsMissed } = result;
      return [
        '',
        `  ${hoursDue} sets were due: ${setsMade} made in time, ${setsLate} late, ${setsFailed} failed, ${setsMissed} missed; ${result.setsVerified} verified in the standby`,
        `  at most ${result.snapshotsPeak} manual snapshots in a region, ${result.quota} allowed · oldest kept ${result.oldestKept ?? 'none'} · ${result.provenKept} proven · ${result.alarmsRaised} alarms`,
        effortLine(result, log, `${counted(result.functionsInvoked)} invocations`),
        ...promiseLines(result, command, terminal),
      ];
    },
  });
}

/** `2026-01-05 09:00` */
function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
