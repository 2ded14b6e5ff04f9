import { createHash } from 'node:crypto';

/** JSON, as it crosses wires. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * What happened in a run, in order. `at` is virtual milliseconds since 1970. The kinds and their fields are in
 * `docs/reference/event-log.md`; the timeline, the checkers and the console read nothing else.
 */
export type RehearsalEvent = { readonly at: number; readonly kind: string; readonly [field: string]: unknown };

/** The event log of one run: same seed, same bytes. */
export class EventLog {
  readonly events: RehearsalEvent[] = [];
  #now: () => number;
  #listeners: ((event: RehearsalEvent) => void)[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Appends an event at the present virtual time. Fields must be JSON; `undefined` fields are left out. */
  write(kind: string, fields: Readonly<Record<string, unknown>>): void {
    const event: RehearsalEvent = { at: this.#now(), kind, ...fields };
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Called with each event as it is written, for checkers and a live timeline. */
  subscribe(listener: (event: RehearsalEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** The run is over: who keeps its log keeps nothing of the world behind it, which is a hundred times as large. */
  close(): void {
    const at = this.#now();
    this.#now = () => at;
    this.#listeners = [];
  }

  /** JSON lines. */
  toLines(): string {
    return this.events.map((event) => `${JSON.stringify(event)}\n`).join('');
  }

  /** SHA-256 of the JSON lines, in hex. */
  sha256(): string {
    const hash = createHash('sha256');
    for (const event of this.events) hash.update(`${JSON.stringify(event)}\n`);
    return hash.digest('hex');
  }
}
