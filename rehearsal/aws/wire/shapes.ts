import { NormalizedSchema } from '@smithy/core/schema';

type SchemaReference = Parameters<typeof NormalizedSchema.of>[0];

/** One operation of a client's model. */
export interface OperationShape {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Of REST services: method, address, status of an answer. */
  readonly http?: readonly [method: string, address: string, status: number];
}

/** One modelled error: its name, HTTP status, and for query services the code that stands for it on the wire. */
export interface ErrorShape {
  readonly name: string;
  readonly schema: NormalizedSchema;
  readonly status: number;
  readonly queryCode?: string;
}

/** All operations and errors that a client's module exports, by name. */
export interface ClientShapes {
  readonly operations: ReadonlyMap<string, OperationShape>;
  readonly errors: ReadonlyMap<string, ErrorShape>;
}

const operationKind = 9;
const errorKind = -3;

/**
 * Reads the schemas out of a client's exports: `DescribeImages$` is `[9, namespace, name, traits, input, output]`, an error
 * `[-3, namespace, name, traits, members, schemas, required]`.
 */
export function readShapes(exports: Readonly<Record<string, unknown>>): ClientShapes {
  const operations = new Map<string, OperationShape>();
  const errors = new Map<string, ErrorShape>();
  for (const value of Object.values(exports)) {
    if (!Array.isArray(value)) continue;
    if (value[0] === operationKind) {
      const [, , name, traits, input, output] = value as [9, string, string, unknown, SchemaReference, SchemaReference];
      const { http } = (typeof traits === 'object' ? traits : {}) as Pick<OperationShape, 'http'>;
      const shape = { name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) };
      operations.set(name, http ? { ...shape, http } : shape);
    } else if (value[0] === errorKind) {
      const name = value[2] as string;
      errors.set(name, errorShape(name, NormalizedSchema.of(value as unknown as SchemaReference)));
    }
  }
  return { operations, errors };
}

function errorShape(name: string, schema: NormalizedSchema): ErrorShape {
  const traits = schema.getMergedTraits() as {
    readonly error?: string;
    readonly httpError?: number;
    readonly awsQueryError?: readonly [string, number];
  };
  const status = traits.httpError ?? traits.awsQueryError?.[1] ?? (traits.error === 'server' ? 500 : 400);
  return { name, schema, status, ...(traits.awsQueryError ? { queryCode: traits.awsQueryError[0] } : {}) };
}

/** Names of the members that must be present: a structure's schema lists its required members first and says how many. */
export function requiredMembers(schema: NormalizedSchema): readonly string[] {
  const structure = schema.getSchema();
  if (!Array.isArray(structure) || (structure[0] !== 3 && structure[0] !== errorKind)) return [];
  const names = structure[4] as readonly string[];
  return names.slice(0, (structure[6] as number | undefined) ?? 0);
}

const members = new WeakMap<object, ReadonlyMap<string, NormalizedSchema>>();

/** Member names with their schemas; none for an operation without input or output. Read once a structure. */
export function membersOf(schema: NormalizedSchema): ReadonlyMap<string, NormalizedSchema> {
  if (schema.isUnitSchema()) return new Map();
  const structure = schema.getSchema();
  if (typeof structure !== 'object') return new Map(schema.structIterator());
  let known = members.get(structure);
  if (!known) {
    known = new Map(schema.structIterator());
    members.set(structure, known);
  }
  return known;
}
