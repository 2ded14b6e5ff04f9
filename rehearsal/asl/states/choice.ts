import type { Json } from '../../kernel/log.ts';
import type { Behaviour, DataFlow } from '../compiled.ts';
import { StateError } from '../errors.ts';
import type { Soon } from '../moment.ts';
import type { Visit } from '../visit.ts';

/** One rule of a Choice. */
export interface ChoiceRule {
  readonly next: string;
  holds(visit: Visit, input: Json): Soon<boolean>;
  /** The rule's own Assign and Output. */
  readonly flow: DataFlow;
}

/** Goes on with the first rule that holds, or with Default; without one the state fails with States.NoChoiceMatched. */
export function choiceBehaviour(rules: readonly ChoiceRule[], fallback: string | undefined, flow: DataFlow): Behaviour {
  return {
    async perform(visit) {
      const input = await flow.arguments(visit);
      for (const rule of rules) {
        if (await rule.holds(visit, input)) return { ...(await rule.flow.finish(visit, undefined)), next: rule.next };
      }
      if (fallback === undefined) {
        throw new StateError(
          'States.NoChoiceMatched',
          `An error occurred while executing the state '${visit.state.name}' (entered at the event id #${visit.enteredEventId}). Failed to transition out of the state. The state's 'Choices' field did not match any of the input, and no 'Default' was specified.`,
        );
      }
      return { ...(await flow.finish(visit, undefined)), next: fallback };
    },
  };
}
