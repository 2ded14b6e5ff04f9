import { z } from 'zod';

/** The fields that the schema knows for the object at a path of a definition; empty where it knows none by name. */
export function knownFields(schema: z.ZodType, path: readonly (string | number)[], definition: unknown): string[] {
  let at: unknown = schema;
  let value = definition;
  for (const step of path) {
    at = childOf(resolved(at, value), step);
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
  }
  const object = resolved(at, value);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** Behind `optional`, and of alternatives the one whose `kind` the value has. */
function resolved(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodOptional) return resolved(schema.unwrap(), value);
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const kind = (value as { kind?: unknown } | undefined)?.kind;
  return schema.options.find((option) => option instanceof z.ZodObject && isKind(option.shape['kind'], kind));
}

function isKind(schema: unknown, kind: unknown): boolean {
  return schema instanceof z.ZodLiteral && schema.value === kind;
}

function childOf(schema: unknown, step: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[step];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}
