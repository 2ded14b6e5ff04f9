import type { RehearsalEvent } from '../../rehearsal/kernel/log.ts';
import { type StoryLine, TimelineStory } from '../../rehearsal/scenarios/story.ts';
import { styled, type Terminal } from './terminal.ts';

const barCells = 10;

/** Prints a run as it happens: virtual time, the new release's share of the requests, what happened and why. */
export class Timeline {
  readonly #terminal: Terminal;
  readonly #story = new TimelineStory();
  #progressShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Call with every event of the run, in order. */
  show(event: RehearsalEvent): void {
    const lines = this.#story.tell(event);
    if (lines.length === 0) {
      this.#progress(event);
      return;
    }
    this.#clearProgress();
    for (const line of lines) this.#terminal.out(`${this.#render(line)}\n`);
  }

  #render({ atSeconds, canaryPercent, text, evidence, tone }: StoryLine): string {
    const time = styled(this.#terminal, 'dim', clock(atSeconds));
    const filled = Math.round((canaryPercent * barCells) / 100);
    const bar = `${'█'.repeat(filled)}${'·'.repeat(barCells - filled)}`;
    const share = `${String(canaryPercent).padStart(3)} %`;
    const told = tone === undefined ? text : styled(this.#terminal, tone, text);
    const why = evidence ? `\n${' '.repeat(31)}${styled(this.#terminal, 'dim', evidence)}` : '';
    return `  ${time}  ${styled(this.#terminal, 'cyan', bar)} ${share}  ${told}${why}`;
  }

  /** One line that is drawn over, so that a long quiet stretch is seen to pass. */
  #progress(event: RehearsalEvent): void {
    if (!this.#terminal.interactive || event.kind !== 'traffic.minute') return;
    const seconds = this.#story.secondsAt(event.at);
    if (seconds === undefined) return;
    this.#terminal.out(`\r\u001b[2K  ${styled(this.#terminal, 'dim', `${clock(seconds)}  …`)}`);
    this.#progressShown = true;
  }

  #clearProgress(): void {
    if (this.#progressShown) this.#terminal.out('\r\u001b[2K');
    this.#progressShown = false;
  }
}

/** `00:31:04`; before the start `-00:05:00`. */
export function clock(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${seconds < 0 ? '-' : ' '}${parts.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

/** `31 min 4 s` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  if (minutes < 120) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
