import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Json } from '../../kernel/log.ts';
import type { Moment } from '../moment.ts';

/**
 * The functions that Step Functions adds to JSONata, those that must take time and chance from the environment, and the one
 * it takes away. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
export const stepFunctionsFunctions: Readonly<Record<string, ((moment: Moment) => unknown) | undefined>> = {
  partition: () => partition,
  range: () => range,
  hash: () => hash,
  parse: () => parse,
  uuid: (moment) => () => moment.newUuid(),
  random: (moment) => (seed?: unknown) => (typeof seed === 'number' ? seededUniform(seed) : moment.random.uniform()),
  shuffle: (moment) => (items?: unknown) => shuffle(items, moment.random),
  millis: (moment) => () => moment.clock.now(),
  now: (moment) => (picture?: unknown, timezone?: unknown) => formatTime(moment.clock.now(), picture, timezone),
  // Not offered by Step Functions: calling it is calling a non-function.
  eval: undefined,
};

/** An error in the shape of JSONata's own: its message is shown as it is. */
function failure(message: string): Error & { code?: string } {
  return new Error(message);
}

function partition(items: unknown, size: unknown): Json[][] | undefined {
  if (items === undefined) return undefined;
  if (typeof size !== 'number' || !(Math.trunc(size) > 0))
    throw failure('D3002: Chunk size for $partition must be a positive number.');
  const list = Array.isArray(items) ? items : [items];
  const step = Math.trunc(size);
  const chunks: Json[][] = [];
  for (let start = 0; start < list.length; start += step) chunks.push(list.slice(start, start + step));
  return chunks;
}

function range(first: unknown, last: unknown, step: unknown): number[] | undefined {
  if (typeof first !== 'number' || typeof last !== 'number' || typeof step !== 'number') {
    throw failure('T0410: Arguments of function "range" do not match function signature');
  }
  if (step === 0) throw failure('The third argument (step) of $range must not be zero.');
  const numbers: number[] = [];
  if (Math.abs((last - first) / step) > 10_000_000)
    throw failure('D2014: The size of the sequence must not exceed 1e7.');
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) numbers.push(value);
  // A sequence, as JSONata's own: one number stands for itself, none for nothing.
  return Object.defineProperty(numbers, 'sequence', { value: true });
}

const algorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Hex digest of a text, or `undefined` for an algorithm that Step Functions does not offer. */
export function digest(text: string, algorithm: string): string | undefined {
  const name = algorithms[algorithm];
  return name === undefined ? undefined : createHash(name).update(text).digest('hex');
}

function hash(text: unknown, algorithm: unknown): string | undefined {
  if (text === undefined) return undefined;
  const result = digest(typeof text === 'string' ? text : JSON.stringify(text), String(algorithm));
  if (result === undefined) throw failure(`Invalid hashing algorithm: ${String(algorithm)}.`);
  return result;
}

function parse(text: unknown): Json | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string')
    throw failure('T0410: Argument 1 of function "parse" does not match function signature');
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw failure('The first argument of $parse is not valid JSON.');
  }
}

/** One number in [0, 1) that the same seed always gives (mulberry32). AWS does not say which generator it uses. */
export function seededUniform(seed: number): number {
  let state = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 0x1_0000_0000;
}

function shuffle(items: unknown, random: { uniform(): number }): unknown {
  if (items === undefined) return undefined;
  const list = Array.isArray(items) ? [...items] : [items];
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random.uniform() * (index + 1));
    [list[index], list[other]] = [list[other], list[index]];
  }
  return list;
}

const formatExpression = jsonata('$fromMillis($at, $picture, $timezone)');

function formatTime(at: number, picture: unknown, timezone: unknown): string | Promise<unknown> {
  if (picture === undefined && timezone === undefined) return new Date(at).toISOString();
  return formatExpression.evaluate(undefined, { at, picture, timezone });
}
