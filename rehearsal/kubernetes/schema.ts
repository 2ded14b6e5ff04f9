import { Unmodelled } from '../aws/service.ts';
import { badRequest } from './errors.ts';
import { isObject } from './objects.ts';

/**
 * The shape of a field and how server-side apply merges it. `list.as`: 'atomic' (one owner for the whole list), 'set', or the
 * keys that identify an item. https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export type Schema =
  | { readonly kind: 'scalar'; readonly of: 'string' | 'integer' | 'boolean' | 'intOrString' | 'quantity' }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Schema>>; readonly atomic: boolean }
  | { readonly kind: 'map'; readonly values: Schema; readonly atomic: boolean }
  | { readonly kind: 'list'; readonly items: Schema; readonly as: 'atomic' | 'set' | readonly string[] }
  /** Not looked into; one owner. */
  | { readonly kind: 'any' };

export const text: Schema = { kind: 'scalar', of: 'string' };
export const integer: Schema = { kind: 'scalar', of: 'integer' };
export const flag: Schema = { kind: 'scalar', of: 'boolean' };
export const intOrString: Schema = { kind: 'scalar', of: 'intOrString' };
export const quantity: Schema = { kind: 'scalar', of: 'quantity' };
export const anything: Schema = { kind: 'any' };

export function struct(fields: Readonly<Record<string, Schema>>): Schema {
  return { kind: 'struct', fields, atomic: false };
}

/** A structure that is owned and replaced as one: `x-kubernetes-map-type: atomic`. */
export function atomicStruct(fields: Readonly<Record<string, Schema>>): Schema {
  return { kind: 'struct', fields, atomic: true };
}

export function mapOf(values: Schema): Schema {
  return { kind: 'map', values, atomic: false };
}

export function atomicMap(values: Schema): Schema {
  return { kind: 'map', values, atomic: true };
}

/** A list that is owned and replaced as one: the default where a type says nothing. */
export function atomicList(items: Schema): Schema {
  return { kind: 'list', items, as: 'atomic' };
}

export function setOf(items: Schema): Schema {
  return { kind: 'list', items, as: 'set' };
}

export function listBy(keys: readonly string[], items: Schema): Schema {
  return { kind: 'list', items, as: keys };
}

/** What an item's key is where the item leaves it out: the type's default, https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy */
const keyDefaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** The keys of a list's item, in alphabetical order as field paths write them. Throws ApiError when a key is missing. */
export function itemKeys(keys: readonly string[], item: unknown, path: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const key of [...keys].sort()) {
    const value = (isObject(item) ? item[key] : undefined) ?? keyDefaults[key];
    if (value === undefined) throw badRequest(`${path}: element has no ${key}, which identifies it in this list`);
    found[key] = value;
  }
  return found;
}

/**
 * Checks a value's types and field names. A field that the table does not know is Unmodelled: the real server would drop or
 * refuse it, or knows more than we do; either way the rehearsal must not go on. Throws ApiError 400 for a wrong type.
 */
export function checkShape(schema: Schema, value: unknown, path: string): void {
  if (value === null || value === undefined || schema.kind === 'any') return;
  switch (schema.kind) {
    case 'scalar':
      checkScalar(schema.of, value, path);
      return;
    case 'list':
      if (!Array.isArray(value)) throw wrongType(path, 'an array', value);
      value.forEach((item, index) => {
        checkShape(schema.items, item, `${path}[${index}]`);
      });
      return;
    case 'map':
      if (!isObject(value)) throw wrongType(path, 'a map', value);
      for (const [key, item] of Object.entries(value)) checkShape(schema.values, item, `${path}.${key}`);
      return;
    case 'struct':
      if (!isObject(value)) throw wrongType(path, 'an object', value);
      for (const [key, item] of Object.entries(value)) {
        const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
        if (!field) {
          throw new Unmodelled(
            `The rehearsal's Kubernetes does not know the field ${path}.${key}; it knows ${Object.keys(schema.fields).join(', ')}. ` +
              'Correct the name, or add the field to rehearsal/kubernetes/types.',
          );
        }
        checkShape(field, item, `${path}.${key}`);
      }
  }
}

const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;

function checkScalar(of: string, value: unknown, path: string): void {
  if (of === 'string' && typeof value !== 'string') throw wrongType(path, 'a string', value);
  if (of === 'integer' && !Number.isInteger(value)) throw wrongType(path, 'an integer', value);
  if (of === 'boolean' && typeof value !== 'boolean') throw wrongType(path, 'a boolean', value);
  if (of === 'intOrString' && !Number.isInteger(value) && typeof value !== 'string') {
    throw wrongType(path, 'an integer or a string', value);
  }
  if (of === 'quantity' && !(typeof value === 'number' || (typeof value === 'string' && quantityPattern.test(value)))) {
    throw badRequest(
      `${path}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'; ${JSON.stringify(value)} came`,
    );
  }
}

function wrongType(path: string, wanted: string, value: unknown): Error {
  return badRequest(`${path}: ${wanted} is needed; ${JSON.stringify(value)?.slice(0, 80)} came`);
}
