import type { Json } from '../../kernel/log.ts';
import type { Catcher, DataFlow, Evaluable, QueryLanguage } from '../compiled.ts';
import { JsonataFlow } from '../flow.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import type { Definition, StateDefinition } from './states.ts';

function template(fields: Definition, name: string, prefix = ''): Evaluable | undefined {
  const value = fields[name];
  return value === undefined ? undefined : compileJsonataTemplate(value as Json, `${prefix}${name}`);
}

/** The data flow of a state, by its query language. */
export function flowOf({ fields, language }: StateDefinition): DataFlow {
  if (language === 'JSONPath') throw new Error('JSONPath: not yet built');
  return new JsonataFlow({
    arguments: template(fields, 'Arguments'),
    output: template(fields, 'Output'),
    assign: template(fields, 'Assign'),
  });
}

/** The data flow of one rule of a Choice. */
export function ruleFlow(rule: Definition, index: number, language: QueryLanguage): DataFlow {
  if (language === 'JSONPath') throw new Error('JSONPath: not yet built');
  const prefix = `Choices[${index}]/`;
  return new JsonataFlow({ output: template(rule, 'Output', prefix), assign: template(rule, 'Assign', prefix) });
}

/** What a catcher makes of the input and the error output. */
export function catcherFlow(catcher: Definition, index: number, language: QueryLanguage): Catcher['finish'] {
  if (language === 'JSONPath') throw new Error('JSONPath: not yet built');
  const prefix = `Catch[${index}]/`;
  const flow = new JsonataFlow({
    output: template(catcher, 'Output', prefix),
    assign: template(catcher, 'Assign', prefix),
  });
  return (visit, errorOutput) => flow.complete(visit.moment({ errorOutput }), errorOutput);
}
