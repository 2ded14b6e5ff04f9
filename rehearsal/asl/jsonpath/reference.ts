import type { Json } from '../../kernel/log.ts';
import { StateFault } from '../errors.ts';
import { isObject, setMember, textOf } from '../json-text.ts';
import { type JsonPath, parsePath, type Segment } from './path.ts';

/** ResultPath as a reference path: names and indexes alone. Throws JsonPathSyntaxError. */
export function parseReferencePath(text: string): JsonPath {
  return parsePath(text);
}

/** A copy of `input` with `value` at the path; objects that are missing on the way are made. Throws StateFault States.ResultPathMatchFailure. */
export function place(path: JsonPath, input: Json, value: Json): Json {
  return placeAt(input, path.segments, value, () => {
    throw new StateFault({
      error: 'States.ResultPathMatchFailure',
      message: `Unable to apply step "${stepName(path.segments.at(-1))}" to input ${textOf(input)}`,
      fatal: false,
    });
  });
}

function stepName(segment: Segment | undefined): string {
  if (segment?.kind === 'names') return segment.names[0] as string;
  if (segment?.kind === 'indexes') return String(segment.indexes[0]);
  return '$';
}

function placeAt(target: Json | undefined, segments: readonly Segment[], value: Json, refuse: () => never): Json {
  const [segment, ...rest] = segments;
  if (!segment) return value;
  if (segment.kind === 'names') {
    const name = segment.names[0] as string;
    if (target !== undefined && !isObject(target)) return refuse();
    const copy: { [key: string]: Json } = { ...target };
    setMember(
      copy,
      name,
      placeAt(target && Object.hasOwn(target, name) ? target[name] : undefined, rest, value, refuse),
    );
    return copy;
  }
  if (segment.kind === 'indexes') {
    const index = segment.indexes[0] as number;
    if (!Array.isArray(target) || index < 0 || index >= target.length) return refuse();
    const copy = [...target];
    copy[index] = placeAt(target[index], rest, value, refuse);
    return copy;
  }
  return refuse();
}
