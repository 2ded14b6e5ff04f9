/** Where and why a text is no JSON, in the words of AWS's parser (Jackson). Line and column count from 1. */
export interface JsonFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** What Jackson expects where this host's parser says it expects something. */
const expectations: readonly (readonly [RegExp, string])[] = [
  [/^Expected (double-quoted )?property name/, 'was expecting double-quote to start field name'],
  [/^Expected ':'/, 'was expecting a colon to separate field name and value'],
  [/^Expected ',' or '}'/, 'was expecting comma to separate Object entries'],
  [/^Expected ',' or ']'/, 'was expecting comma to separate Array entries'],
];

/** Explains what JSON.parse threw. What Jackson would say is not known for every fault: then it is this host's own message. */
export function jsonFault(text: string, error: unknown): JsonFault {
  const own = error instanceof Error ? error.message : String(error);
  const known = expectations.find(([pattern]) => pattern.test(own));
  const position = Number(/position (\d+)/.exec(own)?.[1] ?? firstWordAt(text));
  const word = /^[A-Za-z_$][\w$]*/.exec(text.slice(position))?.[0];
  if (known && position < text.length) {
    const character = text[position] ?? '';
    return {
      message: `Unexpected character ('${character}' (code ${character.charCodeAt(0)})): ${known[1]}`,
      ...placeOf(text, position + 1),
    };
  }
  if (own.startsWith('Unexpected token') && word !== undefined) {
    const message = `Unrecognized token '${word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`;
    return { message, ...placeOf(text, position + word.length) };
  }
  return { message: own, ...placeOf(text, position) };
}

/** Without a position the fault is at the first thing that is not space. */
function firstWordAt(text: string): number {
  return text.length - text.trimStart().length;
}

function placeOf(text: string, end: number): { line: number; column: number } {
  const before = text.slice(0, end);
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}
