import type { Json } from '../kernel/log.ts';
import { runtimeFault } from './errors.ts';
import { rootOf, valueAt } from './jsonpath/field.ts';
import { type JsonPath, parsePath } from './jsonpath/path.ts';
import { PathNotFound, selectNodes } from './jsonpath/select.ts';
import type { Moment } from './moment.ts';
import { instantOf } from './timestamp.ts';

/** Whether a rule of a JSONPath Choice holds. https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html */
export type RuleTest = (moment: Moment) => boolean;

type Definition = { readonly [key: string]: Json };

/** Compiles a data-test expression: And, Or, Not, or a Variable with one comparison. */
export function compileRule(rule: Definition): RuleTest {
  if (Array.isArray(rule['And'])) return everyRule(rule['And'] as Definition[]);
  if (Array.isArray(rule['Or'])) return someRule(rule['Or'] as Definition[]);
  if (rule['Not'] !== undefined) {
    const test = compileRule(rule['Not'] as Definition);
    return (moment) => !test(moment);
  }
  return compileComparison(rule);
}

function everyRule(rules: readonly Definition[]): RuleTest {
  const compiled = rules.map(compileRule);
  return (moment) => compiled.every((test) => test(moment));
}

function someRule(rules: readonly Definition[]): RuleTest {
  const compiled = rules.map(compileRule);
  return (moment) => compiled.some((test) => test(moment));
}

function compileComparison(rule: Definition): RuleTest {
  const variable = parsePath(rule['Variable'] as string);
  const operator = Object.keys(rule).find(
    (key) => key in typeTests || key in comparisons || key === 'IsPresent' || pathOperator(key),
  );
  if (operator === undefined) throw new Error(`no comparison in ${JSON.stringify(rule)}`);
  const wanted = rule[operator] as Json;
  if (operator === 'IsPresent') return (moment) => isPresent(variable, moment) === wanted;
  const typeTest = typeTests[operator];
  if (typeTest) return (moment) => typeTest(operand(variable, moment)) === wanted;
  const literal = comparisons[operator];
  if (literal) return (moment) => literal(operand(variable, moment), wanted);
  const comparison = comparisons[operator.slice(0, -'Path'.length)] as Comparison;
  const other = parsePath(wanted as string);
  return (moment) => comparison(operand(variable, moment), operand(other, moment));
}

function pathOperator(key: string): boolean {
  return key.endsWith('Path') && key.slice(0, -'Path'.length) in comparisons;
}

function operand(path: JsonPath, moment: Moment): Json {
  try {
    return valueAt(path, moment);
  } catch (error) {
    if (!(error instanceof PathNotFound)) throw error;
    throw runtimeFault(`Invalid path '${path.text}': The choice state's condition path references an invalid value.`);
  }
}

function isPresent(path: JsonPath, moment: Moment): boolean {
  try {
    if (!path.definite) return selectNodes(path, rootOf(path, moment)).length > 0;
    valueAt(path, moment);
    return true;
  } catch (error) {
    if (error instanceof PathNotFound) return false;
    throw error;
  }
}

const typeTests: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsString: (value) => typeof value === 'string',
  IsNumeric: (value) => typeof value === 'number',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => typeof value === 'string' && instantOf(value) !== undefined,
};

type Comparison = (value: Json, wanted: Json) => boolean;

/** Values of another type than the comparison's never compare true. */
const comparisons: Readonly<Record<string, Comparison>> = {
  BooleanEquals: (a, b) => typeof a === 'boolean' && a === b,
  StringMatches: (a, b) => typeof a === 'string' && typeof b === 'string' && matchesPattern(a, b),
  ...orderings('String', (value) => (typeof value === 'string' ? value : undefined)),
  ...orderings('Numeric', (value) => (typeof value === 'number' ? value : undefined)),
  ...orderings('Timestamp', (value) => (typeof value === 'string' ? nanosecondsOf(value) : undefined)),
};

function orderings<T extends string | number | bigint>(
  prefix: string,
  key: (value: Json) => T | undefined,
): Record<string, Comparison> {
  const compare =
    (holds: (a: T, b: T) => boolean): Comparison =>
    (a, b) => {
      const [left, right] = [key(a), key(b)];
      return left !== undefined && right !== undefined && holds(left, right);
    };
  return {
    [`${prefix}Equals`]: compare((a, b) => a === b),
    [`${prefix}LessThan`]: compare((a, b) => a < b),
    [`${prefix}LessThanEquals`]: compare((a, b) => a <= b),
    [`${prefix}GreaterThan`]: compare((a, b) => a > b),
    [`${prefix}GreaterThanEquals`]: compare((a, b) => a >= b),
  };
}

/** Timestamps are compared to the nanosecond. */
function nanosecondsOf(text: string): bigint | undefined {
  const instant = instantOf(text);
  if (instant === undefined) return undefined;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return BigInt(Math.floor(instant / 1000)) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** `*` stands for any characters; `\*` and `\\` for themselves. */
function matchesPattern(text: string, pattern: string): boolean {
  const parts: string[] = [''];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] as string;
    if (character === '*') {
      parts.push('');
      continue;
    }
    const literal = character === '\\' ? (pattern[++index] ?? character) : character;
    parts.push(`${parts.pop()}${literal}`);
  }
  const first = parts[0] as string;
  if (parts.length === 1) return text === first;
  const last = parts[parts.length - 1] as string;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let from = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

/** What each comparison compares with. */
export const choiceOperators: Readonly<
  Record<string, 'boolean' | 'string' | 'number' | 'timestamp' | 'path' | undefined>
> = {
  ...Object.fromEntries(['IsPresent', ...Object.keys(typeTests)].map((name) => [name, 'boolean' as const])),
  ...Object.fromEntries(
    Object.keys(comparisons).flatMap((name) => [
      [name, operandType(name)],
      ...(name === 'StringMatches' ? [] : [[`${name}Path`, 'path' as const]]),
    ]),
  ),
};

function operandType(name: string): 'boolean' | 'string' | 'number' | 'timestamp' {
  if (name.startsWith('Boolean')) return 'boolean';
  if (name.startsWith('Numeric')) return 'number';
  return name.startsWith('Timestamp') ? 'timestamp' : 'string';
}
