import type { Json } from '../../kernel/log.ts';
import { compileRule } from '../choice-rules.ts';
import type { Behaviour, Evaluable } from '../compiled.ts';
import { evaluationFault, runtimeFault } from '../errors.ts';
import { textOf, typeName } from '../json-text.ts';
import { FieldExpression, isExpression } from '../jsonata/expression.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { compileSelector, valueOrNothing } from '../jsonpath/field.ts';
import { parsePath } from '../jsonpath/path.ts';
import type { Moment } from '../moment.ts';
import { type ChoiceRule, choiceBehaviour } from '../states/choice.ts';
import { failBehaviour } from '../states/fail.ts';
import { waitBehaviour } from '../states/wait.ts';
import { instantOf } from '../timestamp.ts';
import { flowOf, ruleFlow } from './flows.ts';
import { compileNumber, dataPath } from './numbers.ts';
import type { Definition, StateDefinition } from './states.ts';

/** Fail. */
export function compileFail({ fields, language }: StateDefinition): Behaviour {
  const field = (name: string): Evaluable | undefined => {
    const value = fields[name];
    if (language === 'JSONata') return value === undefined ? undefined : compileJsonataTemplate(value, name);
    const path = fields[`${name}Path`];
    if (typeof path === 'string') return compileSelector(path, `${name}Path`);
    return value === undefined ? undefined : { evaluate: () => value };
  };
  return failBehaviour(field('Error'), field('Cause'));
}

/** Wait: Seconds, SecondsPath, Timestamp or TimestampPath. */
export function compileWait(state: StateDefinition): Behaviour {
  const { fields, next } = state;
  const flow = flowOf(state);
  if (typeof fields['SecondsPath'] === 'string') return waitBehaviour(flow, next, secondsPath(fields['SecondsPath']));
  if (typeof fields['TimestampPath'] === 'string')
    return waitBehaviour(flow, next, timestampPath(fields['TimestampPath']));
  const seconds = compileNumber(state, fields, 'Seconds');
  if (seconds) return waitBehaviour(flow, next, async (visit) => bounded((await seconds(visit)) * 1000));
  if (state.language === 'JSONPath') {
    const instant = instantOf(fields['Timestamp'] as string) ?? 0;
    return waitBehaviour(flow, next, (visit) => bounded(instant - visit.clock.now()));
  }
  return waitBehaviour(flow, next, jsonataTimestamp(fields['Timestamp'] as Json));
}

/** Longer than this AWS does not wait: 2^31 - 1 seconds, 24,855 days. */
const longestWaitMilliseconds = (2 ** 31 - 1) * 1000;

function bounded(milliseconds: number): number {
  if (milliseconds > longestWaitMilliseconds) throw runtimeFault('Wait state delay is too long.');
  return milliseconds;
}

function secondsPath(path: string): (moment: Moment) => number {
  const parsed = parsePath(path);
  return (moment) => {
    const value = valueOrNothing(parsed, moment);
    if (value === undefined) throw runtimeFault(`The SecondsPath parameter does not reference an input value: ${path}`);
    const shown = typeof value === 'string' ? value : textOf(value);
    if (!/^-?\d+$/.test(shown)) {
      throw runtimeFault(`The SecondsPath parameter cannot be parsed as a long value: ${path} == ${shown}`);
    }
    if (Number(shown) < 0)
      throw runtimeFault(`The SecondsPath parameter references a negative value: ${path} == ${shown}`);
    return bounded(Number(shown) * 1000);
  };
}

function timestampPath(path: string): (moment: Moment) => number {
  const select = dataPath(path);
  return (moment) => {
    const value = select(moment);
    const instant = typeof value === 'string' ? instantOf(value) : undefined;
    if (instant === undefined) {
      throw runtimeFault(
        `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${path} == ${typeof value === 'string' ? value : textOf(value)}`,
      );
    }
    return bounded(instant - moment.clock.now());
  };
}

function jsonataTimestamp(timestamp: Json): (moment: Moment) => Promise<number> {
  const template = compileJsonataTemplate(timestamp, 'Timestamp');
  return async (moment) => {
    const value = await template.evaluate(moment);
    const instant = typeof value === 'string' ? instantOf(value) : undefined;
    if (instant === undefined) {
      const shown = typeof value === 'string' ? value : textOf(value);
      throw evaluationFault(
        `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${shown}`,
        'value',
        'Timestamp',
      );
    }
    return bounded(instant - moment.clock.now());
  };
}

/** Choice. */
export function compileChoice(state: StateDefinition): Behaviour {
  const rules = (state.fields['Choices'] as Definition[]).map((rule, index): ChoiceRule => {
    const flow = ruleFlow(state, rule, index);
    const next = rule['Next'] as string;
    if (state.language === 'JSONata') return { next, flow, holds: jsonataCondition(rule['Condition'] as Json, index) };
    const test = compileRule(rule);
    return { next, flow, holds: (visit, input) => test(visit.moment({ root: input })) };
  });
  return choiceBehaviour(rules, state.fields['Default'] as string | undefined, flowOf(state));
}

function jsonataCondition(condition: Json, index: number): ChoiceRule['holds'] {
  if (!isExpression(condition)) return () => condition === true;
  const expression = new FieldExpression(condition, `Choices[${index}]/Condition`);
  return async (visit) => {
    const value = await expression.evaluate(visit);
    if (typeof value !== 'boolean') throw expression.unexpected('boolean', typeName(value), textOf(value));
    return value;
  };
}
