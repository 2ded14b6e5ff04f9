import type { Json } from '../kernel/log.ts';
import { applyConflict } from './errors.ts';
import {
  child,
  compare,
  type FieldSet,
  fieldsOf,
  fromFieldsV1,
  intersection,
  isLeaf,
  itemElement,
  minus,
  printed,
  schemaAt,
  toFieldsV1,
  union,
} from './field-set.ts';
import { apiVersionOf, type Kind } from './kinds.ts';
import { copyOf, isObject, type KubernetesObject, type ManagedFieldsEntry, sameJson, timestamp } from './objects.ts';
import type { Schema } from './schema.ts';

/** Who writes, and through which subresource. */
export interface Writer {
  readonly manager: string;
  readonly subresource?: string;
}

/** What an object looks like after a write, before defaults and validation; and who owns its fields then. */
export interface Written {
  readonly object: KubernetesObject;
  readonly managedFields: ManagedFieldsEntry[];
}

/** Fields of every object that no manager owns: the server's own. */
const serverFields = new Set([
  'f:apiVersion',
  'f:kind',
  'f:metadata/f:name',
  'f:metadata/f:generateName',
  'f:metadata/f:namespace',
  'f:metadata/f:uid',
  'f:metadata/f:resourceVersion',
  'f:metadata/f:generation',
  'f:metadata/f:creationTimestamp',
  'f:metadata/f:deletionTimestamp',
  'f:metadata/f:deletionGracePeriodSeconds',
  'f:metadata/f:managedFields',
  'f:metadata',
]);

/** The object's fields that can be owned; `status` where the kind has the subresource and this write does not go through it. */
function ownable(fields: FieldSet, kind: Kind, writer: Writer): Set<string> {
  const skipped = kind.status && writer.subresource !== 'status' ? 'f:status' : undefined;
  return new Set(
    [...fields].filter(
      (path) =>
        !serverFields.has(path) &&
        !path.startsWith('f:metadata/f:managedFields') &&
        (skipped === undefined || (path !== skipped && !path.startsWith(`${skipped}/`))),
    ),
  );
}

interface Managed {
  readonly entry: Omit<ManagedFieldsEntry, 'fieldsV1' | 'fieldsType' | 'time'>;
  time: string;
  fields: FieldSet;
}

function managedOf(object: KubernetesObject): Managed[] {
  return (object.metadata.managedFields ?? []).map(({ fieldsV1, fieldsType: _, time, ...entry }) => ({
    entry,
    time,
    fields: fromFieldsV1(fieldsV1),
  }));
}

function serialised(managed: readonly Managed[]): ManagedFieldsEntry[] {
  return managed
    .filter(({ fields }) => fields.size > 0)
    .map(({ entry, time, fields }) => ({
      manager: entry.manager,
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(entry.subresource ? { subresource: entry.subresource } : {}),
    }));
}

function find(managed: Managed[], kind: Kind, writer: Writer, operation: 'Apply' | 'Update'): Managed {
  const known = managed.find(
    ({ entry }) =>
      entry.manager === writer.manager && entry.operation === operation && entry.subresource === writer.subresource,
  );
  if (known) return known;
  const made: Managed = {
    entry: {
      manager: writer.manager,
      operation,
      apiVersion: apiVersionOf(kind),
      ...(writer.subresource ? { subresource: writer.subresource } : {}),
    },
    time: '',
    fields: new Set(),
  };
  managed.push(made);
  return made;
}

/**
 * Server-side apply: what the manager applies is merged into the live object; what it applied before and leaves out now is
 * removed where nobody else owns it; a field that another manager owns with another value is a conflict unless forced.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/ Throws ApiError 409 with a cause for each conflict.
 */
