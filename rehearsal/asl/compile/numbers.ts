import type { Json } from '../../kernel/log.ts';
import { textOf, typeName } from '../json-text.ts';
import { FieldExpression, isExpression } from '../jsonata/expression.ts';
import type { Soon } from '../moment.ts';
import type { Visit } from '../visit.ts';
import type { Definition } from './states.ts';

/** A number that may be computed when the state is visited. */
export type NumberField = (visit: Visit) => Soon<number>;

/** `TimeoutSeconds`, `MaxConcurrency` and their like in a JSONata state: a number or an expression that gives one. */
export function jsonataNumber(fields: Definition, name: string, prefix = ''): NumberField | undefined {
  const value = fields[name];
  if (typeof value === 'number') return () => value;
  if (!isExpression(value)) return undefined;
  const expression = new FieldExpression(value, `${prefix}${name}`);
  return async (visit) => {
    const result: Json = await expression.evaluate(visit);
    if (typeof result !== 'number') throw expression.unexpected('number', typeName(result), textOf(result));
    return result;
  };
}
