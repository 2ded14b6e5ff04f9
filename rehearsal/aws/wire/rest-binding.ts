import type { NormalizedSchema } from '@smithy/core/schema';
import { toMilliseconds } from '../modelled.ts';
import { ShapeProblem } from './problem.ts';
import { membersOf } from './shapes.ts';

/** Where a member of a REST operation stands in HTTP. */
export interface Binding {
  readonly name: string;
  readonly schema: NormalizedSchema;
  readonly place: 'label' | 'query' | 'header' | 'prefix' | 'payload' | 'body';
  /** Name of the header or query parameter, lower-case for headers. */
  readonly key: string;
}

interface HttpTraits {
  readonly httpLabel?: unknown;
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: unknown;
}

const known = new WeakMap<NormalizedSchema, readonly Binding[]>();

/** https://smithy.io/2.0/spec/http-bindings.html */
export function bindingsOf(schema: NormalizedSchema): readonly Binding[] {
  const bindings = known.get(schema) ?? readBindings(schema);
  known.set(schema, bindings);
  return bindings;
}

function readBindings(schema: NormalizedSchema): readonly Binding[] {
  return [...membersOf(schema)].map(([name, member]): Binding => {
    const traits = member.getMemberTraits() as HttpTraits;
    const at = (place: Binding['place'], key = ''): Binding => ({ name, schema: member, place, key });
    if (traits.httpLabel) return at('label');
    if (traits.httpQuery !== undefined) return at('query', traits.httpQuery);
    if (traits.httpHeader !== undefined) return at('header', traits.httpHeader.toLowerCase());
    if (traits.httpPrefixHeaders !== undefined) return at('prefix', traits.httpPrefixHeaders.toLowerCase());
    return traits.httpPayload ? at('payload') : at('body');
  });
}

/** Smithy's numbers for the formats of times: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait */
const [dateTime, epochSeconds] = [5, 7];

/** A value as headers and query parameters carry it. Throws ShapeProblem. */
export function readText(schema: NormalizedSchema, text: string, path: string): unknown {
  if (schema.isStringSchema()) return text;
  if (schema.isBooleanSchema() && (text === 'true' || text === 'false')) return text === 'true';
  if (schema.isNumericSchema() && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text);
  if (schema.isTimestampSchema()) {
    const at = schema.getSchema() === epochSeconds ? Number(text) * 1000 : Date.parse(text);
    if (!Number.isNaN(at)) return new Date(at);
  }
  if (schema.isListSchema()) return text.split(',').map((item) => readText(schema.getValueSchema(), item.trim(), path));
  throw new ShapeProblem('type', path, `'${text}' does not fit ${schema.getName()}`);
}

/** A member of an answer as a header carries it. Throws ShapeProblem. */
export function writeText(schema: NormalizedSchema, value: unknown, path: string): string {
  if (schema.isTimestampSchema()) {
    const at = new Date(toMilliseconds(value));
    if (schema.getSchema() === epochSeconds) return String(at.getTime() / 1000);
    return schema.getSchema() === dateTime ? at.toISOString() : at.toUTCString();
  }
  if (schema.isStringSchema() && typeof value === 'string') return value;
  if (schema.isBooleanSchema() && typeof value === 'boolean') return String(value);
  if (schema.isNumericSchema() && typeof value === 'number') return String(value);
  throw new ShapeProblem('type', path, `${typeof value} ${String(value)} does not fit ${schema.getName()}`);
}

/** A value out of parsed XML: texts, objects and lists, in which a list of one may stand as the one. Throws ShapeProblem. */
export function readXml(schema: NormalizedSchema, value: unknown, path: string): unknown {
  if (schema.isStructSchema()) {
    if (value === '') return {};
    if (typeof value !== 'object' || value === null) throw new ShapeProblem('type', path, 'a structure is wanted');
    const members = new Map(
      [...membersOf(schema)].map(([name, member]) => [xmlNameOf(member, name), { name, member }] as const),
    );
    const entries = Object.entries(value).filter(([name]) => name !== 'xmlns');
    return Object.fromEntries(
      entries.map(([element, inner]) => {
        const found = members.get(element);
        if (!found) throw new ShapeProblem('type', `${path}.${element}`, `${schema.getName()} has no such member`);
        return [found.name, readXml(found.member, inner, `${path}.${found.name}`)];
      }),
    );
  }
  if (schema.isListSchema()) return readXmlList(schema, value, path);
  if (typeof value !== 'string') throw new ShapeProblem('type', path, 'a single value is wanted');
  return readText(schema, value, path);
}

function readXmlList(schema: NormalizedSchema, value: unknown, path: string): unknown[] {
  const member = schema.getValueSchema();
  const flat = Boolean((schema.getMergedTraits() as { xmlFlattened?: unknown }).xmlFlattened);
  const inner = flat ? value : value === '' ? [] : (value as Record<string, unknown>)[xmlNameOf(member, 'member')];
  const items: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
  return items.map((item, index) => readXml(member, item, `${path}[${index}]`));
}

function xmlNameOf(schema: NormalizedSchema, name: string): string {
  return (schema.getMemberTraits() as { xmlName?: string }).xmlName ?? name;
}
