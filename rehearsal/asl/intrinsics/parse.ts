import type { Json } from '../../kernel/log.ts';
import { type JsonPath, JsonPathSyntaxError, scanPath } from '../jsonpath/path.ts';
import { Scanner } from '../jsonpath/scanner.ts';
import { type Intrinsic, intrinsics } from './functions.ts';

/** An argument of an intrinsic function. */
export type Argument =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'path'; readonly path: JsonPath }
  | { readonly kind: 'call'; readonly call: IntrinsicCall };

/** A parsed call: `States.Format('{}', $.name)`. https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html */
export interface IntrinsicCall {
  readonly text: string;
  readonly name: string;
  readonly run: Intrinsic;
  readonly arguments: readonly Argument[];
}

/** Calls nest at most this deep, says the documentation. */
const maximumNesting = 10;

/** Parses a whole text as a call. Throws JsonPathSyntaxError. */
export function parseIntrinsic(text: string): IntrinsicCall {
  const scanner = new Scanner(text);
  const call = scanCall(scanner, 1);
  scanner.skipSpace();
  if (!scanner.atEnd) throw new JsonPathSyntaxError(`unexpected '${scanner.rest()}' in '${text}'`);
  return call;
}

function scanCall(scanner: Scanner, depth: number): IntrinsicCall {
  if (depth > maximumNesting)
    throw new JsonPathSyntaxError(`intrinsic functions nest deeper than ${maximumNesting} in '${scanner.text}'`);
  const start = scanner.index;
  const name = scanner.takePattern(/States\.[A-Za-z0-9]+/y);
  const intrinsic = name === undefined ? undefined : intrinsics[name];
  if (name === undefined || !intrinsic) throw new JsonPathSyntaxError(`no intrinsic function: '${scanner.text}'`);
  if (!scanner.take('(')) throw new JsonPathSyntaxError(`'(' is missing in '${scanner.text}'`);
  const list: Argument[] = [];
  scanner.skipSpace();
  if (!scanner.take(')')) {
    do {
      scanner.skipSpace();
      list.push(scanArgument(scanner, depth));
      scanner.skipSpace();
    } while (scanner.take(','));
    if (!scanner.take(')')) throw new JsonPathSyntaxError(`')' is missing in '${scanner.text}'`);
  }
  const [least, most] = intrinsic.arity;
  if (list.length < least || list.length > most) {
    throw new JsonPathSyntaxError(
      `${name} takes ${least === most ? least : `${least} to ${most}`} arguments, not ${list.length}`,
    );
  }
  return { text: scanner.text.slice(start, scanner.index), name, run: intrinsic.run, arguments: list };
}

function scanArgument(scanner: Scanner, depth: number): Argument {
  if (scanner.peek('States.')) return { kind: 'call', call: scanCall(scanner, depth + 1) };
  if (scanner.peek('$')) return { kind: 'path', path: scanPath(scanner) };
  if (scanner.peek("'")) return { kind: 'value', value: scanString(scanner) };
  const literal = scanner.takePattern(/true\b|false\b|null\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (literal === undefined) throw new JsonPathSyntaxError(`an argument is missing in '${scanner.text}'`);
  return { kind: 'value', value: JSON.parse(literal) as Json };
}

/**
 * A string in single quotes. `\'` and `\\` are undone here; `\{` and `\}` are left for States.Format, which must tell them from
 * its placeholders. No other escape exists.
 */
function scanString(scanner: Scanner): string {
  const literal = scanner.takePattern(/'(?:[^'\\]|\\['\\{}])*'/y);
  if (literal === undefined)
    throw new JsonPathSyntaxError(`a string does not end, or has an escape that does not exist, in '${scanner.text}'`);
  return literal.slice(1, -1).replace(/\\(['\\])/g, '$1');
}
