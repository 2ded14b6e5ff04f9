import type { Json } from '../../../rehearsal/kernel/log.ts';

/** One difference between what AWS did and what the interpreter did. */
export interface Difference {
  /** `expected/output`, `states`, `events`, ... */
  readonly what: string;
  readonly aws: unknown;
  readonly ours: unknown;
}

/** JSON pointers, from the root of a case, to values that are placeholders. */
export type Opaque = ReadonlySet<string>;

/**
 * Whether two values are the same: numbers by value, texts to the letter, apart from placeholders. A placeholder that stands
 * in a longer text leaves the rest of the text to be compared.
 */
export function same(aws: unknown, ours: unknown, pointer: string, opaque: Opaque): boolean {
  if (opaque.has(pointer)) return fitsPlaceholder(aws, ours);
  if (Array.isArray(aws)) {
    if (!Array.isArray(ours) || ours.length !== aws.length) return false;
    return aws.every((item, index) => same(item, ours[index], `${pointer}/${index}`, opaque));
  }
  if (typeof aws === 'object' && aws !== null) {
    if (typeof ours !== 'object' || ours === null || Array.isArray(ours)) return false;
    const keys = Object.keys(aws);
    if (keys.length !== Object.keys(ours).length) return false;
    return keys.every(
      (key) =>
        Object.hasOwn(ours, key) &&
        same(
          (aws as Json & object)[key as never],
          (ours as Json & object)[key as never],
          `${pointer}/${escaped(key)}`,
          opaque,
        ),
    );
  }
  return aws === ours || (aws === 0 && ours === 0);
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function fitsPlaceholder(aws: unknown, ours: unknown): boolean {
  if (typeof aws !== 'string') return ours !== undefined;
  if (typeof ours !== 'string') return typeof ours === 'number' || (typeof ours === 'object' && !/<[^<>]+>/.test(aws));
  const parts = aws.split(/<[^<>]+>/);
  if (parts.length === 1) return true;
  const pattern = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^]*');
  return new RegExp(`^${pattern}$`).test(ours);
}

/**
 * Compares two lists item by item, or, where the order may vary, as collections. `fits` is told both indexes, the first for
 * pointers into the case.
 */
export function sameLists<A, B>(
  aws: readonly A[],
  ours: readonly B[],
  anyOrder: boolean,
  fits: (a: A, b: B, index: number) => boolean,
): boolean {
  if (aws.length !== ours.length) return false;
  if (aws.every((item, index) => fits(item, ours[index] as B, index))) return true;
  if (!anyOrder) return false;
  const left = [...ours];
  return aws.every((item, index) => {
    const found = left.findIndex((candidate) => fits(item, candidate, index));
    if (found >= 0) left.splice(found, 1);
    return found >= 0;
  });
}
