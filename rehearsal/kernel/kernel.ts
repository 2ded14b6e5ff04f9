import { AsyncLocalStorage } from 'node:async_hooks';
import { RandomStream } from './random.ts';

/** Something that will happen at a virtual time, and can be called off before it does. */
export interface Timer {
  readonly at: number;
  cancel(): void;
}

/** What an event answers that has set nothing in motion: no promise to let run, so that the next event can be taken at once. */
export const nothingBegan = Symbol('nothing began');

type Action = () => void | Promise<void> | typeof nothingBegan;

interface Entry extends Timer {
  at: number;
  sequence: number;
  /** Where it was asked for. */
  readonly place: string | undefined;
  readonly label: string;
  readonly action: Action;
  cancelled: boolean;
}

/** The rehearsal would never have ended: more events than allowed happened. */
export class RehearsalRunaway extends Error {
  override readonly name = 'RehearsalRunaway';
}

/**
 * Virtual time. One queue ordered by (time, sequence); time moves only when the queue's head is taken. After each event the
 * kernel lets every promise that the event settled run on (one turn of the host's loop drains all microtasks and ticks), so
 * that code in the sandbox has come to rest, waiting for a timer or an answer, before time moves again.
 */
export class Kernel {
  readonly seed: number;
  readonly startedAt: number;
  #now: number;
  #sequence = 0;
  #handled = 0;
  #failure: unknown;
  readonly #maximumEvents: number;
  readonly #queue = new EventHeap();
  readonly #streams = new Map<string, RandomStream>();
  /** Where the work is done that runs now: a region. */
  readonly #place = new AsyncLocalStorage<string>();
  /** What would have happened in a place that stands still. */
  readonly #suspended = new Map<string, Entry[]>();
  #held = 0;
  #lastHold: Promise<unknown> = Promise.resolve();

  /** `startsAt` in milliseconds since 1970; `maximumEvents` bounds a run (5 million unless told). */
  constructor(options: { seed: number; startsAt: number; maximumEvents?: number }) {
    this.seed = options.seed;
    this.startedAt = options.startsAt;
    this.#now = options.startsAt;
    this.#maximumEvents = options.maximumEvents ?? 5_000_000;
  }

  /** Virtual milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /** The named stream of this run's seed; the same name is always the same stream. */
  random(name: string): RandomStream {
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = new RandomStream(this.seed, name);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /**
   * Runs `action` at a virtual time; a time in the past means now, after what is already due. An action that only looked answers
   * `nothingBegan`.
   */
  at(time: number, label: string, action: Action): Timer {
    const entry: Entry = {
      at: Math.max(time, this.#now),
      sequence: this.#sequence++,
      place: this.#place.getStore(),
      label,
      action,
      cancelled: false,
      cancel() {
        this.cancelled = true;
      },
    };
    this.#queue.push(entry);
    return entry;
  }

  /** Runs `action` after so many virtual milliseconds. */
  after(milliseconds: number, label: string, action: Action): Timer {
    return this.at(this.#now + Math.max(0, milliseconds), label, action);
  }

  /** Settles after so many virtual milliseconds. */
  sleep(milliseconds: number, label: string): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, label, resolve));
  }

  /** The place whose work runs now; undefined outside any. */
  get place(): string | undefined {
    return this.#place.getStore();
  }

  /** Does work in a place: whatever it sets off, at whatever time, happens there and stops with it. */
  within<T>(place: string, work: () => T): T {
    return this.#place.run(place, work);
  }

  /** Does work that belongs to no place, whoever set it off. */
  outside<T>(work: () => T): T {
    return this.#place.exit(work);
  }

  /** From now on nothing happens in the place: no timer of it fires. What stands there stays. */
  suspend(place: string): void {
    if (!this.#suspended.has(place)) this.#suspended.set(place, []);
  }

  /** The place goes on: what was due meanwhile happens now, in its order. */
  resume(place: string): void {
    const waiting = this.#suspended.get(place) ?? [];
    this.#suspended.delete(place);
    for (const entry of waiting) {
      entry.at = this.#now;
      entry.sequence = this.#sequence++;
      this.#queue.push(entry);
    }
  }

  /**
   * Does real work (a real server's, on real files) while virtual time stands still. Such works run one after the other in the
   * order in which they are asked for, each after everything that the one before set free has come to rest: what follows
   * from them does not depend on how long they take. A work that waits for another one, or for virtual time, never ends.
   */
  hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held++;
    const done = this.#lastHold.then(work).finally(() => {
      this.#held--;
    });
    this.#lastHold = done.then(settle, settle);
    return done;
  }

  /** Whether real work is under way. */
  get holding(): boolean {
    return this.#held > 0;
  }

  /** A defect in the simulation itself: ends the run with this error instead of losing it in a promise nobody awaits. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /**
   * Takes events until `done()` holds, the queue is empty, or the next event lies after `until`; then time stands at `until`
   * if one was given. Throws what an event threw, or RehearsalRunaway.
   */
  async run(options: { until?: number; done?: () => boolean } = {}): Promise<void> {
    await this.#rest();
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (options.done?.()) return;
      const entry = this.#queue.peek();
      if (!entry || (options.until !== undefined && entry.at > options.until)) break;
      this.#queue.pop();
      if (entry.cancelled) continue;
      const standing = entry.place === undefined ? undefined : this.#suspended.get(entry.place);
      if (standing) {
        standing.push(entry);
        continue;
      }
      this.#now = entry.at;
      this.#handled++;
      if (this.#handled > this.#maximumEvents) {
        throw new RehearsalRunaway(
          `The run did not end within ${this.#maximumEvents} events; the last was '${entry.label}' at ${new Date(this.#now).toISOString()}. ` +
            'Something schedules itself without end: look at the last labels of the event log.',
        );
      }
      // Not awaited: an action may itself wait for virtual time. What it throws ends the run.
      try {
        const outcome = entry.place === undefined ? entry.action() : this.#place.run(entry.place, entry.action);
        if (outcome === nothingBegan) continue;
        if (outcome) outcome.catch((error: unknown) => this.fail(error));
      } catch (error) {
        this.fail(error);
      }
      await this.#rest();
    }
    if (options.until !== undefined) this.#now = Math.max(this.#now, options.until);
  }

  /** Until all that can run has run, and no real work is under way. */
  async #rest(): Promise<void> {
    await settle();
    while (this.#held > 0) {
      await this.#lastHold;
      await settle();
    }
  }

  /** Events taken so far. */
  get handled(): number {
    return this.#handled;
  }
}

/** One turn of the host's loop: all microtasks and ticks that can run have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

class EventHeap {
  readonly #entries: Entry[] = [];

  peek(): Entry | undefined {
    return this.#entries[0];
  }

  push(entry: Entry): void {
    const entries = this.#entries;
    entries.push(entry);
    let child = entries.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!precedes(entries[child] as Entry, entries[parent] as Entry)) return;
      [entries[child], entries[parent]] = [entries[parent] as Entry, entries[child] as Entry];
      child = parent;
    }
  }

  pop(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (!first || !last || entries.length === 0) return first;
    entries[0] = last;
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      if (left >= entries.length) return first;
      const right = left + 1;
      const child = right < entries.length && precedes(entries[right] as Entry, entries[left] as Entry) ? right : left;
      if (!precedes(entries[child] as Entry, entries[parent] as Entry)) return first;
      [entries[child], entries[parent]] = [entries[parent] as Entry, entries[child] as Entry];
      parent = child;
    }
  }
}

function precedes(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
