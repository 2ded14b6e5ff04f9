import { type DocumentPath, type Placeholders, Scanner, valueAt } from './dynamodb-scanner.ts';
import { type AttributeValue, type Item, validation } from './dynamodb-values.ts';
import { Unmodelled } from './service.ts';

/** One action of an UpdateExpression, computed from the item as it was. */
interface Action {
  readonly path: DocumentPath;
  /** Undefined removes the attribute. */
  readonly value: (before: Item) => AttributeValue | undefined;
}

export interface Update {
  readonly paths: readonly DocumentPath[];
  apply(before: Item): Item;
}

/**
 * Parses an UpdateExpression: SET (with +, -, if_not_exists, list_append), REMOVE and ADD.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 * Throws AwsError ValidationException, Unmodelled for DELETE.
 */
export function parseUpdate(text: string, placeholders: Placeholders): Update {
  const scanner = new Scanner('UpdateExpression', text, placeholders);
  const actions: Action[] = [];
  const sections = new Set<string>();
  while (!scanner.ended) {
    const section = scanner.take().toUpperCase();
    if (section === 'DELETE')
      throw new Unmodelled('DELETE in an UpdateExpression is not modelled; SET, REMOVE and ADD are.');
    if (section !== 'SET' && section !== 'REMOVE' && section !== 'ADD')
      throw scanner.invalid(`Syntax error; token: "${section}"`);
    if (sections.has(section))
      throw scanner.invalid(`The "${section}" section can only be used once in an update expression;`);
    sections.add(section);
    do
      actions.push(
        section === 'SET'
          ? set(scanner)
          : section === 'ADD'
            ? add(scanner)
            : { path: scanner.path(), value: () => undefined },
      );
    while (scanner.takeIf(','));
  }
  const paths = actions.map((action) => action.path);
  const [twice] = paths.filter((path, index) =>
    paths.some((other, position) => position < index && overlap(path, other)),
  );
  if (twice) throw scanner.invalid(`Two document paths overlap with each other; path: [${twice.join(', ')}]`);
  return {
    paths,
    apply(before) {
      const after = structuredClone(before) as Record<string, AttributeValue>;
      for (const action of actions) write(after, action.path, action.value(before));
      return after;
    },
  };
}

function overlap(left: DocumentPath, right: DocumentPath): boolean {
  const shorter = Math.min(left.length, right.length);
  return left.slice(0, shorter).every((step, index) => step === right[index]);
}

function set(scanner: Scanner): Action {
  const path = scanner.path();
  scanner.expect('=');
  const left = setOperand(scanner);
  const sign = scanner.takeIf('+') ? 1 : scanner.takeIf('-') ? -1 : 0;
  if (sign === 0) return { path, value: left };
  const right = setOperand(scanner);
  return {
    path,
    value: (before) => {
      const result = numberOf(left(before)) + sign * numberOf(right(before));
      return { N: String(result) };
    },
  };
}

function numberOf(value: AttributeValue | undefined): number {
  if (value && typeof value['N'] === 'string') return Number(value['N']);
  throw validation(
    value
      ? 'An operand in the update expression has an incorrect data type'
      : 'The provided expression refers to an attribute that does not exist in the item',
  );
}

function setOperand(scanner: Scanner): (before: Item) => AttributeValue {
  if (scanner.isValue()) {
    const value = scanner.value();
    return () => value;
  }
  const name = scanner.peek(1) === '(' ? scanner.take() : undefined;
  if (name === undefined) {
    const path = scanner.path();
    return (before) => {
      const value = valueAt(before, path);
      if (!value) throw validation('The provided expression refers to an attribute that does not exist in the item');
      return value;
    };
  }
  scanner.expect('(');
  if (name === 'if_not_exists') {
    const path = scanner.path();
    scanner.expect(',');
    const otherwise = setOperand(scanner);
    scanner.expect(')');
    return (before) => valueAt(before, path) ?? otherwise(before);
  }
  if (name !== 'list_append') throw scanner.invalid(`Invalid function name; function: ${name}`);
  const first = setOperand(scanner);
  scanner.expect(',');
  const second = setOperand(scanner);
  scanner.expect(')');
  return (before) => ({ L: [...listOf(first(before)), ...listOf(second(before))] });
}

function listOf(value: AttributeValue): AttributeValue[] {
  if (Array.isArray(value['L'])) return value['L'];
  throw validation('An operand in the update expression has an incorrect data type');
}

/** ADD adds to a number (0 where there is none), or members to a set. */
function add(scanner: Scanner): Action {
  const path = scanner.path();
  const added = scanner.value();
  return {
    path,
    value: (before) => {
      const held = valueAt(before, path);
      if (typeof added['N'] === 'string') return { N: String(numberOf(held ?? { N: '0' }) + Number(added['N'])) };
      const type = ['SS', 'NS'].find((each) => Array.isArray(added[each]));
      if (type === undefined || (held && !Array.isArray(held[type])))
        throw validation('An operand in the update expression has an incorrect data type');
      return { [type]: [...new Set([...((held?.[type] as string[]) ?? []), ...(added[type] as string[])])] };
    },
  };
}

function write(item: Record<string, AttributeValue>, path: DocumentPath, value: AttributeValue | undefined): void {
  const holder = path
    .slice(1)
    .reduce<unknown>((held, _step, index) => inside(held, path[index] as string | number), item);
  const last = path.at(-1) as string | number;
  if (Array.isArray(holder)) {
    if (value === undefined) holder.splice(Number(last), 1);
    else holder[Math.min(Number(last), holder.length)] = value;
  } else if (typeof holder === 'object' && holder !== null) {
    const members = holder as Record<string, AttributeValue>;
    if (value === undefined) delete members[String(last)];
    else members[String(last)] = value;
  } else throw validation('The document path provided in the update expression is invalid for update');
}

function inside(holder: unknown, step: string | number): unknown {
  const value = (holder as Record<string | number, AttributeValue> | undefined)?.[step];
  return value?.['M'] ?? value?.['L'];
}
