import type { NormalizedSchema } from '@smithy/core/schema';
import { memberPath, ShapeProblem } from './problem.ts';
import { membersOf, requiredMembers } from './shapes.ts';
import { wireName } from './xml.ts';

/** A form's keys, split at their dots: `Tags.member.1.Key=a` → Tags → member → 1 → Key → 'a'. */
interface Branch {
  text?: string;
  readonly branches: Map<string, Branch>;
}

/** How a protocol names members in its forms, and whether its lists have no name of their own for items. */
export interface FormStyle {
  readonly nameOf: (schema: NormalizedSchema, name: string) => string;
  readonly flatLists: boolean;
}

const queryStyle: FormStyle = { nameOf: wireName, flatLists: false };

/**
 * Reads a query form by the operation's input schema; `Action` and `Version` are left out by the caller. Throws ShapeProblem.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#request-serialization
 */
export function readForm(
  schema: NormalizedSchema,
  form: ReadonlyMap<string, string>,
  style: FormStyle = queryStyle,
): Record<string, unknown> {
  const root: Branch = { branches: new Map() };
  for (const [key, text] of form) {
    let branch = root;
    for (const part of key.split('.')) {
      let next = branch.branches.get(part);
      if (!next) {
        next = { branches: new Map() };
        branch.branches.set(part, next);
      }
      branch = next;
    }
    branch.text = text;
  }
  return readStructure(schema, root, '', style);
}

function readStructure(
  schema: NormalizedSchema,
  branch: Branch,
  path: string,
  style: FormStyle,
): Record<string, unknown> {
  const members = new Map(
    [...membersOf(schema)].map(([name, member]) => [style.nameOf(member, name), { name, member }]),
  );
  const result: Record<string, unknown> = {};
  for (const [key, child] of branch.branches) {
    const found = members.get(key);
    if (!found) {
      throw new ShapeProblem(
        'type',
        memberPath(path, key),
        `${schema.getName() ?? 'the shape'} has no such member; it has ${[...members.keys()].join(', ')}`,
      );
    }
    result[found.name] = readValue(found.member, child, memberPath(path, found.name), style);
  }
  for (const name of requiredMembers(schema)) {
    if (result[name] === undefined) throw new ShapeProblem('missing', memberPath(path, name), 'the member is required');
  }
  return result;
}

function readValue(schema: NormalizedSchema, branch: Branch, path: string, style: FormStyle): unknown {
  const flat = style.flatLists || Boolean((schema.getMergedTraits() as { xmlFlattened?: unknown }).xmlFlattened);
  if (schema.isStructSchema()) return readStructure(schema, branch, path, style);
  if (schema.isListSchema()) {
    if (branch.text === '' && branch.branches.size === 0) return [];
    const member = schema.getValueSchema();
    const items = flat ? branch : only(branch, wireName(member, 'member'), path);
    return numbered(items, path).map((item, index) => readValue(member, item, `${path}[${index}]`, style));
  }
  if (schema.isMapSchema()) {
    const [keySchema, valueSchema] = [schema.getKeySchema(), schema.getValueSchema()];
    const entries = numbered(flat ? branch : only(branch, 'entry', path), path).map((entry) => {
      const key = entry.branches.get(wireName(keySchema, 'key'));
      const value = entry.branches.get(wireName(valueSchema, 'value'));
      if (!key || !value) throw new ShapeProblem('type', path, 'an entry needs a key and a value');
      return [readScalar(keySchema, key, path), readValue(valueSchema, value, path, style)];
    });
    return Object.fromEntries(entries) as unknown;
  }
  return readScalar(schema, branch, path);
}

function readScalar(schema: NormalizedSchema, branch: Branch, path: string): unknown {
  const { text } = branch;
  if (text === undefined || branch.branches.size > 0) throw new ShapeProblem('type', path, 'a single value is wanted');
  if (schema.isStringSchema()) return text;
  if (schema.isBooleanSchema() && (text === 'true' || text === 'false')) return text === 'true';
  if (schema.isNumericSchema() && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text);
  if (schema.isTimestampSchema() && !Number.isNaN(Date.parse(text))) return new Date(text);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, 'base64'));
  throw new ShapeProblem('type', path, `'${text}' does not fit ${schema.getName()}`);
}

function only(branch: Branch, name: string, path: string): Branch {
  const found = branch.branches.get(name);
  if (!found || branch.branches.size > 1) {
    throw new ShapeProblem('type', path, `'${name}' is wanted, ${[...branch.branches.keys()].join(', ')} came`);
  }
  return found;
}

/** The branches 1, 2, 3, … in order; nothing else may be there. */
function numbered(branch: Branch, path: string): readonly Branch[] {
  return Array.from({ length: branch.branches.size }, (_, index) => {
    const item = branch.branches.get(String(index + 1));
    if (!item) throw new ShapeProblem('type', path, `items are numbered from 1 without gaps; ${index + 1} is missing`);
    return item;
  });
}