export function serverSideApply(
  kind: Kind,
  live: KubernetesObject,
  applied: KubernetesObject,
  writer: Writer,
  options: { readonly force: boolean; readonly now: number },
): Written {
  const managed = managedOf(live);
  const mine = find(managed, kind, writer, 'Apply');
  const before = mine.fields;
  const fields = ownable(fieldsOf(kind.schema, applied), kind, writer);
  const others = managed.filter((each) => each !== mine);
  const kept = union(fields, ...others.map((each) => each.fields));
  const merged = merge(kind.schema, live, applied);
  const pruned = prune(
    kind.schema,
    merged as unknown as Json,
    minus(before, kept),
    kept,
    '',
  ) as unknown as KubernetesObject;
  const change = compare(kind.schema, live, pruned);
  const touched = union(change.modified, change.added);
  const conflicts = others.flatMap(({ entry, fields: owned }) =>
    [...intersection(owned, touched)].filter((path) => fields.has(path)).map((path) => ({ entry, path })),
  );
  if (conflicts.length > 0 && !options.force) {
    throw applyConflict(
      conflicts
        .map(({ entry, path }) => ({
          reason: 'FieldManagerConflict',
          message: `conflict with "${entry.manager}"${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`,
          field: printed(path),
        }))
        .sort((a, b) => (a.field < b.field ? -1 : 1)),
    );
  }
  for (const other of others) other.fields = minus(other.fields, touched, change.removed);
  const isSame = sameSet(before, fields);
  if (!isSame || touched.size > 0 || change.removed.size > 0 || mine.time === '') mine.time = timestamp(options.now);
  if (!isSame) mine.fields = fields;
  return { object: pruned, managedFields: serialised(managed) };
}

/** A write that is no apply: the writer takes what it adds or changes from everyone else. */
export function updateOwnership(
  kind: Kind,
  live: KubernetesObject | undefined,
  written: KubernetesObject,
  writer: Writer,
  now: number,
): ManagedFieldsEntry[] {
  const managed = live ? managedOf(live) : [];
  const change = compare(kind.schema, live ?? {}, written);
  const touched = ownable(union(change.added, change.modified), kind, writer);
  for (const each of managed) each.fields = minus(each.fields, touched, change.removed);
  if (touched.size > 0) {
    const mine = find(managed, kind, writer, 'Update');
    mine.fields = union(mine.fields, touched);
    mine.time = timestamp(now);
  }
  return serialised(managed);
}

function sameSet(a: FieldSet, b: FieldSet): boolean {
  return a.size === b.size && [...a].every((path) => b.has(path));
}

/** The live value with the applied one laid over it; lists keep the live order and new items come last. */
function merge<T>(schema: Schema, live: T, applied: T): T {
  if (applied === undefined) return live;
  if (live === undefined || live === null || applied === null || isLeaf(schema)) return copyOf(applied);
  if (schema.kind === 'list') return mergeItems(schema, live as Json[], applied as Json[]) as T;
  if (!isObject(live) || !isObject(applied)) return copyOf(applied);
  const merged: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(applied)) merged[key] = merge(schemaAt(schema, key), merged[key], value);
  return merged as T;
}

function mergeItems(schema: Schema & { kind: 'list' }, live: readonly Json[], applied: readonly Json[]): Json[] {
  const fresh = new Map(applied.map((item) => [itemElement(schema, item, ''), item]));
  const merged = live.map((item) => {
    const key = itemElement(schema, item, '');
    const over = fresh.get(key);
    if (over === undefined) return item;
    fresh.delete(key);
    return merge(schema.items, item, over);
  });
  return [...merged, ...copyOf([...fresh.values()])];
}

/** The value without the given fields; an item or structure stays while somebody owns something in it. */
function prune(schema: Schema, value: Json, gone: FieldSet, kept: FieldSet, path: string): Json {
  if (gone.size === 0 || isLeaf(schema) || value === null || value === undefined) return value;
  const goes = (at: string) => gone.has(at) && ![...kept].some((other) => other === at || other.startsWith(`${at}/`));
  if (schema.kind === 'list') {
    if (!Array.isArray(value)) return value;
    return value.flatMap((item) => {
      const at = child(path, itemElement(schema, item, path));
      if (goes(at)) return [];
      return [schema.as === 'set' ? item : prune(schema.items, item, gone, kept, at)];
    });
  }
  const left: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value as Record<string, Json>)) {
    const at = child(path, `f:${key}`);
    if (goes(at)) continue;
    const pruned = prune(schemaAt(schema, key), item, gone, kept, at);
    if (isEmptied(item, pruned) && ![...kept].some((other) => other === at)) continue;
    left[key] = pruned;
  }
  return left;
}

/** A structure or list that lost its last member in this prune. */
function isEmptied(before: Json, after: Json): boolean {
  if (sameJson(before, after)) return false;
  return (Array.isArray(after) && after.length === 0) || (isObject(after) && Object.keys(after).length === 0);
}
