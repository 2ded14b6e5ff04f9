import { roleOf } from './roles.ts';
import { lastRun } from './scheduler.ts';
import type { State } from './state.ts';

/** One client's session, as others at the same server see it. */
export interface OpenSession {
  readonly user: string;
  /** `FATAL: terminating connection due to administrator command`. */
  terminate(): void;
}

/** Milliseconds since 1970 until which a role may log in; infinity unless told. */
export function validUntil(state: State, user: string): number {
  const { validUntil: text } = roleOf(state, user);
  return text === 'infinity' ? Number.POSITIVE_INFINITY : Date.parse(text);
}

/** The sessions of one server. */
export class Backends {
  readonly #open = new Set<OpenSession>();

  enter(session: OpenSession): void {
    this.#open.add(session);
  }

  leave(session: OpenSession): void {
    this.#open.delete(session);
  }

  /** Users with a session now. */
  get users(): readonly string[] {
    return [...this.#open].map(({ user }) => user);
  }

  /** Ends the sessions of users whose right to log in has passed then; how many. */
  endPassed(state: State, at: number): number {
    const passed = [...this.#open].filter(({ user }) => validUntil(state, user) <= at);
    for (const session of passed) {
      this.#open.delete(session);
      session.terminate();
    }
    return passed.length;
  }

  /** What the job of the database has done meanwhile: nobody waits for its runs, so they are made up for before somebody looks. */
  endFenced(state: State, now: number, clockOffset: number): void {
    for (const job of state.jobs?.values() ?? []) {
      const run = job.kind === 'fence' ? lastRun(job, now) : undefined;
      if (run !== undefined) this.endPassed(state, run + clockOffset);
    }
  }
}
