import type { Json } from '../../kernel/log.ts';
import type { Behaviour, Evaluable } from '../compiled.ts';
import { evaluationFault } from '../errors.ts';
import { textOf, typeName } from '../json-text.ts';
import { FieldExpression, isExpression } from '../jsonata/expression.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { type ChoiceRule, choiceBehaviour } from '../states/choice.ts';
import { failBehaviour } from '../states/fail.ts';
import { waitBehaviour } from '../states/wait.ts';
import { instantOf } from '../timestamp.ts';
import { flowOf, ruleFlow } from './flows.ts';
import { jsonataNumber } from './numbers.ts';
import type { Definition, StateDefinition } from './states.ts';

/** Fail. */
export function compileFail({ fields }: StateDefinition): Behaviour {
  const field = (name: string): Evaluable | undefined => {
    const value = fields[name];
    return value === undefined ? undefined : compileJsonataTemplate(value, name);
  };
  return failBehaviour(field('Error'), field('Cause'));
}

/** Wait: Seconds or Timestamp. */
export function compileWait(state: StateDefinition): Behaviour {
  const { fields } = state;
  const flow = flowOf(state);
  const seconds = jsonataNumber(fields, 'Seconds');
  if (seconds) return waitBehaviour(flow, state.next, async (visit) => (await seconds(visit)) * 1000);
  const timestamp = compileJsonataTemplate(fields['Timestamp'] as Json, 'Timestamp');
  return waitBehaviour(flow, state.next, async (visit) => {
    const value = await timestamp.evaluate(visit);
    const instant = typeof value === 'string' ? instantOf(value) : undefined;
    if (instant === undefined) {
      const shown = typeof value === 'string' ? value : textOf(value);
      throw evaluationFault(
        `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${shown}`,
        'Timestamp',
      );
    }
    return instant - visit.clock.now();
  });
}

/** Choice. */
export function compileChoice(state: StateDefinition): Behaviour {
  const { fields, language } = state;
  const rules = (fields['Choices'] as Definition[]).map((rule, index): ChoiceRule => {
    const condition = rule['Condition'] as Json;
    const flow = ruleFlow(rule, index, language);
    const next = rule['Next'] as string;
    if (!isExpression(condition)) return { next, flow, holds: () => condition === true };
    const expression = new FieldExpression(condition, `Choices[${index}]/Condition`);
    return {
      next,
      flow,
      holds: async (visit) => {
        const value = await expression.evaluate(visit);
        if (typeof value !== 'boolean') throw expression.unexpected('boolean', typeName(value), textOf(value));
        return value;
      },
    };
  });
  return choiceBehaviour(rules, fields['Default'] as string | undefined, flowOf(state));
}
