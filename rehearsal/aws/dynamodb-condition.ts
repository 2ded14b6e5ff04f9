import { type DocumentPath, type Placeholders, Scanner, valueAt } from './dynamodb-scanner.ts';
import { type AttributeValue, compare, equal, type Item, sizeOf, typeOf } from './dynamodb-values.ts';

/** A condition on an item; a missing item is an empty one. */
export type Condition = (item: Item) => boolean;
type Operand = (item: Item) => AttributeValue | undefined;

const comparators: Readonly<Record<string, (left: AttributeValue, right: AttributeValue) => boolean>> = {
  '=': equal,
  '<>': (left, right) => !equal(left, right),
  '<': (left, right) => (compare(left, right) ?? Number.NaN) < 0,
  '<=': (left, right) => (compare(left, right) ?? Number.NaN) <= 0,
  '>': (left, right) => (compare(left, right) ?? Number.NaN) > 0,
  '>=': (left, right) => (compare(left, right) ?? Number.NaN) >= 0,
};

/**
 * Parses a ConditionExpression or FilterExpression.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 * Throws AwsError ValidationException.
 */
export function parseCondition(kind: string, text: string, placeholders: Placeholders): Condition {
  const scanner = new Scanner(kind, text, placeholders);
  const condition = any(scanner);
  if (!scanner.ended) throw scanner.invalid(`Syntax error; token: "${scanner.peek()}"`);
  return condition;
}

function any(scanner: Scanner): Condition {
  const parts = [all(scanner)];
  while (scanner.takeIf('OR')) parts.push(all(scanner));
  return (item) => parts.some((part) => part(item));
}

function all(scanner: Scanner): Condition {
  const parts = [single(scanner)];
  while (scanner.takeIf('AND')) parts.push(single(scanner));
  return (item) => parts.every((part) => part(item));
}

function single(scanner: Scanner): Condition {
  if (scanner.takeIf('NOT')) {
    const negated = single(scanner);
    return (item) => !negated(item);
  }
  if (scanner.takeIf('(')) {
    const inner = any(scanner);
    scanner.expect(')');
    return inner;
  }
  const named = scanner.peek(1) === '(' ? scanner.peek() : undefined;
  if (named !== undefined && named !== 'size') return call(scanner);
  return comparison(scanner);
}

const functionNames = ['attribute_exists', 'attribute_not_exists', 'attribute_type', 'begins_with', 'contains'];

function call(scanner: Scanner): Condition {
  const name = scanner.take();
  if (!functionNames.includes(name)) throw scanner.invalid(`Invalid function name; function: ${name}`);
  scanner.expect('(');
  const path = scanner.path();
  const second = scanner.takeIf(',') ? operand(scanner) : undefined;
  scanner.expect(')');
  const needsSecond = name !== 'attribute_exists' && name !== 'attribute_not_exists';
  if (needsSecond !== (second !== undefined))
    throw scanner.invalid(`Incorrect number of operands for operator or function; operator or function: ${name}`);
  return functionTest(name, path, second);
}

function functionTest(name: string, path: DocumentPath, second: Operand | undefined): Condition {
  const both = (item: Item, test: (value: AttributeValue, other: AttributeValue) => boolean): boolean => {
    const value = valueAt(item, path);
    const other = second?.(item);
    return value !== undefined && other !== undefined && test(value, other);
  };
  switch (name) {
    case 'attribute_exists':
      return (item) => valueAt(item, path) !== undefined;
    case 'attribute_not_exists':
      return (item) => valueAt(item, path) === undefined;
    case 'attribute_type':
      return (item) => both(item, (value, other) => typeOf(value) === other['S']);
    case 'begins_with':
      return (item) =>
        both(
          item,
          (value, other) =>
            typeof value['S'] === 'string' && typeof other['S'] === 'string' && value['S'].startsWith(other['S']),
        );
    default:
      return (item) => both(item, contains);
  }
}

function contains(value: AttributeValue, wanted: AttributeValue): boolean {
  const type = typeOf(value);
  if (type === 'S') return typeof wanted['S'] === 'string' && String(value['S']).includes(wanted['S']);
  if (type === 'L') return (value['L'] as AttributeValue[]).some((each) => equal(each, wanted));
  if (type === 'SS' || type === 'NS' || type === 'BS') {
    const member = type.slice(0, 1);
    return (value[type] as unknown[]).some((each) => wanted[member] !== undefined && equal({ [member]: each }, wanted));
  }
  return false;
}

