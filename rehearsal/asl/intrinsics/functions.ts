import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import { digest, seededUniform } from '../jsonata/functions.ts';
import type { Moment } from '../moment.ts';

/** What an intrinsic function does with its evaluated arguments. Throws IntrinsicFailure. */
export type Intrinsic = (values: readonly Json[], moment: Moment) => Json;

/** An intrinsic function does not take what it was given; the message says why. */
export class IntrinsicFailure extends Error {
  override readonly name = 'IntrinsicFailure';
}

function listOf(value: Json | undefined, place: string): Json[] {
  if (!Array.isArray(value)) throw new IntrinsicFailure(`The ${place} argument must be an array`);
  return value;
}

function textOf(value: Json | undefined, place: string): string {
  if (typeof value !== 'string') throw new IntrinsicFailure(`The ${place} argument must be a string`);
  return value;
}

/** Numbers are rounded to whole ones, halves upwards. */
function wholeOf(value: Json | undefined, place: string): number {
  if (typeof value !== 'number') throw new IntrinsicFailure(`The ${place} argument must be a number`);
  return Math.round(value) + 0;
}

/** Texts that the encoding and hashing functions take are at most 10,000 characters long. */
const maximumTextLength = 10_000;

function shortText(value: Json | undefined, place: string): string {
  const text = textOf(value, place);
  if (text.length > maximumTextLength)
    throw new IntrinsicFailure(`The ${place} argument is longer than ${maximumTextLength} characters`);
  return text;
}

function format([template, ...values]: readonly Json[]): string {
  const text = textOf(template, 'first');
  const holes = text.match(/(?<!\\)\{\}/g)?.length ?? 0;
  if (holes !== values.length) {
    throw new IntrinsicFailure(
      `The number of arguments (${values.length}) does not match the number of occurrences of {} (${holes})`,
    );
  }
  let next = 0;
  return text.replace(
    /\\([{}])|\{\}/g,
    (match, brace: string | undefined) => brace ?? (match === '{}' ? javaText(values[next++] as Json) : match),
  );
}

/** Objects and arrays are shown as Java's maps and lists show themselves. */
function javaText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, member]) => `${key}=${javaText(member)}`)
      .join(', ')}}`;
  return String(value);
}

function partition([items, size]: readonly Json[]): Json {
  const list = listOf(items, 'first');
  const step = wholeOf(size, 'second');
  if (step <= 0) throw new IntrinsicFailure('The second argument must be a positive number');
  const chunks: Json[] = [];
  for (let start = 0; start < list.length; start += step) chunks.push(list.slice(start, start + step));
  return chunks;
}

function range([first, last, increment]: readonly Json[]): Json {
  const [from, to, step] = [wholeOf(first, 'first'), wholeOf(last, 'second'), wholeOf(increment, 'third')];
  if (step === 0) throw new IntrinsicFailure('The third argument must not be zero');
  if (Math.floor((to - from) / step) + 1 > 1000)
    throw new IntrinsicFailure('The array must not have more than 1000 items');
  const items: Json[] = [];
  for (let value = from; step > 0 ? value <= to : value >= to; value += step) items.push(value);
  return items;
}

function getItem([items, index]: readonly Json[]): Json {
  const item = listOf(items, 'first')[wholeOf(index, 'second')];
  if (item === undefined) throw new IntrinsicFailure('The index is out of the bounds of the array');
  return item;
}

function unique([items]: readonly Json[]): Json {
  const seen = new Set<string>();
  return listOf(items, 'first').filter((item) => {
    const text = JSON.stringify(item);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function contains([items, value]: readonly Json[]): Json {
  const text = JSON.stringify(value);
  return listOf(items, 'first').some((item) => JSON.stringify(item) === text);
}

function parseJson([text]: readonly Json[]): Json {
  try {
    return JSON.parse(textOf(text, 'first')) as Json;
  } catch {
    throw new IntrinsicFailure('Invalid JSON');
  }
}

function merge([first, second, deep]: readonly Json[]): Json {
  if (!isObject(first) || !isObject(second)) throw new IntrinsicFailure('Both arguments must be JSON objects');
  if (deep !== false) throw new IntrinsicFailure('Deep merge is not supported: the third argument must be false');
  return { ...first, ...second };
}

function hash([text, algorithm]: readonly Json[]): Json {
  if (text === null || text === undefined) throw new IntrinsicFailure('The first argument must not be null');
  const data = typeof text === 'string' ? shortText(text, 'first') : JSON.stringify(text);
  const result = digest(data, textOf(algorithm, 'second'));
  if (result === undefined)
    throw new IntrinsicFailure('The algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512');
  return result;
}

function random([first, last, seed]: readonly Json[], moment: Moment): Json {
  const from = wholeOf(first, 'first');
  const to = wholeOf(last, 'second');
  if (from >= to) throw new IntrinsicFailure('The first argument must be less than the second');
  const uniform = seed === undefined ? moment.random.uniform() : seededUniform(wholeOf(seed, 'third'));
  return from + Math.floor(uniform * (to - from));
}

/** Splits at any of the separator's characters; empty parts are dropped. */
function split([text, separators]: readonly Json[]): Json {
  const characters = new Set(textOf(separators, 'second'));
  const parts: string[] = [];
  let part = '';
  for (const character of textOf(text, 'first')) {
    if (!characters.has(character)) part += character;
    else if (part !== '') {
      parts.push(part);
      part = '';
    }
  }
  if (part !== '') parts.push(part);
  return parts;
}

const any = Number.POSITIVE_INFINITY;

/** Every intrinsic function with the least and the most arguments it takes. */
export const intrinsics: Readonly<
  Record<string, { readonly arity: readonly [number, number]; readonly run: Intrinsic } | undefined>
> = {
  'States.Format': { arity: [1, any], run: format },
  'States.StringToJson': { arity: [1, 1], run: parseJson },
  'States.JsonToString': { arity: [1, 1], run: ([value]) => JSON.stringify(value) },
  'States.Array': { arity: [0, any], run: (values) => [...values] },
  'States.ArrayPartition': { arity: [2, 2], run: partition },
  'States.ArrayContains': { arity: [2, 2], run: contains },
  'States.ArrayRange': { arity: [3, 3], run: range },
  'States.ArrayGetItem': { arity: [2, 2], run: getItem },
  'States.ArrayLength': { arity: [1, 1], run: ([items]) => listOf(items, 'first').length },
  'States.ArrayUnique': { arity: [1, 1], run: unique },
  'States.Base64Encode': { arity: [1, 1], run: ([text]) => Buffer.from(shortText(text, 'first')).toString('base64') },
  'States.Base64Decode': {
    arity: [1, 1],
    run: ([text]) => Buffer.from(shortText(text, 'first'), 'base64').toString('utf8'),
  },
  'States.Hash': { arity: [2, 2], run: hash },
  'States.JsonMerge': { arity: [3, 3], run: merge },
  'States.MathRandom': { arity: [2, 3], run: random },
  'States.MathAdd': { arity: [2, 2], run: ([a, b]) => wholeOf(a, 'first') + wholeOf(b, 'second') },
  'States.StringSplit': { arity: [2, 2], run: split },
  'States.UUID': { arity: [0, 0], run: (_values, moment) => moment.newUuid() },
};
