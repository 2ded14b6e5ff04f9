import { Unmodelled } from './service.ts';

type Json = unknown;

/** Keys of the object form of a matcher that are modelled. */
const operators = ['prefix', 'suffix', 'anything-but', 'numeric', 'exists', 'wildcard', 'equals-ignore-case'];

/**
 * Whether an event pattern selects an event.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function matchesPattern(pattern: Json, event: Json): boolean {
  if (!isObject(pattern)) return false;
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === '$or') return (wanted as Json[]).some((alternative) => matchesPattern(alternative, event));
    const value = isObject(event) ? event[name] : undefined;
    if (Array.isArray(wanted)) return matchesAny(wanted, value);
    // An array of objects is matched by any one of them.
    return Array.isArray(value) ? value.some((item) => matchesPattern(wanted, item)) : matchesPattern(wanted, value);
  });
}

/** Throws Unmodelled where the pattern is none, or holds an operator that is not modelled. */
export function checkPattern(pattern: Json, place = 'EventPattern'): void {
  if (!isObject(pattern)) throw new Unmodelled(`${place} is ${JSON.stringify(pattern)}; an object is needed`);
  for (const [name, wanted] of Object.entries(pattern)) {
    if (name === '$or') {
      for (const alternative of wanted as Json[]) checkPattern(alternative, `${place}.$or`);
    } else if (Array.isArray(wanted)) {
      for (const matcher of wanted) checkMatcher(matcher, `${place}.${name}`);
    } else checkPattern(wanted, `${place}.${name}`);
  }
}

function checkMatcher(matcher: Json, place: string): void {
  if (!isObject(matcher)) return;
  const names = Object.keys(matcher);
  const [name = ''] = names;
  if (names.length !== 1 || !operators.includes(name)) {
    throw new Unmodelled(
      `${place} uses ${names.join(', ')}, which the rehearsal does not model; modelled are ${operators.join(', ')}`,
    );
  }
}

function matchesAny(matchers: readonly Json[], value: Json): boolean {
  return matchers.some((matcher) => {
    if (isObject(matcher) && 'exists' in matcher) return (value !== undefined) === matcher['exists'];
    if (value === undefined) return false;
    return Array.isArray(value) ? value.some((item) => matches(matcher, item)) : matches(matcher, value);
  });
}

function matches(matcher: Json, value: Json): boolean {
  if (!isObject(matcher)) return matcher === value;
  const [[name, wanted] = []] = Object.entries(matcher);
  switch (name) {
    case 'anything-but':
      return !anyOf(wanted, (one) => (isObject(one) ? everyText(one, value) : one === value));
    case 'numeric':
      return typeof value === 'number' && inRange(wanted as Json[], value);
    default:
      return matchesText(String(name), wanted, value);
  }
}

/** The object inside `anything-but`: `{"prefix": "a"}` or `{"suffix": ["a", "b"]}`. */
function everyText(matcher: Readonly<Record<string, Json>>, value: Json): boolean {
  return Object.entries(matcher).every(([name, wanted]) => anyOf(wanted, (one) => matchesText(name, one, value)));
}

function anyOf(wanted: Json, holds: (one: Json) => boolean): boolean {
  return [wanted].flat().some(holds);
}

function matchesText(operator: string, wanted: Json, value: Json): boolean {
  if (typeof value !== 'string') return false;
  if (isObject(wanted) && typeof wanted['equals-ignore-case'] === 'string') {
    return matchesText(operator, wanted['equals-ignore-case'].toLowerCase(), value.toLowerCase());
  }
  const text = String(wanted);
  switch (operator) {
    case 'prefix':
      return value.startsWith(text);
    case 'suffix':
      return value.endsWith(text);
    case 'equals-ignore-case':
      return value.toLowerCase() === text.toLowerCase();
    case 'wildcard':
      return wildcard(text).test(value);
    default:
      throw new Unmodelled(`An event pattern uses '${operator}', which the rehearsal does not model`);
  }
}

function wildcard(text: string): RegExp {
  return new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );
}

/** `["=", 1]`, `[">", 0, "<=", 5]`. */
function inRange(conditions: readonly Json[], value: number): boolean {
  for (let index = 0; index < conditions.length; index += 2) {
    const bound = Number(conditions[index + 1]);
    const holds = {
      '=': value === bound,
      '<': value < bound,
      '<=': value <= bound,
      '>': value > bound,
      '>=': value >= bound,
    };
    if (holds[conditions[index] as keyof typeof holds] !== true) return false;
  }
  return true;
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