function comparison(scanner: Scanner): Condition {
  const left = operand(scanner);
  if (scanner.takeIf('BETWEEN')) {
    const low = operand(scanner);
    scanner.expect('AND');
    const high = operand(scanner);
    return (item) => holds('>=', left(item), low(item)) && holds('<=', left(item), high(item));
  }
  if (scanner.takeIf('IN')) {
    scanner.expect('(');
    const options = [operand(scanner)];
    while (scanner.takeIf(',')) options.push(operand(scanner));
    scanner.expect(')');
    return (item) => options.some((option) => holds('=', left(item), option(item)));
  }
  const comparator = scanner.take();
  if (!Object.hasOwn(comparators, comparator)) throw scanner.invalid(`Syntax error; token: "${comparator}"`);
  const right = operand(scanner);
  return (item) => holds(comparator, left(item), right(item));
}

/** A comparison with a missing attribute is false, except that it differs (`<>`) from every value. */
function holds(comparator: string, left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (left === undefined || right === undefined) return comparator === '<>' && left !== right;
  return comparators[comparator]?.(left, right) ?? false;
}

function operand(scanner: Scanner): Operand {
  if (scanner.isValue()) {
    const value = scanner.value();
    return () => value;
  }
  if (scanner.peek() === 'size' && scanner.peek(1) === '(') {
    scanner.take();
    scanner.expect('(');
    const path = scanner.path();
    scanner.expect(')');
    return (item) => {
      const value = valueAt(item, path);
      const size = value && sizeOf(value);
      return size === undefined ? undefined : { N: String(size) };
    };
  }
  const path = scanner.path();
  return (item) => valueAt(item, path);
}

/** What a Query asks of its keys. */
export interface KeyCondition {
  readonly partition: AttributeValue;
  /** Holds for every item of the partition where there is no condition on the sort key. */
  readonly sort: Condition;
}

/**
 * Parses a KeyConditionExpression: equality on the partition key, and at most one condition on the sort key.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 * Throws AwsError ValidationException.
 */
export function parseKeyCondition(
  text: string,
  placeholders: Placeholders,
  keys: { readonly partition: string; readonly sort?: string },
): KeyCondition {
  const scanner = new Scanner('KeyConditionExpression', text, placeholders);
  let partition: AttributeValue | undefined;
  let sort: Condition | undefined;
  do {
    const inParentheses = scanner.takeIf('(');
    const name = scanner.peek(1) === '(' ? scanner.peek() : undefined;
    if (name === undefined && scanner.peek(1) === '=' && partition === undefined) {
      const path = scanner.path();
      scanner.expect('=');
      const value = scanner.value();
      if (path.length === 1 && path[0] === keys.partition) partition = value;
      else sort = sortCondition(scanner, path, (item) => holds('=', valueAt(item, path), value), sort, keys.sort);
    } else {
      if (name !== undefined && name !== 'begins_with')
        throw scanner.invalid(`Invalid operator used in KeyConditionExpression: ${name}`);
      const path = [scanner.nameAhead(name === undefined ? 0 : 2)];
      const condition = name === undefined ? comparison(scanner) : call(scanner);
      sort = sortCondition(scanner, path, condition, sort, keys.sort);
    }
    if (inParentheses) scanner.expect(')');
  } while (scanner.takeIf('AND'));
  if (!scanner.ended) throw scanner.invalid(`Syntax error; token: "${scanner.peek()}"`);
  if (!partition) throw scanner.invalid(`Query condition missed key schema element: ${keys.partition}`);
  return { partition, sort: sort ?? (() => true) };
}

function sortCondition(
  scanner: Scanner,
  path: DocumentPath,
  condition: Condition,
  earlier: Condition | undefined,
  sortKey: string | undefined,
): Condition {
  if (sortKey === undefined || path.length !== 1 || path[0] !== sortKey || earlier) {
    throw scanner.invalid('Query key condition not supported');
  }
  return condition;
}
