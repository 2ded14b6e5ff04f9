import type { Json } from '../../kernel/log.ts';
import { isObject, setMember } from '../json-text.ts';
import { constant, type Evaluable, type Moment } from '../moment.ts';
import { FieldExpression, isExpression } from './expression.ts';

/** Compiles a value that may hold `{% %}` expressions at any depth. `field` names it in errors. */
export function compileJsonataTemplate(value: Json, field: string): Evaluable {
  if (isExpression(value)) return new FieldExpression(value, field);
  if (!containsExpression(value)) return constant(value);
  if (Array.isArray(value))
    return new ArrayTemplate(value.map((item, index) => compileJsonataTemplate(item, `${field}[${index}]`)));
  const members = Object.entries(value as { [key: string]: Json });
  return new ObjectTemplate(members.map(([key, member]) => [key, compileJsonataTemplate(member, `${field}/${key}`)]));
}

function containsExpression(value: Json): boolean {
  if (Array.isArray(value)) return value.some(containsExpression);
  if (isObject(value)) return Object.values(value).some(containsExpression);
  return isExpression(value);
}

class ArrayTemplate implements Evaluable {
  readonly #items: readonly Evaluable[];

  constructor(items: readonly Evaluable[]) {
    this.#items = items;
  }

  async evaluate(moment: Moment): Promise<Json> {
    const result: Json[] = [];
    for (const item of this.#items) result.push(await item.evaluate(moment));
    return result;
  }
}

class ObjectTemplate implements Evaluable {
  readonly #members: readonly (readonly [string, Evaluable])[];

  constructor(members: readonly (readonly [string, Evaluable])[]) {
    this.#members = members;
  }

  async evaluate(moment: Moment): Promise<Json> {
    const result: { [key: string]: Json } = {};
    for (const [key, member] of this.#members) setMember(result, key, await member.evaluate(moment));
    return result;
  }
}
