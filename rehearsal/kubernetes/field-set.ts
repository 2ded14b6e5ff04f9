import type { Json } from '../kernel/log.ts';
import { isObject, type JsonObject, sameJson } from './objects.ts';
import { itemKeys, type Schema } from './schema.ts';

/**
 * Sets of field paths, after the structured-merge-diff library that the API server uses:
 * https://github.com/kubernetes-sigs/structured-merge-diff. A path is its elements joined by `/`; an element is `f:name`,
 * `k:{"name":"api"}` or `v:"value"` as in FieldsV1, with `/` and `~` escaped as in JSON pointers.
 */
export type FieldSet = ReadonlySet<string>;

const encode = (element: string): string =>
  /[~/]/.test(element) ? element.replaceAll('~', '~0').replaceAll('/', '~1') : element;
const decode = (element: string): string =>
  element.includes('~') ? element.replaceAll('~1', '/').replaceAll('~0', '~') : element;

export function child(path: string, element: string): string {
  return path === '' ? encode(element) : `${path}/${encode(element)}`;
}

/** The element that identifies an item of a list with keys or of a set. */
export function itemElement(schema: Schema & { kind: 'list' }, item: unknown, path: string): string {
  if (schema.as === 'set') return `v:${JSON.stringify(item)}`;
  return `k:${JSON.stringify(itemKeys(schema.as as readonly string[], item, path))}`;
}

/** Whether the value under this schema has one owner as a whole. */
export function isLeaf(schema: Schema): boolean {
  if (schema.kind === 'scalar' || schema.kind === 'any') return true;
  if (schema.kind === 'list') return schema.as === 'atomic';
  return schema.atomic;
}

/** The schema of a structure's field or a map's entry; `any` where the table does not know it (it was refused before). */
export function schemaAt(schema: Schema, key: string): Schema {
  if (schema.kind === 'struct') return schema.fields[key] ?? { kind: 'any' };
  return schema.kind === 'map' ? schema.values : { kind: 'any' };
}

/** Every field that the value sets. List items with keys are members themselves, beside their fields. */
export function fieldsOf(schema: Schema, value: unknown, path = '', into = new Set<string>()): Set<string> {
  if (value === undefined) return into;
  if (isLeaf(schema) || value === null) {
    if (path !== '') into.add(path);
    return into;
  }
  if (schema.kind === 'list') {
    if (!Array.isArray(value) || value.length === 0) into.add(path);
    for (const item of Array.isArray(value) ? value : []) {
      const itemPath = child(path, itemElement(schema, item, path));
      into.add(itemPath);
      if (schema.as !== 'set') fieldsOf(schema.items, item, itemPath, into);
    }
    return into;
  }
  const entries = isObject(value) ? Object.entries(value).filter(([, item]) => item !== undefined) : [];
  if (entries.length === 0 && path !== '') into.add(path);
  for (const [key, item] of entries) fieldsOf(schemaAt(schema, key), item, child(path, `f:${key}`), into);
  return into;
}

/** Which fields differ between two values. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two objects field by field. */
export function compare(schema: Schema, before: unknown, after: unknown): Comparison {
  const old = leaves(schema, before);
  const fresh = leaves(schema, after);
  const added = new Set<string>();
  const modified = new Set<string>();
  const removed = new Set<string>();
  for (const [path, value] of fresh) {
    if (!old.has(path)) added.add(path);
    else if (!sameJson(old.get(path), value)) modified.add(path);
  }
  for (const path of old.keys()) if (!fresh.has(path)) removed.add(path);
  return { added, modified, removed };
}

/** Each field with its value; items of lists stand with no value of their own. */
function leaves(schema: Schema, value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (value === undefined) return into;
  if (isLeaf(schema) || value === null) {
    into.set(path, value);
    return into;
  }
  if (schema.kind === 'list') {
    for (const item of Array.isArray(value) ? value : []) {
      const itemPath = child(path, itemElement(schema, item, path));
      into.set(itemPath, null);
      if (schema.as !== 'set') leaves(schema.items, item, itemPath, into);
    }
    if (Array.isArray(value) && value.length === 0) into.set(path, value);
    return into;
  }
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0 && path !== '') into.set(path, value);
  for (const [key, item] of entries) leaves(schemaAt(schema, key), item, child(path, `f:${key}`), into);
  return into;
}

export function union(...sets: readonly FieldSet[]): FieldSet {
  const [first, ...others] = sets.filter((set) => set.size > 0);
  if (!first || others.length === 0) return first ?? new Set();
  const all = new Set(first);
  for (const set of others) for (const path of set) all.add(path);
  return all;
}

/** The set itself where none of the others takes anything from it. */
export function minus(set: FieldSet, ...others: readonly FieldSet[]): FieldSet {
  const takers = others.filter((other) => other.size > 0);
  const left = takers.length === 0 ? [] : [...set].filter((path) => !takers.some((other) => other.has(path)));
  return takers.length === 0 || left.length === set.size ? set : new Set(left);
}

export function intersection(a: FieldSet, b: FieldSet): Set<string> {
  return new Set([...a].filter((path) => b.has(path)));
}

/** What one write has written down the next one need not read, nor write again where it is the same. Neither is ever changed in place. */
const setsOf = new WeakMap<JsonObject, FieldSet>();
const written = new WeakMap<FieldSet, JsonObject>();

/** FieldsV1: nested objects, with `.` where the element itself is a member beside its fields. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const known = written.get(set);
  if (known) return known;
  const root: JsonObject = {};
  for (const path of [...set].sort()) {
    let node = root;
    const elements = path.split('/').map(decode);
    elements.forEach((element) => {
      node[element] ??= {};
      node = node[element] as JsonObject;
    });
    node['.'] = {};
  }
  const fields = withoutLeafDots(root) as JsonObject;
  setsOf.set(fields, set);
  written.set(set, fields);
  return fields;
}

function withoutLeafDots(node: Json): Json {
  if (!isObject(node)) return node;
  const keys = Object.keys(node);
  if (keys.length === 1 && keys[0] === '.') return {};
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutLeafDots(value as Json)]));
}

/** The set that FieldsV1 stands for. */
export function fromFieldsV1(fields: JsonObject): FieldSet {
  const known = setsOf.get(fields);
  if (known) return known;
  const set = readFields(fields, '', new Set());
  setsOf.set(fields, set);
  written.set(set, fields);
  return set;
}

function readFields(fields: JsonObject, path: string, into: Set<string>): Set<string> {
  for (const [element, value] of Object.entries(fields)) {
    if (element === '.') {
      into.add(path);
      continue;
    }
    const next = child(path, element);
    if (isObject(value) && Object.keys(value).length > 0) readFields(value as JsonObject, next, into);
    else into.add(next);
  }
  return into;
}

/** The path as the API server prints it: `.spec.template.spec.containers[name="api"].image`. */
export function printed(path: string): string {
  return path
    .split('/')
    .map(decode)
    .map((element) => {
      const content = element.slice(2);
      if (element.startsWith('f:')) return `.${content}`;
      if (element.startsWith('v:')) return `[=${content}]`;
      const keys = Object.entries(JSON.parse(content) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
