import { type FilterTest, parseFilter } from './filter.ts';
import { Scanner } from './scanner.ts';

/** One step of a path. */
export type Segment =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly test: FilterTest }
  | { readonly kind: 'descend'; readonly step: Segment }
  | { readonly kind: 'function'; readonly name: string };

/** Where a path begins: the data at hand, the context object (`$$`), or a variable. */
export type PathRoot =
  | { readonly kind: 'data' }
  | { readonly kind: 'context' }
  | { readonly kind: 'variable'; readonly name: string };

/** A parsed JSONPath, in the dialect that Step Functions has from the Jayway library. */
export interface JsonPath {
  readonly text: string;
  readonly root: PathRoot;
  readonly segments: readonly Segment[];
  /** Selects at most one node: no wildcard, slice, filter, union or descent. Others give an array of what they find. */
  readonly definite: boolean;
}

/** A text is no JSONPath. */
export class JsonPathSyntaxError extends Error {
  override readonly name = 'JsonPathSyntaxError';
}

/** Parses a whole text as a path. Throws JsonPathSyntaxError. */
export function parsePath(text: string): JsonPath {
  const scanner = new Scanner(text);
  const path = scanPath(scanner);
  if (!scanner.atEnd) throw new JsonPathSyntaxError(`unexpected '${scanner.rest()}' in '${text}'`);
  return path;
}

/** Parses a path at the scanner's place and leaves the scanner behind it. */
export function scanPath(scanner: Scanner): JsonPath {
  const start = scanner.index;
  if (!scanner.take('$') && !scanner.take('@'))
    throw new JsonPathSyntaxError(`a path starts with '$': '${scanner.text}'`);
  let root: PathRoot = { kind: 'data' };
  if (scanner.take('$')) root = { kind: 'context' };
  else {
    const name = scanner.takePattern(/[\p{L}_][\p{L}\p{N}_]*/uy);
    if (name) root = { kind: 'variable', name };
  }
  const segments: Segment[] = [];
  for (let segment = scanSegment(scanner); segment; segment = scanSegment(scanner)) segments.push(segment);
  return { text: scanner.text.slice(start, scanner.index), root, segments, definite: segments.every(isDefinite) };
}

function isDefinite(segment: Segment): boolean {
  if (segment.kind === 'names') return segment.names.length === 1;
  if (segment.kind === 'indexes') return segment.indexes.length === 1;
  return segment.kind === 'function';
}

function scanSegment(scanner: Scanner): Segment | undefined {
  if (scanner.take('..')) {
    if (scanner.peek('[')) return { kind: 'descend', step: scanBracket(scanner) };
    return { kind: 'descend', step: scanName(scanner) };
  }
  if (scanner.take('.')) return scanner.peek('[') ? scanBracket(scanner) : scanName(scanner);
  if (scanner.peek('[')) return scanBracket(scanner);
  return undefined;
}

function scanName(scanner: Scanner): Segment {
  if (scanner.take('*')) return { kind: 'wildcard' };
  const name = scanner.takePattern(/[^\s.[\](),'"*?@$&|!=<>~{}]+/uy);
  if (!name) throw new JsonPathSyntaxError(`a name is missing after '.' in '${scanner.text}'`);
  if (scanner.take('()')) return { kind: 'function', name };
  return { kind: 'names', names: [name] };
}

function scanBracket(scanner: Scanner): Segment {
  scanner.take('[');
  scanner.skipSpace();
  const segment = scanBracketContent(scanner);
  scanner.skipSpace();
  if (!scanner.take(']')) throw new JsonPathSyntaxError(`']' is missing in '${scanner.text}'`);
  return segment;
}

function scanBracketContent(scanner: Scanner): Segment {
  if (scanner.take('*')) return { kind: 'wildcard' };
  if (scanner.take('?(')) {
    const test = parseFilter(scanner);
    scanner.skipSpace();
    if (!scanner.take(')')) throw new JsonPathSyntaxError(`')' is missing in '${scanner.text}'`);
    return { kind: 'filter', test };
  }
  if (scanner.peek("'") || scanner.peek('"'))
    return { kind: 'names', names: scanList(scanner, () => scanner.takeQuoted()) };
  const first = scanner.takePattern(/-?\d+/y);
  scanner.skipSpace();
  if (scanner.take(':')) {
    scanner.skipSpace();
    const last = scanner.takePattern(/-?\d+/y);
    return {
      kind: 'slice',
      from: first === undefined ? undefined : Number(first),
      to: last === undefined ? undefined : Number(last),
    };
  }
  if (first === undefined) throw new JsonPathSyntaxError(`'[' is followed by nothing known in '${scanner.text}'`);
  const indexes = [Number(first)];
  if (scanner.take(',')) indexes.push(...scanList(scanner, () => scanner.takePattern(/-?\d+/y)).map(Number));
  return { kind: 'indexes', indexes };
}

function scanList(scanner: Scanner, item: () => string | undefined): string[] {
  const items: string[] = [];
  do {
    scanner.skipSpace();
    const value = item();
    if (value === undefined) throw new JsonPathSyntaxError(`an item is missing between brackets in '${scanner.text}'`);
    items.push(value);
    scanner.skipSpace();
  } while (scanner.take(','));
  return items;
}
