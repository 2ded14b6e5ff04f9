import * as z from 'zod';

/*
 * A platform's own queries about its data: what has to hold in a database that was restored or promoted before anybody may rely on it.
 */

/** One statement that gives one number. */
export const invariant = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens'),
  sql: z.string().min(1),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
export type Invariant = z.infer<typeof invariant>;

export interface InvariantResult {
  readonly name: string;
  readonly holds: boolean;
  /** `1 or more`, `at most 0`, `1 to 5`. */
  readonly expected: string;
  /** The number, or why there is none. */
  readonly found: string;
}

/** What an answer means. `given`: the value as the database wrote it, or null; anything that is no number does not hold. */
export function judgeInvariant({ name, minimum, maximum }: Invariant, given: string | null): InvariantResult {
  const value = given === null || given.trim() === '' ? Number.NaN : Number(given);
  const holds = value >= (minimum ?? Number.NEGATIVE_INFINITY) && value <= (maximum ?? Number.POSITIVE_INFINITY);
  return {
    name,
    holds,
    expected: boundsOf(minimum, maximum),
    found: Number.isNaN(value) ? 'no number' : String(value),
  };
}

export function boundsOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return maximum === undefined ? 'a number' : `at most ${maximum}`;
  if (maximum === undefined) return `${minimum} or more`;
  return minimum === maximum ? String(minimum) : `${minimum} to ${maximum}`;
}

/**
 * Why a text is not one statement that only reads; undefined for one that is. A first look for whoever writes the definition: what
 * keeps a query from writing is the read-only transaction that it runs in.
 */
export function unfitQuery(sql: string): string | undefined {
  if (sql.includes(';')) return 'it has a semicolon';
  if (/--|\/\*/.test(sql)) return 'it has a comment';
  if (!/^\s*(select|with)\b/i.test(sql)) return 'it does not begin with SELECT or WITH';
  const [, word] =
    /\b(insert|update|delete|merge|truncate|alter|drop|create|grant|revoke|copy|call|into)\b/i.exec(sql) ?? [];
  return word === undefined ? undefined : `it has the word ${word.toUpperCase()}`;
}
