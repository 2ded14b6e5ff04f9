import type { Json } from '../kernel/log.ts';
import type { Abandonment } from './environment.ts';
import { Abandoned } from './errors.ts';
import type { HistoryEventDetails, HistoryEventType } from './history-event.ts';
import type { Run } from './run.ts';
import { startTimer } from './timer.ts';
import type { Variables } from './variables.ts';

/** The item that an iteration of a Map works on, for the context object's `Map.Item`. */
export interface MapItem {
  readonly Index: number;
  readonly Value: Json;
  /** Key and source of an item that came from an ItemReader over an object. */
  readonly Key?: string;
  readonly Source?: string;
}

/**
 * One line of execution: the top level, a branch of a Parallel, an iteration of a Map. Its events form a chain; it holds its
 * own variables; it can be abandoned, and then never writes, waits or answers again.
 */
export class Strand implements Abandonment {
  readonly run: Run;
  readonly variables: Variables;
  readonly item: MapItem | undefined;
  /** Id of the last event of the chain. */
  lastEventId: number;
  /** Type of the state that this strand is in, for the `...StateAborted` event. */
  openState: string | undefined;
  readonly children: Strand[] = [];
  /** Written, beside the state's own event, when the strand is aborted by a failed sibling. */
  readonly iteration: { readonly index: number; readonly name: string } | undefined;
  #aborted = false;
  #listeners: (() => void)[] | undefined;

  constructor(
    run: Run,
    options: {
      variables: Variables;
      lastEventId: number;
      item?: MapItem | undefined;
      iteration?: { readonly index: number; readonly name: string };
    },
  ) {
    this.run = run;
    this.variables = options.variables;
    this.lastEventId = options.lastEventId;
    this.item = options.item;
    this.iteration = options.iteration;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  onAbort(action: () => void): void {
    if (this.#aborted) action();
    else {
      this.#listeners ??= [];
      this.#listeners.push(action);
    }
  }

  /** Calls off what `onAbort` registered, once it has lost its purpose. */
  offAbort(action: () => void): void {
    const index = this.#listeners?.lastIndexOf(action) ?? -1;
    if (index >= 0) this.#listeners?.splice(index, 1);
  }

  /** Throws Abandoned when this strand has no business going on. Called after every wait. */
  check(): void {
    if (this.#aborted || this.run.history.closed) throw new Abandoned();
  }

  /** Writes the next event of the chain. */
  write(type: HistoryEventType, member?: `${string}EventDetails`, details?: HistoryEventDetails): number {
    this.check();
    this.lastEventId = this.run.write(type, this.lastEventId, member, details);
    return this.lastEventId;
  }

  /** Writes an event that hangs on the chain but does not carry it on (`MapIterationSucceeded`, `ParallelStateSucceeded`). */
  writeAside(type: HistoryEventType, member?: `${string}EventDetails`, details?: HistoryEventDetails): number {
    this.check();
    return this.run.write(type, this.lastEventId, member, details);
  }

  /** Virtual time passes. Never settles when the strand is abandoned meanwhile. */
  async sleep(milliseconds: number, label: string): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      const cancel = () => timer.cancel();
      const timer = startTimer(this.run.environment.clock, milliseconds, label, () => {
        this.offAbort(cancel);
        resolve();
      });
      this.onAbort(cancel);
    });
    this.check();
  }

  /** Gives up this strand and all that it started. Writes nothing. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const child of this.children) child.abort();
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) for (const listener of listeners) listener();
  }

  /** Writes what AWS writes for a strand that a failed sibling ends: its iteration, the state it is in, and those within. */
  writeAborted(previousEventId: number): void {
    if (this.openState === undefined) return;
    const type = this.openState;
    this.openState = undefined;
    if (type === 'Task' || type === 'Wait' || type === 'Parallel' || type === 'Map') {
      this.run.write(`${type}StateAborted`, previousEventId);
    }
    for (const child of this.children) {
      if (child.openState === undefined) continue;
      if (child.iteration)
        this.run.write('MapIterationAborted', previousEventId, 'mapIterationAbortedEventDetails', child.iteration);
      child.writeAborted(previousEventId);
    }
  }
}
