import type { NormalizedSchema } from '@smithy/core/schema';
import type { Json } from '../../kernel/log.ts';
import { toMilliseconds } from '../modelled.ts';
import { described, memberPath, ShapeProblem } from './problem.ts';
import { membersOf, requiredMembers } from './shapes.ts';

/** Turns one value between its JSON and its SDK form, both ways along the same schema. */
interface Leaves {
  readonly timestamp: (value: unknown, path: string) => unknown;
  readonly blob: (value: unknown, path: string) => unknown;
}

/** From the wire: JSON into SDK values (Date, Uint8Array). Throws ShapeProblem. */
export function readJson(schema: NormalizedSchema, value: unknown, path = ''): unknown {
  return walk(schema, value, path, reading);
}

/** Onto the wire: SDK values into JSON. Throws ShapeProblem. */
export function writeJson(schema: NormalizedSchema, value: unknown, path = ''): Json {
  return walk(schema, value, path, writing) as Json;
}

const reading: Leaves = {
  timestamp(value, path) {
    if (typeof value !== 'number') throw wrong(path, value, 'seconds since 1970');
    return new Date(Math.round(value * 1000));
  },
  blob(value, path) {
    if (typeof value !== 'string') throw wrong(path, value, 'base64 text');
    return new Uint8Array(Buffer.from(value, 'base64'));
  },
};

const writing: Leaves = {
  timestamp: (value) => toMilliseconds(value) / 1000,
  blob(value, path) {
    if (!(value instanceof Uint8Array)) throw wrong(path, value, 'bytes');
    return Buffer.from(value).toString('base64');
  },
};

function walk(schema: NormalizedSchema, value: unknown, path: string, leaves: Leaves): unknown {
  if (schema.isUnitSchema() || schema.isStructSchema()) return walkStructure(schema, value, path, leaves);
  if (schema.isListSchema()) return walkList(schema, value, path, leaves);
  if (schema.isMapSchema()) return walkMap(schema, value, path, leaves);
  if (schema.isTimestampSchema()) return leaves.timestamp(value, path);
  if (schema.isBlobSchema()) return leaves.blob(value, path);
  if (schema.isStringSchema()) {
    if (typeof value !== 'string') throw wrong(path, value, 'text');
    return value;
  }
  if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw wrong(path, value, 'true or false');
    return value;
  }
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) {
    // Smithy writes the numbers that JSON has no form for as text.
    if (typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value;
    throw wrong(path, value, 'a number');
  }
  if (schema.isDocumentSchema()) return value;
  throw new ShapeProblem('type', path, `the schema ${schema.getName(true)} is of a kind that is not modelled`);
}

function walkStructure(schema: NormalizedSchema, value: unknown, path: string, leaves: Leaves): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, value, 'a structure');
  const members = membersOf(schema);
  const result: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    const member = members.get(name);
    if (!member) {
      const known = [...members.keys()].join(', ') || 'none';
      throw new ShapeProblem(
        'type',
        memberPath(path, name),
        `${schema.getName() ?? 'the shape'} has no such member; it has ${known}`,
      );
    }
    result[name] = walk(member, item, memberPath(path, name), leaves);
  }
  if (schema.isUnionSchema() && Object.keys(result).length !== 1) {
    throw new ShapeProblem(
      'type',
      path,
      `exactly one of ${[...members.keys()].join(', ')} is wanted; ${Object.keys(result).length} came`,
    );
  }
  for (const name of requiredMembers(schema)) {
    if (result[name] === undefined) throw new ShapeProblem('missing', memberPath(path, name), 'the member is required');
  }
  return result;
}

function walkList(schema: NormalizedSchema, value: unknown, path: string, leaves: Leaves): unknown {
  if (!Array.isArray(value)) throw wrong(path, value, 'a list');
  const member = schema.getValueSchema();
  const sparse = Boolean((schema.getMergedTraits() as { sparse?: unknown }).sparse);
  return value.map((item, index) => {
    if (item === null && sparse) return null;
    return walk(member, item, `${path}[${index}]`, leaves);
  });
}

function walkMap(schema: NormalizedSchema, value: unknown, path: string, leaves: Leaves): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, value, 'a map');
  const member = schema.getValueSchema();
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, walk(member, item, `${path}[${JSON.stringify(key)}]`, leaves)]),
  );
}

function wrong(path: string, value: unknown, wanted: string): ShapeProblem {
  return new ShapeProblem('type', path, `${described(value)} came, ${wanted} is wanted`);
}
