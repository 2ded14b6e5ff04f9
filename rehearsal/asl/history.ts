import type { HistoryEvent, HistoryEventDetails, HistoryEventType } from './history-event.ts';
import { TextPacker } from './packed-text.ts';

/** AWS ends an execution whose history has reached this many events. */
export const maximumHistoryEvents = 25_000;
/** Assumed: what an Express execution could write at most in its five minutes. */
export const maximumExpressEvents = 500_000;

/** Appends events, numbers them, and lets a listener see each. Values stand in it as shared JSON text. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;
  readonly #listener: ((event: HistoryEvent) => void) | undefined;
  #timestamp = new Date(Number.NaN);
  readonly #packer = new TextPacker();
  #closed = false;

  constructor(now: () => number, listener?: (event: HistoryEvent) => void) {
    this.#now = now;
    this.#listener = listener;
  }

  /** Writes an event and returns its id. */
  add(
    type: HistoryEventType,
    previousEventId: number,
    member?: `${string}EventDetails`,
    details?: HistoryEventDetails,
  ): number {
    const id = this.events.length + 1;
    const now = this.#now();
    // Events of one instant share one Date.
    if (this.#timestamp.getTime() !== now) this.#timestamp = new Date(now);
    const event: HistoryEvent = {
      timestamp: this.#timestamp,
      type,
      id,
      previousEventId,
      ...(member && details ? { [member]: this.#packer.pack(details) } : {}),
    };
    this.events.push(event);
    this.#listener?.(event);
    return id;
  }

  /** After the last event nothing more is written. */
  close(): void {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }
}

const whole = { truncated: false } as const;

/** Details of a state's entry. */
export function enteredDetails(name: string, input: string): HistoryEventDetails {
  return { name, input, inputDetails: whole };
}

/** Details of a state's exit; `assigned` maps variable names to JSON text. */
export function exitedDetails(
  name: string,
  output: string,
  assigned?: Readonly<Record<string, string>>,
): HistoryEventDetails {
  const details = { name, output, outputDetails: whole };
  return assigned ? { ...details, assignedVariables: assigned, assignedVariablesDetails: whole } : details;
}

/** `input` with its inputDetails. */
export function withInput(input: string): HistoryEventDetails {
  return { input, inputDetails: whole };
}

/** `output` with its outputDetails. */
export function withOutput(output: string): HistoryEventDetails {
  return { output, outputDetails: whole };
}

/** `error` and `cause`, where there are any. */
export function failureDetails(failure: {
  error?: string | undefined;
  reason?: string | undefined;
}): HistoryEventDetails {
  return {
    ...(failure.error === undefined ? {} : { error: failure.error }),
    ...(failure.reason === undefined ? {} : { cause: failure.reason }),
  };
}
