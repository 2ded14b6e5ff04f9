import type { NormalizedSchema } from '@smithy/core/schema';
import { toMilliseconds } from '../modelled.ts';
import { described, memberPath, ShapeProblem } from './problem.ts';
import { membersOf, requiredMembers } from './shapes.ts';

/** Text within an element. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/**
 * The members of a structure as XML elements, but for those to `skip`. Throws ShapeProblem when the value does not fit.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#response-serialization
 */
export function writeXmlMembers(
  schema: NormalizedSchema,
  value: unknown,
  path = '',
  skip?: ReadonlySet<string>,
): string {
  if (typeof value !== 'object' || value === null) throw wrong(path, value, 'a structure');
  const members = membersOf(schema);
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined && !members.has(name)) {
      throw new ShapeProblem(
        'type',
        memberPath(path, name),
        `${schema.getName() ?? 'the shape'} has no such member; it has ${[...members.keys()].join(', ')}`,
      );
    }
  }
  const given = value as Record<string, unknown>;
  for (const name of requiredMembers(schema)) {
    if (given[name] === undefined) throw new ShapeProblem('missing', memberPath(path, name), 'the member is required');
  }
  return [...members]
    .filter(([name]) => given[name] !== undefined && !skip?.has(name))
    .map(([name, member]) => writeElement(wireName(member, name), member, given[name], memberPath(path, name)))
    .join('');
}

/** One element. Throws ShapeProblem when the value does not fit. */
export function writeElement(name: string, schema: NormalizedSchema, value: unknown, path: string): string {
  const flat = Boolean((schema.getMergedTraits() as { xmlFlattened?: unknown }).xmlFlattened);
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrong(path, value, 'a list');
    const member = schema.getValueSchema();
    const itemName = flat ? name : wireName(member, 'member');
    const items = value.map((item, index) => writeElement(itemName, member, item, `${path}[${index}]`)).join('');
    return flat ? items : `<${name}>${items}</${name}>`;
  }
  if (schema.isMapSchema()) {
    if (typeof value !== 'object' || value === null) throw wrong(path, value, 'a map');
    const [keySchema, valueSchema] = [schema.getKeySchema(), schema.getValueSchema()];
    const entryName = flat ? name : 'entry';
    const entries = Object.entries(value).map(([key, item]) => {
      const inside =
        writeElement(wireName(keySchema, 'key'), keySchema, key, path) +
        writeElement(wireName(valueSchema, 'value'), valueSchema, item, `${path}.${key}`);
      return `<${entryName}>${inside}</${entryName}>`;
    });
    return flat ? entries.join('') : `<${name}>${entries.join('')}</${name}>`;
  }
  const content = schema.isStructSchema()
    ? writeXmlMembers(schema, value, path)
    : escapeXml(scalar(schema, value, path));
  return `<${name}>${content}</${name}>`;
}

function scalar(schema: NormalizedSchema, value: unknown, path: string): string {
  if (schema.isTimestampSchema()) return new Date(toMilliseconds(value)).toISOString();
  if (schema.isBlobSchema() && value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (schema.isStringSchema() && typeof value === 'string') return value;
  if (schema.isBooleanSchema() && typeof value === 'boolean') return String(value);
  if (schema.isNumericSchema() && typeof value === 'number') return String(value);
  throw wrong(path, value, schema.getName() ?? 'another type');
}

/** The name an element or form key has on the wire. */
export function wireName(schema: NormalizedSchema, name: string): string {
  return (schema.getMemberTraits() as { xmlName?: string }).xmlName ?? name;
}

function wrong(path: string, value: unknown, wanted: string): ShapeProblem {
  return new ShapeProblem('type', path, `${described(value)} came, ${wanted} is wanted`);
}
