import type { Json } from '../../kernel/log.ts';
import type { Behaviour, Evaluable } from '../compiled.ts';
import { StateError } from '../errors.ts';

/** Fails the strand under the error and cause that the definition gives; either may be missing. */
export function failBehaviour(error: Evaluable | undefined, cause: Evaluable | undefined): Behaviour {
  return {
    async perform(visit) {
      const name = error && (await error.evaluate(visit));
      const reason = cause && (await cause.evaluate(visit));
      throw new StateError(textOrNothing(name), textOrNothing(reason));
    },
  };
}

function textOrNothing(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
