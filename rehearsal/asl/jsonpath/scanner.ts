/** A place in a text, for the parsers of paths and intrinsic functions. */
export class Scanner {
  readonly text: string;
  index = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.index >= this.text.length;
  }

  rest(): string {
    return this.text.slice(this.index);
  }

  peek(token: string): boolean {
    return this.text.startsWith(token, this.index);
  }

  /** Moves past the token if it is next. */
  take(token: string): boolean {
    if (!this.peek(token)) return false;
    this.index += token.length;
    return true;
  }

  /** Moves past what a sticky pattern matches here, and gives it. */
  takePattern(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.index;
    const match = sticky.exec(this.text);
    if (!match) return undefined;
    this.index += match[0].length;
    return match[0];
  }

  skipSpace(): void {
    this.takePattern(/\s+/y);
  }

  /**
   * A text in single or double quotes; undefined (and no move) without its end. A backslash escapes the quote that encloses the
   * text, and stands for itself anywhere else: so AWS reads `$['a\\"b']`.
   */
  takeQuoted(): string | undefined {
    const quote = this.text[this.index];
    if (quote !== "'" && quote !== '"') return undefined;
    let value = '';
    for (let index = this.index + 1; index < this.text.length; index++) {
      const character = this.text[index] as string;
      if (character === quote) {
        this.index = index + 1;
        return value;
      }
      if (character === '\\' && this.text[index + 1] === quote) {
        index++;
        value += quote;
      } else value += character;
    }
    return undefined;
  }
}
