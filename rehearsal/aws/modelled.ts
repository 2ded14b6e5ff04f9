import { Unmodelled } from './service.ts';

/**
 * Refuses what the rehearsal does not model inside a structure (the account checks the top level of an input itself).
 * Members that are undefined count as absent. Throws Unmodelled naming every member that is not in `allowed`.
 */
export function assertModelled(value: unknown, allowed: readonly string[], where: string): void {
  if (typeof value !== 'object' || value === null) return;
  const unknown = Object.entries(value)
    .filter(([name, member]) => member !== undefined && !allowed.includes(name))
    .map(([name]) => name);
  if (unknown.length === 0) return;
  throw new Unmodelled(
    `${where} came with ${unknown.join(', ')}, which the rehearsal does not model; modelled are ${allowed.join(', ')}. ` +
      'Model it, or leave it out of the app.',
  );
}

/** A time as it comes from the wire (Date), from a state machine's JSON (ISO text) or from a service (milliseconds). */
export function toMilliseconds(time: unknown): number {
  if (time instanceof Date) return time.getTime();
  if (typeof time === 'number') return time;
  const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(parsed))
    throw new TypeError(
      `A time is needed; ${JSON.stringify(time)} came. Allowed: a Date, ISO 8601 text, milliseconds.`,
    );
  return parsed;
}

/** The items from a continuation token on, at most `size` of them, and the next token where there are more. */
export function page<T>(items: readonly T[], token: unknown, size: number): { items: T[]; nextToken?: string } {
  const from = typeof token === 'string' ? Number.parseInt(token, 10) : 0;
  const taken = items.slice(from, from + size);
  return from + size < items.length ? { items: taken, nextToken: String(from + size) } : { items: taken };
}
