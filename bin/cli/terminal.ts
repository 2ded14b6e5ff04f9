/** Where a command writes, and what it may assume of the reader. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** A person watches: progress may be drawn over. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** Wall milliseconds, for how long a command took. The only real clock of the CLI. */
  now(): number;
}

/** 0: all went well and every checker held. 1: a checker was violated. 2: the input was wrong, nothing was done. */
export type ExitCode = 0 | 1 | 2;

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  red: [31, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Text in a style where the terminal shows styles, else the text. */
export function styled(terminal: Pick<Terminal, 'color'>, style: Style, text: string): string {
  if (!terminal.color) return text;
  const [on, off] = codes[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}
