import type { z } from 'zod';
import { rules } from './rules/index.ts';
import { type Platform, platformSchema } from './schema.ts';
import { knownFields } from './schema-fields.ts';
import { InvalidPlatform, pathText, type Violation } from './violation.ts';

export { InvalidPlatform, type Violation } from './violation.ts';

/**
 * The definition, checked against the schema and every rule across fields. Throws InvalidPlatform with all violations at once. A
 * rule runs when the parts that it reads are well formed, so that one wrong field does not hide what is wrong elsewhere.
 */
export function validatePlatform(definition: unknown): Platform {
  const parsed = platformSchema.safeParse(definition);
  const issues = parsed.success ? [] : parsed.error.issues;
  const broken = new Set(issues.map((issue) => issue.path[0]));
  const isObject = typeof definition === 'object' && definition !== null && !Array.isArray(definition);
  const applicable = isObject ? rules.filter((rule) => !rule.reads.some((part) => broken.has(part))) : [];
  const violations = [
    ...issues.flatMap((issue) => violationsOf(issue, definition)),
    ...applicable.flatMap((rule) => rule.check(definition as Platform)),
  ];
  if (parsed.success && violations.length === 0) return parsed.data;
  throw new InvalidPlatform(titleOf(definition), violations);
}

function titleOf(definition: unknown): string {
  const name = (definition as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? `'${name}'` : 'definition';
}

type Issue = z.core.$ZodIssue;

function violationsOf(issue: Issue, definition: unknown): Violation[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const value = valueAt(definition, path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(platformSchema, path, definition);
    return issue.keys.map((key) => ({
      path: pathText([...path, key]),
      value: valueAt(value, [key]),
      allowed: `one of the fields ${known.join(', ')}`,
      remedy: unknownFieldRemedy(key, known),
      rule: 'schema',
    }));
  }
  const allowed = allowedBy(issue);
  const remedy = value === undefined ? `Add it: ${allowed}.` : `Write ${allowed}.`;
  return [{ path: pathText(path), value, allowed, remedy, rule: 'schema' }];
}

function allowedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than ' : ''}${issue.minimum}${issue.inclusive === false ? '' : ' or more'}${countedBy(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than ' : ''}${issue.maximum}${issue.inclusive === false ? '' : ' at most'}${countedBy(issue.origin)}`;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    default:
      return issue.message;
  }
}

function countedBy(origin: string): string {
  if (origin === 'array') return ' entries';
  return origin === 'string' ? ' characters' : '';
}

/** Units stand in names, so a wrong unit is an unknown field: name the one that was probably meant. */
function unknownFieldRemedy(key: string, known: readonly string[]): string {
  const stem = key.toLowerCase();
  const scored = known
    .map((field) => ({ field, shared: sharedStart(stem, field.toLowerCase()) }))
    .toSorted((a, b) => b.shared - a.shared);
  const nearest = scored[0];
  if (nearest && nearest.shared >= 4)
    return `Did you mean '${nearest.field}'? Its unit stands in its name. Otherwise take '${key}' out.`;
  return `Take '${key}' out.`;
}

function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
    value,
  );
}
