import { type Condition, parseCondition, parseKeyCondition } from './dynamodb-condition.ts';
import { Placeholders, parseProjection, project } from './dynamodb-scanner.ts';
import type { KeySchema, Table, Tables } from './dynamodb-tables.ts';
import { parseUpdate } from './dynamodb-update.ts';
import { type AttributeValue, compare, equal, type Item, typeOf, validation } from './dynamodb-values.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** A Scan of more items than this is not what a control plane does; it would be paged by size on AWS. */
const scannedItemsMax = 1_000;
/** 'maximum item size 400 KB': https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const itemBytesMax = 400 * 1024;

type Operate = (tables: Tables, region: string, input: OperationInput) => OperationInput;

export const getItem: Operate = (tables, region, input) => {
  const table = tables.require(region, input['TableName']);
  const placeholders = new Placeholders(input);
  const shape = parseShape(input, placeholders);
  placeholders.checkAllUsed();
  const item = table.get(checkedKey(table, input['Key']));
  return item ? { Item: structuredClone(shape(item)) } : {};
};

export const putItem: Operate = (tables, region, input) => {
  const table = tables.require(region, input['TableName']);
  const placeholders = new Placeholders(input);
  const condition = conditionOf(input, placeholders);
  placeholders.checkAllUsed();
  const before = table.get(input['Item']);
  checkCondition(condition, before, input);
  checkSize(input['Item']);
  table.put(input['Item']);
  return returned(input, before, undefined, ['NONE', 'ALL_OLD']);
};

export const deleteItem: Operate = (tables, region, input) => {
  const table = tables.require(region, input['TableName']);
  const placeholders = new Placeholders(input);
  const condition = conditionOf(input, placeholders);
  placeholders.checkAllUsed();
  const key = checkedKey(table, input['Key']);
  const before = table.get(key);
  checkCondition(condition, before, input);
  if (before) table.delete(key);
  return returned(input, before, undefined, ['NONE', 'ALL_OLD']);
};

export const updateItem: Operate = (tables, region, input) => {
  const table = tables.require(region, input['TableName']);
  const placeholders = new Placeholders(input);
  const condition = conditionOf(input, placeholders);
  const update =
    input['UpdateExpression'] === undefined ? undefined : parseUpdate(input['UpdateExpression'], placeholders);
  placeholders.checkAllUsed();
  const key = checkedKey(table, input['Key']);
  const { partition, sort } = table.definition.keys;
  const touched = update?.paths.find((path) => path[0] === partition || path[0] === sort);
  if (touched)
    throw validation(
      `One or more parameter values were invalid: Cannot update attribute ${String(touched[0])}. This attribute is part of the key`,
    );
  const before = table.get(key);
  checkCondition(condition, before, input);
  const after = update?.apply(before ?? key) ?? before ?? key;
  checkSize(after);
  table.put(after);
  const changed = new Set(update?.paths.map((path) => String(path[0])));
  const only = (item: Item | undefined): Item =>
    Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => changed.has(name)));
  const kind = input['ReturnValues'] ?? 'NONE';
  if (kind === 'UPDATED_OLD') return { Attributes: structuredClone(only(before)) };
  if (kind === 'UPDATED_NEW') return { Attributes: structuredClone(only(after)) };
  return returned(input, before, after, ['NONE', 'ALL_OLD', 'ALL_NEW']);
};

export const query: Operate = (tables, region, input) => {
  const table = tables.require(region, input['TableName']);
  const keys = keysOf(table, input['IndexName']);
  const placeholders = new Placeholders(input);
  const { partition, sort } = parseKeyCondition(input['KeyConditionExpression'], placeholders, keys);
  const shown = parseShown(input, placeholders);
  const direction = input['ScanIndexForward'] === false ? -1 : 1;
  const found = table
    .items()
    .filter((item) => hasKeys(item, keys) && equal(item[keys.partition] as AttributeValue, partition) && sort(item))
    .sort(
      (a, b) =>
        direction *
        (keys.sort === undefined ? 0 : (compare(a[keys.sort] as AttributeValue, b[keys.sort] as AttributeValue) ?? 0)),
    );
  return paged(table, found, input, shown);
};

export const scan: Operate = (tables, region, input) => {
  const table = tables.require(region, input['TableName']);
  const placeholders = new Placeholders(input);
  const shown = parseShown(input, placeholders);
  const items = table.items();
  if (items.length > scannedItemsMax) {
    throw new Unmodelled(
      `A Scan of ${items.length} items of ${table.definition.name} is not modelled; up to ${scannedItemsMax} are. Use a Query.`,
    );
  }
  return paged(table, items, input, shown);
};

/** Which of the found items a Query or Scan gives, and what of them. */
interface Shown {
  readonly filter: Condition | undefined;
  readonly shape: (item: Item) => Item;
}

