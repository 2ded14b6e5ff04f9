import type { Json } from '../../kernel/log.ts';
import type { Behaviour } from '../compiled.ts';
import { textOf, typeName } from '../json-text.ts';
import { FieldExpression, isExpression } from '../jsonata/expression.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { inlineMapBehaviour, type MapFields } from '../states/map.ts';
import { parallelBehaviour } from '../states/parallel.ts';
import { flowOf } from './flows.ts';
import { jsonataNumber } from './numbers.ts';
import { compileStates, type Definition, type StateDefinition } from './states.ts';

/** Parallel. Branches inherit the state's query language only where the machine has it: a state's own is its own. */
export function compileParallel(state: StateDefinition): Behaviour {
  const branches = (state.fields['Branches'] as Definition[]).map((branch) => compileStates(branch, state.inherited));
  return parallelBehaviour(flowOf(state), state.next, branches);
}

/** Map. */
export function compileMap(state: StateDefinition): Behaviour {
  const { fields } = state;
  const processor = (fields['ItemProcessor'] ?? fields['Iterator']) as Definition;
  const selector = fields['ItemSelector'];
  const select = selector === undefined ? undefined : compileJsonataTemplate(selector, 'ItemSelector');
  const map: MapFields = {
    processor: compileStates(processor, state.inherited),
    items: jsonataItems(fields),
    select: select && ((moment) => select.evaluate(moment)),
    maxConcurrency: jsonataNumber(fields, 'MaxConcurrency'),
    language: state.language,
  };
  return inlineMapBehaviour(flowOf(state), state.next, map);
}

function jsonataItems(fields: Definition): MapFields['items'] {
  const items = fields['Items'];
  if (items === undefined) return (_visit, input) => input;
  const template = compileJsonataTemplate(items as Json, 'Items');
  return async (visit) => {
    const value = await template.evaluate(visit);
    if (!Array.isArray(value) && template instanceof FieldExpression && isExpression(items)) {
      throw template.unexpected('array', typeName(value), textOf(value));
    }
    return value;
  };
}
