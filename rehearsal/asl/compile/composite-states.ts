import type { Json } from '../../kernel/log.ts';
import type { Behaviour } from '../compiled.ts';
import { evaluationFault, runtimeFault } from '../errors.ts';
import { textOf, typeName } from '../json-text.ts';
import { FieldExpression } from '../jsonata/expression.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { compilePathTemplate } from '../jsonpath/template.ts';
import { inlineMapBehaviour, type MapFields } from '../states/map.ts';
import { parallelBehaviour } from '../states/parallel.ts';
import { compileDistributedMap } from './distributed-map.ts';
import { flowOf } from './flows.ts';
import { compileNumber, dataPath } from './numbers.ts';
import { compileStates, type Definition, type StateDefinition } from './states.ts';

/** Parallel. Branches inherit the state's query language only where the machine has it: a state's own is its own. */
export function compileParallel(state: StateDefinition): Behaviour {
  const branches = (state.fields['Branches'] as Definition[]).map((branch) => compileStates(branch, state.inherited));
  return parallelBehaviour(flowOf(state), state.next, branches);
}

/** Map. */
export function compileMap(state: StateDefinition): Behaviour {
  const { fields, language } = state;
  const processor = (fields['ItemProcessor'] ?? fields['Iterator']) as Definition;
  const concurrency = compileNumber(state, fields, 'MaxConcurrency');
  const map: MapFields = {
    processor: compileStates(processor, state.inherited),
    items: language === 'JSONata' ? jsonataItems(fields) : pathItems(fields),
    select: language === 'JSONata' ? jsonataSelector(fields) : pathSelector(fields),
    maxConcurrency:
      concurrency && (async (visit, input) => notNegative(await concurrency(visit.moment({ root: input })))),
  };
  const mode = (processor['ProcessorConfig'] as Definition | undefined)?.['Mode'];
  if (mode === 'DISTRIBUTED') return compileDistributedMap(state, map, processor);
  return inlineMapBehaviour(flowOf(state), state.next, map);
}

function notNegative(concurrency: number): number {
  if (concurrency < 0) throw runtimeFault('MaxConcurrency cannot be negative.');
  return concurrency;
}

function jsonataSelector(fields: Definition): MapFields['select'] {
  const selector = fields['ItemSelector'];
  if (selector === undefined) return undefined;
  const template = compileJsonataTemplate(selector, 'ItemSelector');
  return (moment) => template.evaluate(moment);
}

/** `Parameters` is the old name of ItemSelector. */
function pathSelector(fields: Definition): MapFields['select'] {
  const selector = fields['ItemSelector'] ?? fields['Parameters'];
  if (selector === undefined) return undefined;
  const template = compilePathTemplate(selector);
  return (moment) => template.evaluate(moment);
}

function pathItems(fields: Definition): MapFields['items'] {
  const path = (fields['ItemsPath'] as string | undefined) ?? '$';
  const select = dataPath(path);
  return (visit, input) => {
    const items = select(visit.moment({ root: input }));
    if (Array.isArray(items)) return items;
    // AWS shows a path into the context object with one dollar sign.
    throw runtimeFault(`Reference path "${path.replace(/^\$\$/, '$')}" must point to array.`);
  };
}

/** What a JSONata Map has for items, unless an expression of its own says so: an array. */
function itemsOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw evaluationFault(`Map state input must be an array but was: ${textOf(value)}`, 'expression');
}

function jsonataItems(fields: Definition): MapFields['items'] {
  const items = fields['Items'];
  if (items === undefined) return (_visit, input) => itemsOf(input);
  const template = compileJsonataTemplate(items as Json, 'Items');
  return async (visit) => {
    const value = await template.evaluate(visit);
    if (!Array.isArray(value) && template instanceof FieldExpression)
      throw template.unexpected('array', typeName(value), textOf(value));
    return itemsOf(value);
  };
}
