import type { Json } from '../../kernel/log.ts';
import { isObject, setMember } from '../json-text.ts';
import { constant, type Evaluable, type Moment } from '../moment.ts';
import { compileSelector } from './field.ts';

/** A payload template evaluates at once. */
export interface PathTemplate extends Evaluable {
  evaluate(moment: Moment): Json;
}

/** Compiles a payload template: members whose names end in `.$` hold paths and intrinsic calls, all else is literal. */
export function compilePathTemplate(value: Json): PathTemplate {
  if (!isDynamic(value)) return constant(value) as PathTemplate;
  if (Array.isArray(value)) {
    const items = value.map(compilePathTemplate);
    return { evaluate: (moment) => items.map((item) => item.evaluate(moment)) };
  }
  const members = Object.entries(value as { [key: string]: Json }).map(([key, member]): [string, PathTemplate] =>
    key.endsWith('.$') && typeof member === 'string'
      ? [key.slice(0, -2), compileSelector(member, key) as PathTemplate]
      : [key, compilePathTemplate(member)],
  );
  return {
    evaluate: (moment) => {
      const result: { [key: string]: Json } = {};
      for (const [key, member] of members) setMember(result, key, member.evaluate(moment));
      return result;
    },
  };
}

function isDynamic(value: Json): boolean {
  if (Array.isArray(value)) return value.some(isDynamic);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, member]) => key.endsWith('.$') || isDynamic(member));
}
