import type { Clock } from './environment.ts';

/** Something due later that can be called off. */
export interface Timer {
  cancel(): void;
}

/**
 * Like `clock.after`, but a timer that is called off holds on to nothing: a clock may keep it in its queue until it would have
 * been due, which is a year for an execution's time limit.
 */
export function startTimer(clock: Clock, milliseconds: number, label: string, action: () => void): Timer {
  let due: (() => void) | undefined = action;
  const timer = clock.after(milliseconds, label, () => due?.());
  return {
    cancel() {
      due = undefined;
      timer.cancel();
    },
  };
}
