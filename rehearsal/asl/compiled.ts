import type { Json } from '../kernel/log.ts';
import type { Evaluable, Soon } from './moment.ts';
import type { Visit } from './visit.ts';

export type QueryLanguage = 'JSONPath' | 'JSONata';

export type StateType = 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';

/** A set of states with its entry: a machine, a branch, or what a Map does to each item. */
export interface CompiledStates {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, CompiledState>;
}

/** One state made ready to run. */
export interface CompiledState {
  readonly name: string;
  readonly type: StateType;
  readonly language: QueryLanguage;
  /** Next state; undefined ends the strand. Choice decides for itself. */
  readonly next: string | undefined;
  readonly behaviour: Behaviour;
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

/** What a type of state does between its entry and its exit. Throws StateError or StateFault. */
export interface Behaviour {
  perform(visit: Visit): Soon<Outcome>;
}

/** What a state leaves behind. */
export interface Outcome {
  readonly output: Json;
  readonly assigned?: { readonly [name: string]: Json } | undefined;
  readonly next: string | undefined;
}

/** One retrier. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number | undefined;
  readonly fullJitter: boolean;
}

/** One catcher. */
export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: string;
  /** From the state's input and the error output to the next state's input and the variables. */
  finish(
    visit: Visit,
    errorOutput: { [key: string]: Json },
  ): Soon<{ output: Json; assigned?: { readonly [name: string]: Json } }>;
}

/** How a state's fields turn its input into arguments, and its result into output and variables; one for each language. */
export interface DataFlow {
  /** What the state works on. */
  arguments(visit: Visit): Soon<Json>;
  /** `result` is undefined for states that make none (Wait, Succeed, Choice, a Pass without Result). */
  finish(visit: Visit, result: Json | undefined): Soon<{ output: Json; assigned?: { readonly [name: string]: Json } }>;
}

export type { Evaluable };
