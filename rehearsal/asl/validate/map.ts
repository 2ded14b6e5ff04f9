import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import { isExpression } from '../jsonata/expression.ts';
import type { Fields } from './checker.ts';
import { branchFields, distributedOnly, processorFields } from './fields.ts';
import { checkJsonata } from './jsonata.ts';
import { checkPath, checkPathTemplate } from './jsonpath.ts';
import { checkStates } from './machine.ts';
import { checkNumber, type StateUnderCheck } from './state.ts';

/** Parallel's Branches. */
export function checkBranches(state: StateUnderCheck): void {
  const { checker, fields, location } = state;
  const branches = fields['Branches'];
  if (branches === undefined || !checker.filledArray(branches, `${location}/Branches`)) return;
  branches.forEach((branch, index) => {
    const place = `${location}/Branches[${index}]`;
    if (!checker.object(branch, place)) return;
    checker.only(branch, branchFields, place);
    checkStates(state, branch, place);
  });
}

/** Map: its processor, what it iterates over, and what only a distributed one has. */
export function checkMap(state: StateUnderCheck): void {
  const { checker, fields, location, language } = state;
  const name = fields['Iterator'] === undefined ? 'ItemProcessor' : 'Iterator';
  const processor = fields[name];
  if (fields['Iterator'] !== undefined && fields['ItemProcessor'] !== undefined) {
    checker.refuse("You cannot specify both 'ItemProcessor' and 'Iterator' in the same state", location);
  }
  if (processor === undefined) {
    checker.refuse('These fields are required: [ItemProcessor]', location);
    return;
  }
  if (!checker.object(processor, `${location}/${name}`)) return;
  const { distributed, express } = checkProcessor(state, processor, `${location}/${name}`);
  checkStates({ ...state, express: state.express || express }, processor, `${location}/${name}`);
  checkNumber(state, 'MaxConcurrency', 0);
  if (language === 'JSONPath' && fields['ItemsPath'] !== undefined)
    checkPath(checker, fields['ItemsPath'], `${location}/ItemsPath`);
  if (language === 'JSONata') checkItems(state);
  if (distributed) checkDistributed(state);
  else {
    for (const field of distributedOnly) {
      if (fields[field] !== undefined)
        checker.refuse(`Field '${field}' is only supported for a Map state in DISTRIBUTED mode`, location);
    }
  }
}

function checkItems({ checker, fields, location }: StateUnderCheck): void {
  const items = fields['Items'];
  if (items !== undefined && !Array.isArray(items) && !isObject(items) && !isExpression(items)) {
    checker.refuse("The field 'Items' must be a JSONata expression or an array", `${location}/Items`);
  }
  checkJsonata(checker, items, `${location}/Items`);
  checkJsonata(checker, fields['ItemSelector'], `${location}/ItemSelector`);
}

function checkProcessor(
  { checker }: StateUnderCheck,
  processor: Fields,
  place: string,
): { distributed: boolean; express: boolean } {
  checker.only(processor, processorFields, place);
  const configuration = processor['ProcessorConfig'];
  if (configuration === undefined || !checker.object(configuration, `${place}/ProcessorConfig`))
    return { distributed: false, express: false };
  checker.only(configuration, ['Mode', 'ExecutionType'], `${place}/ProcessorConfig`);
  const mode = configuration['Mode'] ?? 'INLINE';
  checker.oneOf(mode, 'Mode', ['INLINE', 'DISTRIBUTED'], `${place}/ProcessorConfig/Mode`);
  const distributed = mode === 'DISTRIBUTED';
  const type = configuration['ExecutionType'];
  if (type !== undefined)
    checker.oneOf(type, 'ExecutionType', ['STANDARD', 'EXPRESS'], `${place}/ProcessorConfig/ExecutionType`);
  else if (distributed) checker.refuse('These fields are required: [ExecutionType]', `${place}/ProcessorConfig`);
  if (distributed && checker.machineType === 'EXPRESS') {
    checker.refuse(
      "Express state machine does not support Map state in 'DISTRIBUTED' mode",
      `${place}/ProcessorConfig/Mode`,
    );
  }
  return { distributed, express: type === 'EXPRESS' };
}

function checkDistributed(state: StateUnderCheck): void {
  const { checker, fields, location } = state;
  checkNumber(state, 'ToleratedFailureCount', 0);
  checkNumber(state, 'ToleratedFailurePercentage', 0, 100);
  if (fields['Label'] !== undefined) checkLabel(state, fields['Label']);
  checkReader(state);
  const batcher = fields['ItemBatcher'];
  if (batcher !== undefined && checker.object(batcher, `${location}/ItemBatcher`)) {
    const place = `${location}/ItemBatcher`;
    checker.only(
      batcher,
      ['MaxItemsPerBatch', 'MaxItemsPerBatchPath', 'MaxInputBytesPerBatch', 'MaxInputBytesPerBatchPath', 'BatchInput'],
      place,
    );
    checkNumber(state, 'MaxItemsPerBatch', 1, undefined, batcher, place);
    checkNumber(state, 'MaxInputBytesPerBatch', 1, 262_144, batcher, place);
    checkTemplate(state, batcher['BatchInput'], `${place}/BatchInput`);
  }
  checkWriter(state);
}