/** The last that is parsed of a request: every placeholder has to have been used by then. */
function parseShown(input: OperationInput, placeholders: Placeholders): Shown {
  const text = input['FilterExpression'];
  const filter = text === undefined ? undefined : parseCondition('FilterExpression', text, placeholders);
  const shape = parseShape(input, placeholders);
  placeholders.checkAllUsed();
  return { filter, shape };
}

/** The whole item where the request has no ProjectionExpression. */
function parseShape(input: OperationInput, placeholders: Placeholders): Shown['shape'] {
  const text = input['ProjectionExpression'];
  if (text === undefined) return (item) => item;
  const paths = parseProjection(text, placeholders);
  return (item) => project(item, paths);
}

/** `Limit` counts items before the filter, as AWS does. */
function paged(table: Table, found: readonly Item[], input: OperationInput, { filter, shape }: Shown): OperationInput {
  const after = input['ExclusiveStartKey'];
  const from =
    after === undefined
      ? 0
      : found.findIndex((item) => table.keyText(table.keyOf(item)) === table.keyText(table.keyOf(after))) + 1;
  const limit = Number(input['Limit'] ?? found.length);
  const read = found.slice(from, from + limit);
  const items = filter ? read.filter(filter) : read;
  const last = read.at(-1);
  return {
    Items: items.map((item) => structuredClone(shape(item))),
    Count: items.length,
    ScannedCount: read.length,
    ...(last && from + limit < found.length ? { LastEvaluatedKey: structuredClone(table.keyOf(last)) } : {}),
  };
}

function keysOf(table: Table, index: string | undefined): KeySchema {
  if (index === undefined) return table.definition.keys;
  const keys = table.definition.indexes.get(index);
  if (keys) return keys;
  throw validation(`The table does not have the specified index: ${index}`);
}

/** Items without an index's keys are not in the index. */
function hasKeys(item: Item, keys: KeySchema): boolean {
  return item[keys.partition] !== undefined && (keys.sort === undefined || item[keys.sort] !== undefined);
}

/** Throws AwsError ValidationException where the key is not exactly the table's. */
export function checkedKey(table: Table, key: Item | undefined): Item {
  const { partition, sort } = table.definition.keys;
  const expected = [partition, sort].filter((name) => name !== undefined);
  const given = Object.keys(key ?? {});
  if (key === undefined || given.length !== expected.length || given.some((name) => !expected.includes(name))) {
    throw validation(
      `The provided key element does not match the schema: ${given.join(', ')} came, ${expected.join(', ')} is the key.`,
    );
  }
  for (const value of Object.values(key)) typeOf(value);
  table.keyText(key);
  return key;
}

export function conditionOf(input: OperationInput, placeholders: Placeholders): Condition | undefined {
  return input['ConditionExpression'] === undefined
    ? undefined
    : parseCondition('ConditionExpression', input['ConditionExpression'], placeholders);
}

/** Throws AwsError ConditionalCheckFailedException, with the item where it was asked for. */
export function checkCondition(condition: Condition | undefined, item: Item | undefined, input: OperationInput): void {
  if (!condition || condition(item ?? {})) return;
  const shown =
    input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && item ? { Item: structuredClone(item) } : {};
  throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, shown);
}

function checkSize(item: Item): void {
  if (Buffer.byteLength(JSON.stringify(item)) > itemBytesMax)
    throw validation('Item size has exceeded the maximum allowed size');
}

function returned(
  input: OperationInput,
  before: Item | undefined,
  after: Item | undefined,
  allowed: readonly string[],
): OperationInput {
  const kind = String(input['ReturnValues'] ?? 'NONE');
  if (!allowed.includes(kind)) throw validation(`ReturnValues can only be ${allowed.join(' or ')}; ${kind} came.`);
  const shown = kind === 'ALL_OLD' ? before : kind === 'ALL_NEW' ? after : undefined;
  return shown ? { Attributes: structuredClone(shown) } : {};
}
