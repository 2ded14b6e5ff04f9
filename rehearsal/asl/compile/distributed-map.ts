import type { Json } from '../../kernel/log.ts';
import { machineOf } from '../compile.ts';
import type { Behaviour, Evaluable } from '../compiled.ts';
import type { Tolerance } from '../distributed/map-run.ts';
import type { ReaderSettings } from '../distributed/reader.ts';
import type { WriterSettings } from '../distributed/writer.ts';
import { runtimeFault } from '../errors.ts';
import { isObject } from '../json-text.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { compilePathTemplate } from '../jsonpath/template.ts';
import type { Moment } from '../moment.ts';
import { type DistributedFields, distributedMapBehaviour } from '../states/distributed-map.ts';
import type { MapFields } from '../states/map.ts';
import { flowOf } from './flows.ts';
import { compileNumber, type NumberField } from './numbers.ts';
import type { Definition, StateDefinition } from './states.ts';

/** A Map whose ProcessorConfig says DISTRIBUTED. */
export function compileDistributedMap(state: StateDefinition, shared: MapFields, processor: Definition): Behaviour {
  const { fields } = state;
  const configuration = processor['ProcessorConfig'] as Definition;
  const distributed: DistributedFields = {
    ...shared,
    machine: machineOf(shared.processor, configuration['ExecutionType'] === 'EXPRESS' ? 'EXPRESS' : 'STANDARD'),
    label: fields['Label'] as string | undefined,
    reader: compileReader(state, fields['ItemReader'] as Definition | undefined),
    batcher: compileBatcher(state, fields['ItemBatcher'] as Definition | undefined),
    writer: compileWriter(state, fields['ResultWriter'] as Definition | undefined),
    tolerance: compileTolerance(state),
  };
  return distributedMapBehaviour(flowOf(state), state.next, distributed);
}

function parametersOf({ language }: StateDefinition, fields: Definition, field: string): Evaluable | undefined {
  const value = language === 'JSONata' ? fields['Arguments'] : fields['Parameters'];
  if (value === undefined) return undefined;
  return language === 'JSONata'
    ? compileJsonataTemplate(value as Json, `${field}/Arguments`)
    : compilePathTemplate(value);
}

/** A number that must not be negative; 0 where the definition says nothing. */
function count(number: NumberField | undefined, name: string): (moment: Moment) => Promise<number> {
  return async (moment) => {
    const value = number ? await number(moment) : 0;
    if (value < 0) throw runtimeFault(`${name} cannot be negative.`);
    return value;
  };
}

function compileReader(state: StateDefinition, reader: Definition | undefined): DistributedFields['reader'] {
  if (!reader) return undefined;
  const configuration = (reader['ReaderConfig'] as Definition | undefined) ?? {};
  const parameters = parametersOf(state, reader, 'ItemReader');
  const maxItems = compileNumber(state, configuration, 'MaxItems', { prefix: 'ItemReader/ReaderConfig/' });
  return async (moment): Promise<ReaderSettings> => ({
    resource: reader['Resource'] as string,
    maxItems: maxItems ? await maxItems(moment) : 0,
    parameters: parameters ? await parameters.evaluate(moment) : {},
    inputType: (configuration['InputType'] as ReaderSettings['inputType'] | undefined) ?? 'JSON',
    headerLocation: configuration['CSVHeaderLocation'] as ReaderSettings['headerLocation'],
    headers: configuration['CSVHeaders'] as string[] | undefined,
    delimiter: (configuration['CSVDelimiter'] as ReaderSettings['delimiter'] | undefined) ?? 'COMMA',
    itemsPointer: configuration['ItemsPointer'] as string | undefined,
  });
}

function compileBatcher(state: StateDefinition, batcher: Definition | undefined): DistributedFields['batcher'] {
  if (!batcher) return undefined;
  const prefix = 'ItemBatcher/';
  const maxItems = count(compileNumber(state, batcher, 'MaxItemsPerBatch', { prefix }), 'MaxItemsPerBatch');
  const maxBytes = count(compileNumber(state, batcher, 'MaxInputBytesPerBatch', { prefix }), 'MaxInputBytesPerBatch');
  const value = batcher['BatchInput'];
  const batchInput =
    value === undefined
      ? undefined
      : state.language === 'JSONata'
        ? compileJsonataTemplate(value as Json, `${prefix}BatchInput`)
        : compilePathTemplate(value);
  return async (moment) => ({
    maxItems: await maxItems(moment),
    maxBytes: await maxBytes(moment),
    batchInput: batchInput && (await batchInput.evaluate(moment)),
  });
}

function compileWriter(state: StateDefinition, writer: Definition | undefined): DistributedFields['writer'] {
  if (!writer) return undefined;
  const parameters = parametersOf(state, writer, 'ResultWriter');
  const configuration = isObject(writer['WriterConfig']) ? writer['WriterConfig'] : {};
  return async (moment): Promise<WriterSettings> => ({
    parameters: parameters && (await parameters.evaluate(moment)),
    outputType: configuration['OutputType'] === 'JSONL' ? 'JSONL' : 'JSON',
    transformation: (configuration['Transformation'] as WriterSettings['transformation'] | undefined) ?? 'NONE',
  });
}

function compileTolerance(state: StateDefinition): (moment: Moment) => Promise<Tolerance> {
  const { fields } = state;
  const failures = compileNumber(state, fields, 'ToleratedFailureCount');
  const percentage = compileNumber(state, fields, 'ToleratedFailurePercentage', { kind: 'float' });
  return async (moment) => {
    const tolerance = {
      count: failures && (await count(failures, 'ToleratedFailureCount')(moment)),
      percentage: percentage && (await percentage(moment)),
    };
    const share = tolerance.percentage ?? 0;
    if (share < 0 || share > 100) throw runtimeFault('ToleratedFailurePercentage must be between 0 and 100.');
    return tolerance;
  };
}