function checkTemplate({ checker, language }: StateUnderCheck, value: Json | undefined, place: string): void {
  if (language === 'JSONata') checkJsonata(checker, value, place);
  else checkPathTemplate(checker, value, place);
}

const readerConfigFields = [
  'InputType',
  'CSVHeaderLocation',
  'CSVHeaders',
  'CSVDelimiter',
  'MaxItems',
  'MaxItemsPath',
  'ItemsPointer',
  'ManifestType',
  'Transformation',
];

function checkReader(state: StateUnderCheck): void {
  const { checker, fields, location, language } = state;
  const reader = fields['ItemReader'];
  const place = `${location}/ItemReader`;
  if (reader === undefined || !checker.object(reader, place)) return;
  const parameters = language === 'JSONata' ? 'Arguments' : 'Parameters';
  checker.only(reader, ['Resource', 'ReaderConfig', parameters, 'Comment'], place);
  if (checker.required(reader, ['Resource'], place)) {
    const resource = String(reader['Resource']);
    if (!/^arn:[^:]+:states:::s3:(getObject|listObjectsV2)$/.test(resource)) {
      checker.refuse(`The resource provided ${resource} is not supported by an ItemReader`, `${place}/Resource`);
    }
  }
  checkTemplate(state, reader[parameters], `${place}/${parameters}`);
  const configuration = reader['ReaderConfig'];
  const inside = `${place}/ReaderConfig`;
  if (configuration === undefined || !checker.object(configuration, inside)) return;
  checker.only(configuration, readerConfigFields, inside);
  checkNumber(state, 'MaxItems', 0, 100_000_000, configuration, inside);
  // PARQUET exists on AWS and is not modelled: refused rather than read wrongly.
  if (configuration['InputType'] !== undefined) {
    checker.oneOf(configuration['InputType'], 'InputType', ['CSV', 'JSON', 'JSONL', 'MANIFEST'], `${inside}/InputType`);
  }
  if (configuration['InputType'] === 'CSV') {
    const where = configuration['CSVHeaderLocation'];
    if (
      checker.oneOf(where, 'CSVHeaderLocation', ['FIRST_ROW', 'GIVEN'], `${inside}/CSVHeaderLocation`) &&
      where === 'GIVEN'
    ) {
      checker.filledArray(configuration['CSVHeaders'], `${inside}/CSVHeaders`);
    }
  }
  if (configuration['CSVDelimiter'] !== undefined) {
    checker.oneOf(
      configuration['CSVDelimiter'],
      'CSVDelimiter',
      ['COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB'],
      `${inside}/CSVDelimiter`,
    );
  }
  if (configuration['Transformation'] !== undefined && configuration['Transformation'] !== 'NONE') {
    checker.refuse(
      `The Transformation '${String(configuration['Transformation'])}' of an ItemReader is not modelled`,
      `${inside}/Transformation`,
    );
  }
}

function checkWriter(state: StateUnderCheck): void {
  const { checker, fields, location, language } = state;
  const writer = fields['ResultWriter'];
  const place = `${location}/ResultWriter`;
  if (writer === undefined || !checker.object(writer, place)) return;
  const parameters = language === 'JSONata' ? 'Arguments' : 'Parameters';
  checker.only(writer, ['Resource', 'WriterConfig', parameters, 'Comment'], place);
  if (writer['Resource'] !== undefined && !/^arn:[^:]+:states:::s3:putObject$/.test(String(writer['Resource']))) {
    checker.refuse(
      `The resource provided ${String(writer['Resource'])} is not supported by a ResultWriter`,
      `${place}/Resource`,
    );
  }
  checkTemplate(state, writer[parameters], `${place}/${parameters}`);
  const configuration = writer['WriterConfig'];
  if (configuration === undefined || !checker.object(configuration, `${place}/WriterConfig`)) return;
  checker.only(configuration, ['OutputType', 'Transformation'], `${place}/WriterConfig`);
  if (configuration['OutputType'] !== undefined)
    checker.oneOf(configuration['OutputType'], 'OutputType', ['JSON', 'JSONL'], `${place}/WriterConfig/OutputType`);
  if (configuration['Transformation'] !== undefined) {
    checker.oneOf(
      configuration['Transformation'],
      'Transformation',
      ['NONE', 'COMPACT', 'FLATTEN'],
      `${place}/WriterConfig/Transformation`,
    );
  }
}

/** Spaces, wildcards, brackets, other special characters and control characters: none may stand in a part of an ARN. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are refused
const refusedInLabel = /[\s?*<>{}[\]"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/;

function checkLabel({ checker, location }: StateUnderCheck, label: Json): void {
  const place = `${location}/Label`;
  if (!checker.text(label, place)) return;
  const found = refusedInLabel.exec(label);
  if (label === '') checker.refuse('Label cannot be empty', place, 'INVALID_LABEL_NAME');
  else if (label.length > 40) checker.refuse('Label cannot exceed 40 characters', place, 'INVALID_LABEL_NAME');
  else if (found)
    checker.refuse(`Label contains invalid character: ${JSON.stringify(found[0])}`, place, 'INVALID_LABEL_NAME');
}
