import type { Command } from 'commander';
import { type ImagesRun, imageFaults, rehearseImages, requireImagesRequest } from '../../rehearsal/scenarios/images.ts';
import { assemblyOf } from './assembly.ts';
import { platformNamed } from './platforms.ts';
import { seedOf } from './rehearse.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';
import { duration } from './timeline.ts';

interface ImagesOptions {
  readonly platform: string;
  readonly days: string;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
}

/** `mainstay rehearse images` */
export function addRehearseImagesCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  rehearse
    .command('images')
    .description('Release for some days from a registry of two years, and see which images the nights delete')
    .option('--platform <name>', 'platform', 'aeon')
    .option('--days <number>', 'days of releases, each with its night', '5')
    .option(
      '--fault <name>',
      `${imageFaults.join('|')}; may be given again`,
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', 'print one JSON object')
    .action(async (options: ImagesOptions) => finish(await images(options, terminal)));
}

async function images(options: ImagesOptions, terminal: Terminal): Promise<ExitCode> {
  const platform = platformNamed(options.platform);
  const request = { platform, days: seedOf(options.days, 'days'), faults: options.fault, seed: seedOf(options.seed) };
  requireImagesRequest(request);
  const assemblyDirectory = await assemblyOf(platform, 'production', options.json ? undefined : terminal);
  const began = terminal.now();
  const run = await rehearseImages({ ...request, assemblyDirectory });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : told(result, run, terminal));
  return result.checkers.violated.length === 0 ? 0 : 1;
}

function told(result: ImagesRun['result'], run: ImagesRun, terminal: Terminal): string {
  const messages = run.log.events.filter(
    (event) => event.kind === 'notification.sent' && /images (would be )?deleted/.test(String(event['subject'])),
  );
  const lines = messages.flatMap((event) => [
    `  ${styled(terminal, 'dim', new Date(event.at).toISOString().slice(0, 16).replace('T', ' '))}  ${event['subject']}`,
    ...String(event['message'])
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => styled(terminal, 'dim', `      ${line}`)),
  ]);
  const deleted = Object.entries(result.deleted).map(([region, count]) => `${count} in ${region}`);
  lines.push(
    '',
    `  ${result.releases} releases, ${result.runs.succeeded} reviews (${result.runs.failed} failed), deleted: ${deleted.join(', ') || 'nothing'}`,
    `  ${duration(result.virtualSeconds)} of virtual time in ${result.wallSeconds.toFixed(1)} s`,
    '',
  );
  for (const name of result.checkers.held) lines.push(`  ${styled(terminal, 'green', '✔')} ${name}`);
  for (const { checker, detail } of result.checkers.violated) {
    lines.push(`  ${styled(terminal, 'red', '✘')} ${styled(terminal, 'bold', checker)}: ${detail}`);
  }
  lines.push('', styled(terminal, 'dim', `  again: ${run.command}`), '');
  return lines.join('\n');
}
