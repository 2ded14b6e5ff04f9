import type { Kernel, Timer } from '../kernel/kernel.ts';

/** What `setTimeout` gives: as much of Node's Timeout as code uses. */
class VirtualTimeout {
  readonly id: number;
  readonly #timers: VirtualTimers;
  #referenced = true;

  constructor(id: number, timers: VirtualTimers) {
    this.id = id;
    this.#timers = timers;
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  refresh(): this {
    this.#timers.refresh(this.id);
    return this;
  }

  close(): this {
    this.#timers.clear(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }
}

interface Scheduled {
  readonly milliseconds: number;
  readonly repeats: boolean;
  readonly action: () => void;
  entry: Timer;
}

/** `setTimeout` and its like of one execution environment, in virtual time. */
export class VirtualTimers {
  #kernel: Kernel;
  #label: string;
  /** Runs the action when the environment is awake: at once, or when its next invocation thaws it. */
  readonly #whenAwake: (action: () => void) => void;
  readonly #scheduled = new Map<number, Scheduled>();
  #sequence = 0;

  constructor(kernel: Kernel, label: string, whenAwake: (action: () => void) => void) {
    this.#kernel = kernel;
    this.#label = label;
    this.#whenAwake = whenAwake;
  }

  /** The functions that a sandboxed context sees. */
  globals(): Readonly<Record<string, unknown>> {
    const clear = (handle: unknown) => this.clear(handle);
    return {
      setTimeout: (action: (...args: unknown[]) => void, milliseconds?: number, ...args: unknown[]) =>
        this.set(() => action(...args), milliseconds, false),
      setInterval: (action: (...args: unknown[]) => void, milliseconds?: number, ...args: unknown[]) =>
        this.set(() => action(...args), milliseconds, true),
      setImmediate: (action: (...args: unknown[]) => void, ...args: unknown[]) =>
        this.set(() => action(...args), 0, false, 0),
      clearTimeout: clear,
      clearInterval: clear,
      clearImmediate: clear,
    };
  }

  /** Node takes anything below 1 ms as 1 ms: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
  set(action: () => void, milliseconds: number | undefined, repeats: boolean, least = 1): VirtualTimeout {
    const id = ++this.#sequence;
    const wanted = Number(milliseconds);
    const delay = Number.isFinite(wanted) && wanted <= 2_147_483_647 ? Math.max(least, Math.trunc(wanted)) : least;
    const entry = this.#kernel.after(delay, this.#label, () => this.#fire(id));
    this.#scheduled.set(id, { milliseconds: delay, repeats, action, entry });
    return new VirtualTimeout(id, this);
  }

  clear(handle: unknown): void {
    const id = handle instanceof VirtualTimeout ? handle.id : Number(handle);
    this.#scheduled.get(id)?.entry.cancel();
    this.#scheduled.delete(id);
  }

  /** Starts the timer's time anew. */
  refresh(id: number): void {
    const timer = this.#scheduled.get(id);
    if (!timer) return;
    timer.entry.cancel();
    timer.entry = this.#kernel.after(timer.milliseconds, this.#label, () => this.#fire(id));
  }

  /** Whether nothing is scheduled. */
  get none(): boolean {
    return this.#scheduled.size === 0;
  }

  /** Begins again in another environment's time, with the first number. */
  restart(kernel: Kernel, label: string): void {
    this.#kernel = kernel;
    this.#label = label;
    this.#sequence = 0;
  }

  /** Nothing scheduled here will happen any more. */
  cancelAll(): void {
    for (const timer of this.#scheduled.values()) timer.entry.cancel();
    this.#scheduled.clear();
  }

  #fire(id: number): void {
    this.#whenAwake(() => {
      const timer = this.#scheduled.get(id);
      if (!timer) return;
      if (timer.repeats) this.refresh(id);
      else this.#scheduled.delete(id);
      timer.action();
    });
  }
}

/** `node:timers/promises` on the timers of an environment: https://nodejs.org/api/timers.html#timers-promises-api */
export function timersPromises(
  timers: Readonly<Record<string, unknown>>,
  refuse: (message: string) => Error,
): Readonly<Record<string, unknown>> {
  const set = timers['setTimeout'] as (action: () => void, milliseconds?: number) => unknown;
  const wait = <T>(
    milliseconds?: number,
    value?: T,
    options?: { readonly signal?: unknown },
  ): Promise<T | undefined> => {
    if (options?.signal !== undefined) throw refuse('A signal for timers/promises is not modelled.');
    return new Promise((resolve) => set(() => resolve(value), milliseconds));
  };
  return { setTimeout: wait, setImmediate: <T>(value?: T) => wait(0, value), scheduler: { wait } };
}
