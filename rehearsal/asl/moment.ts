import type { Json } from '../kernel/log.ts';
import type { Clock } from './environment.ts';
import type { Variables } from './variables.ts';

/** A value now, or soon: JSONata evaluates through promises, JSONPath at once. */
export type Soon<T> = T | Promise<T>;

/** What an expression can see at the moment it is evaluated. */
export interface Moment {
  /** The state's input as it was entered: `$states.input`. */
  readonly input: Json;
  /** `$` of a JSONPath: the input, the effective input or the result, as the field has it. */
  readonly root: Json;
  /** `$states.result`, once there is one. */
  readonly result?: Json | undefined;
  /** `$states.errorOutput`, in a catcher. */
  readonly errorOutput?: Json | undefined;
  /** The context object: `$$` and `$states.context`. */
  context(): Json;
  readonly variables: Variables;
  readonly clock: Clock;
  readonly random: { uniform(): number };
  newUuid(): string;
}

/** A field made ready for evaluation. */
export interface Evaluable<T extends Json = Json> {
  evaluate(moment: Moment): Soon<T>;
}

/** A field that is the same in every moment. */
export function constant<T extends Json>(value: T): Evaluable<T> {
  return { evaluate: () => value };
}
