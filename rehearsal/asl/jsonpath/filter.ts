import type { Json } from '../../kernel/log.ts';
import { type JsonPath, JsonPathSyntaxError, scanPath } from './path.ts';
import type { Scanner } from './scanner.ts';
import { selectNodes } from './select.ts';

/** Whether an item passes `[?(...)]`; `root` is what `$` means inside it. */
export type FilterTest = (item: Json, root: Json) => boolean;

type Operand = (item: Json, root: Json) => Json | undefined;

/** Parses the inside of `?( )`: comparisons joined by `&&`, `||`, `!` and parentheses. */
export function parseFilter(scanner: Scanner): FilterTest {
  let left = parseConjunction(scanner);
  for (scanner.skipSpace(); scanner.take('||'); scanner.skipSpace()) {
    const [before, after] = [left, parseConjunction(scanner)];
    left = (item, root) => before(item, root) || after(item, root);
  }
  return left;
}

function parseConjunction(scanner: Scanner): FilterTest {
  let left = parseTerm(scanner);
  for (scanner.skipSpace(); scanner.take('&&'); scanner.skipSpace()) {
    const [before, after] = [left, parseTerm(scanner)];
    left = (item, root) => before(item, root) && after(item, root);
  }
  return left;
}

function parseTerm(scanner: Scanner): FilterTest {
  scanner.skipSpace();
  if (scanner.take('!')) {
    const inner = parseTerm(scanner);
    return (item, root) => !inner(item, root);
  }
  if (scanner.take('(')) {
    const inner = parseFilter(scanner);
    scanner.skipSpace();
    if (!scanner.take(')')) throw new JsonPathSyntaxError(`')' is missing in '${scanner.text}'`);
    return inner;
  }
  const left = parseOperand(scanner);
  scanner.skipSpace();
  const operator = scanner.takePattern(/==|!=|<=|>=|=~|<|>|(?:in|nin|contains|size|empty)\b/y);
  if (operator === undefined) return (item, root) => left(item, root) !== undefined;
  scanner.skipSpace();
  if (operator === '=~') return matching(left, scanner);
  const right = parseOperand(scanner);
  const compare = comparisons[operator] as (a: Json | undefined, b: Json | undefined) => boolean;
  return (item, root) => compare(left(item, root), right(item, root));
}

function matching(left: Operand, scanner: Scanner): FilterTest {
  const literal = scanner.takePattern(/\/(?:[^/\\]|\\.)*\/[ims]*/y);
  if (literal === undefined) throw new JsonPathSyntaxError(`a regular expression is missing in '${scanner.text}'`);
  const end = literal.lastIndexOf('/');
  let expression: RegExp;
  try {
    expression = new RegExp(`^(?:${literal.slice(1, end)})$`, literal.slice(end + 1));
  } catch {
    throw new JsonPathSyntaxError(`not a regular expression: ${literal}`);
  }
  return (item, root) => {
    const value = left(item, root);
    return typeof value === 'string' && expression.test(value);
  };
}

function parseOperand(scanner: Scanner): Operand {
  scanner.skipSpace();
  if (scanner.peek('@') || scanner.peek('$')) {
    const relative = scanner.peek('@');
    const path = scanPath(scanner);
    return (item, root) => selected(path, relative ? item : root);
  }
  const quoted = scanner.takeQuoted();
  if (quoted !== undefined) return () => quoted;
  const literal = scanner.takePattern(/true\b|false\b|null\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\[[^\]]*\]/y);
  if (literal === undefined) throw new JsonPathSyntaxError(`an operand is missing in '${scanner.text}'`);
  let value: Json;
  try {
    value = JSON.parse(literal.replaceAll("'", '"')) as Json;
  } catch {
    throw new JsonPathSyntaxError(`not a value: ${literal}`);
  }
  return () => value;
}

function selected(path: JsonPath, root: Json): Json | undefined {
  const nodes = selectNodes(path, root);
  return path.definite ? nodes[0] : nodes;
}

const comparisons: Readonly<Record<string, (a: Json | undefined, b: Json | undefined) => boolean>> = {
  '==': same,
  '!=': (a, b) => !same(a, b),
  '<': (a, b) => ordered(a, b, (order) => order < 0),
  '<=': (a, b) => ordered(a, b, (order) => order <= 0),
  '>': (a, b) => ordered(a, b, (order) => order > 0),
  '>=': (a, b) => ordered(a, b, (order) => order >= 0),
  in: (a, b) => Array.isArray(b) && b.some((item) => same(a, item)),
  nin: (a, b) => Array.isArray(b) && !b.some((item) => same(a, item)),
  contains: (a, b) =>
    Array.isArray(a)
      ? a.some((item) => same(item, b))
      : typeof a === 'string' && typeof b === 'string' && a.includes(b),
  size: (a, b) => (Array.isArray(a) || typeof a === 'string') && a.length === b,
  empty: (a, b) => (Array.isArray(a) || typeof a === 'string') && (a.length === 0) === b,
};

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function ordered(a: Json | undefined, b: Json | undefined, holds: (order: number) => boolean): boolean {
  if (typeof a === 'number' && typeof b === 'number') return holds(a - b);
  if (typeof a === 'string' && typeof b === 'string') return holds(a < b ? -1 : a > b ? 1 : 0);
  return false;
}
