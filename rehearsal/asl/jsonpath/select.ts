import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import type { JsonPath, Segment } from './path.ts';

/** A definite path finds nothing; the message is the one that AWS passes on from its JSONPath library. */
export class PathNotFound extends Error {
  override readonly name = 'PathNotFound';
}

/**
 * What a path selects: the node of a definite path, the array of nodes of any other. Throws PathNotFound when a definite path
 * has no node; another path then gives an empty array.
 */
export function select(path: JsonPath, root: Json): Json {
  if (!path.definite) return selectNodes(path, root);
  let value = root;
  const { segments } = path;
  for (let index = 0; index < segments.length; index++) {
    const next = step(value, segments[index] as Segment);
    if (next === undefined) throw new PathNotFound(notFound(path, index, value));
    value = next;
  }
  return value;
}

/** All nodes that a path selects, none where it leads nowhere. */
export function selectNodes(path: JsonPath, root: Json): Json[] {
  let nodes: Json[] = [root];
  for (const segment of path.segments) nodes = nodes.flatMap((node) => stepAll(node, segment, root));
  return nodes;
}

function step(value: Json, segment: Segment): Json | undefined {
  if (segment.kind === 'names') return isObject(value) ? own(value, segment.names[0] as string) : undefined;
  if (segment.kind === 'indexes') return Array.isArray(value) ? at(value, segment.indexes[0] as number) : undefined;
  if (segment.kind === 'function') return callFunction(segment.name, value);
  return undefined;
}

function own(value: { [key: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function at(items: readonly Json[], index: number): Json | undefined {
  return items[index < 0 ? items.length + index : index];
}

function stepAll(value: Json, segment: Segment, root: Json): Json[] {
  switch (segment.kind) {
    case 'names':
      return isObject(value) ? present(segment.names.map((name) => own(value, name))) : [];
    case 'indexes':
      return Array.isArray(value) ? present(segment.indexes.map((index) => at(value, index))) : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(segment.from, segment.to) : [];
    case 'wildcard':
      return childrenOf(value);
    case 'filter':
      return (Array.isArray(value) ? value : [value]).filter((item) => segment.test(item, root));
    case 'descend':
      return descend(value, segment.step, root);
    case 'function':
      return present([callFunction(segment.name, value)]);
  }
}

function descend(value: Json, segment: Segment, root: Json): Json[] {
  const found = segment.kind === 'filter' && !Array.isArray(value) ? [] : stepAll(value, segment, root);
  return [...found, ...childrenOf(value).flatMap((child) => descend(child, segment, root))];
}

function childrenOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function present(values: readonly (Json | undefined)[]): Json[] {
  return values.filter((value) => value !== undefined);
}

function callFunction(name: string, value: Json): Json | undefined {
  const numbers = Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
  switch (name) {
    case 'length':
    case 'size':
      return Array.isArray(value) || typeof value === 'string'
        ? value.length
        : isObject(value)
          ? Object.keys(value).length
          : undefined;
    case 'min':
      return numbers.length > 0 ? numbers.reduce((least, item) => Math.min(least, item)) : undefined;
    case 'max':
      return numbers.length > 0 ? numbers.reduce((most, item) => Math.max(most, item)) : undefined;
    case 'sum':
      return numbers.length > 0 ? numbers.reduce((sum, item) => sum + item, 0) : undefined;
    case 'avg':
      return numbers.length > 0 ? numbers.reduce((sum, item) => sum + item, 0) / numbers.length : undefined;
    case 'keys':
      return isObject(value) ? Object.keys(value) : undefined;
    default:
      return undefined;
  }
}

function notFound(path: JsonPath, index: number, value: Json): string {
  const segment = path.segments[index] as Segment;
  const upTo = bracketForm(path.segments.slice(0, index + 1));
  if (segment.kind === 'indexes') {
    return Array.isArray(value)
      ? `Index out of bounds when evaluating path ${upTo}`
      : `Filter: ${bracketForm([segment]).slice(1)} can only be applied to arrays. Current context is: ${JSON.stringify(value)}`;
  }
  if (segment.kind === 'names' && !isObject(value)) {
    return (
      `Expected to find an object with property ${bracketForm([segment]).slice(1)} in path ${bracketForm(path.segments.slice(0, index))} ` +
      `but found '${javaNodeName(value)}'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'.`
    );
  }
  return index === path.segments.length - 1 ? `No results for path: ${upTo}` : `Missing property in path ${upTo}`;
}

function javaNodeName(value: Json): string {
  const name = Array.isArray(value)
    ? 'ArrayNode'
    : value === null
      ? 'NullNode'
      : typeof value === 'string'
        ? 'TextNode'
        : typeof value === 'boolean'
          ? 'BooleanNode'
          : Number.isInteger(value)
            ? 'IntNode'
            : 'DoubleNode';
  return `com.fasterxml.jackson.databind.node.${name}`;
}

function bracketForm(segments: readonly Segment[]): string {
  const parts = segments.map((segment) => {
    if (segment.kind === 'names') return `[${segment.names.map((name) => `'${name}'`).join(',')}]`;
    if (segment.kind === 'indexes') return `[${segment.indexes.join(',')}]`;
    if (segment.kind === 'function') return `.${segment.name}()`;
    return '[*]';
  });
  return `$${parts.join('')}`;
}
