import type { Command } from 'commander';
import { type ImagesRun, rehearseImages, requireImagesRequest } from '../../rehearsal/scenarios/images.ts';
import {
  carryOut,
  effortLine,
  promiseLines,
  type RehearseOptions,
  requestOf,
  seedOf,
  withRehearseOptions,
} from './rehearsing.ts';
import { type ExitCode, styled, type Terminal } from './terminal.ts';

interface ImagesOptions extends RehearseOptions {
  readonly days: string;
}

/** `mainstay rehearse images` */
export function addRehearseImagesCommand(
  rehearse: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  const command = rehearse
    .command('images')
    .description('Release for some days from a registry of two years, and see which images the nights delete');
  withRehearseOptions(command, 'the nights')
    .option('--days <number>', 'days of releases, each with its night', '5')
    .action(async (options: ImagesOptions) => finish(await images(options, terminal)));
}

function images(options: ImagesOptions, terminal: Terminal): Promise<ExitCode> {
  const request = { ...requestOf(options), days: seedOf(options.days, 'days') };
  return carryOut(options, terminal, {
    require: () => requireImagesRequest(request),
    rehearse: ({ assemblyDirectory }) => rehearseImages({ ...request, assemblyDirectory }),
    close: (result, { log, command }) => {
      const deleted = Object.entries(result.deleted).map(([region, count]) => `${count} in ${region}`);
      return [
        ...nights(log, terminal),
        '',
        `  ${result.releases} releases, ${result.runs.succeeded} reviews (${result.runs.failed} failed), deleted: ${deleted.join(', ') || 'nothing'}`,
        effortLine(result, log),
        ...promiseLines(result, command, terminal),
      ];
    },
  });
}

/** What each night told. */
function nights(log: ImagesRun['log'], terminal: Terminal): string[] {
  const messages = log.events.filter(
    (event) => event.kind === 'notification.sent' && /images (would be )?deleted/.test(String(event['subject'])),
  );
  return messages.flatMap((event) => [
    `  ${styled(terminal, 'dim', new Date(event.at).toISOString().slice(0, 16).replace('T', ' '))}  ${event['subject']}`,
    ...String(event['message'])
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => styled(terminal, 'dim', `      ${line}`)),
  ]);
}
