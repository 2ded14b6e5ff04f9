import type { RestoreLine } from '../../rehearsal/scenarios/restore-story.ts';
import { styled, type Terminal } from './terminal.ts';
import { clock } from './timeline.ts';

/** A line of a restore's timeline, with its evidence below it. */
export function restoreLine({ atSeconds, text, evidence, tone }: RestoreLine, terminal: Terminal): string {
  const told = tone === undefined ? text : styled(terminal, tone, text);
  const why = evidence ? `\n${' '.repeat(13)}${styled(terminal, 'dim', evidence)}` : '';
  return `  ${styled(terminal, 'dim', clock(atSeconds))}  ${told}${why}`;
}
