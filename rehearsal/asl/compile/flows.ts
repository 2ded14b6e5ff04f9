import type { Json } from '../../kernel/log.ts';
import type { Catcher, DataFlow, Evaluable, QueryLanguage } from '../compiled.ts';
import { JsonataFlow } from '../flow.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { compileResultPath, JsonPathFlow } from '../jsonpath/flow.ts';
import { compilePathTemplate } from '../jsonpath/template.ts';
import type { Definition, StateDefinition } from './states.ts';

function template(fields: Definition, name: string, prefix = ''): Evaluable | undefined {
  const value = fields[name];
  return value === undefined ? undefined : compileJsonataTemplate(value as Json, `${prefix}${name}`);
}

/** The data flow of a state, by its query language. */
export function flowOf({ fields, language, type }: StateDefinition): DataFlow {
  if (language === 'JSONPath')
    return new JsonPathFlow(fields, { parameters: type !== 'Map', fixedResult: type === 'Pass' });
  return new JsonataFlow({
    arguments: template(fields, 'Arguments'),
    output: template(fields, 'Output'),
    assign: template(fields, 'Assign'),
  });
}

/** The data flow of one rule of a Choice: its own Assign and Output, the state's InputPath and OutputPath. */
export function ruleFlow(state: StateDefinition, rule: Definition, index: number): DataFlow {
  if (state.language === 'JSONPath') {
    const { Assign: _, ...shared } = state.fields;
    const fields = rule['Assign'] === undefined ? shared : { ...shared, Assign: rule['Assign'] };
    return new JsonPathFlow(fields, { parameters: false, fixedResult: false });
  }
  const prefix = `Choices[${index}]/`;
  return new JsonataFlow({ output: template(rule, 'Output', prefix), assign: template(rule, 'Assign', prefix) });
}

/** What a catcher makes of the input and the error output. */
export function catcherFlow(catcher: Definition, index: number, language: QueryLanguage): Catcher['finish'] {
  if (language === 'JSONPath') return jsonPathCatcher(catcher);
  const prefix = `Catch[${index}]/`;
  const flow = new JsonataFlow({
    output: template(catcher, 'Output', prefix),
    assign: template(catcher, 'Assign', prefix),
  });
  return (visit, errorOutput) => flow.complete(visit.moment({ errorOutput }), errorOutput);
}

function jsonPathCatcher(catcher: Definition): Catcher['finish'] {
  const resultPath = compileResultPath(catcher['ResultPath']);
  const assign = catcher['Assign'] === undefined ? undefined : compilePathTemplate(catcher['Assign']);
  return (visit, errorOutput) => {
    const assigned = assign && (assign.evaluate(visit.moment({ root: errorOutput })) as { [name: string]: Json });
    const output = resultPath(visit.input, errorOutput);
    return assigned ? { output, assigned } : { output };
  };
}
