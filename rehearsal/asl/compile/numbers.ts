import type { Json } from '../../kernel/log.ts';
import { runtimeFault } from '../errors.ts';
import { textOf, typeName } from '../json-text.ts';
import { FieldExpression, isExpression } from '../jsonata/expression.ts';
import { compileDataPath } from '../jsonpath/field.ts';
import type { Moment, Soon } from '../moment.ts';
import type { Definition, StateDefinition } from './states.ts';

/** A number that may be computed when the state is visited. */
export type NumberField = (moment: Moment) => Soon<number>;

/** `TimeoutSeconds`, `MaxConcurrency` and their like: a number, a JSONata expression, or a path under the name with `Path`. */
export function compileNumber(
  { language }: Pick<StateDefinition, 'language'>,
  fields: Definition,
  name: string,
  options: { readonly kind?: 'integer' | 'float'; readonly prefix?: string } = {},
): NumberField | undefined {
  const value = fields[name];
  if (typeof value === 'number') return () => value;
  if (language === 'JSONata')
    return isExpression(value) ? jsonataNumber(value, `${options.prefix ?? ''}${name}`) : undefined;
  const path = fields[`${name}Path`];
  return typeof path === 'string' ? pathNumber(path, `${name}Path`, options.kind ?? 'integer') : undefined;
}

function jsonataNumber(text: string, field: string): NumberField {
  const expression = new FieldExpression(text, field);
  return async (moment) => {
    const result: Json = await expression.evaluate(moment);
    if (typeof result !== 'number') throw expression.unexpected('number', typeName(result), textOf(result));
    return result;
  };
}

function pathNumber(path: string, field: string, kind: 'integer' | 'float'): NumberField {
  const select = dataPath(path);
  const pattern = kind === 'integer' ? /^[+-]?\d+$/ : /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
  return (moment) => {
    const value = select(moment);
    const shown = typeof value === 'string' ? value : textOf(value);
    if (!pattern.test(shown))
      throw runtimeFault(`The ${field} field refers to value "${shown}" which is not a valid ${kind}: ${path}`);
    return Number(shown);
  };
}

/** A path that must find something, else the execution ends with 'Invalid path'. */
export function dataPath(path: string): (moment: Moment) => Json {
  return compileDataPath(path) ?? ((moment) => moment.root);
}
