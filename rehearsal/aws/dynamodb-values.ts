import { AwsError } from './service.ts';

/** An attribute value as the wire has it: exactly one member, named after its type. Numbers are texts. */
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

const types = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] as const;
export type AttributeType = (typeof types)[number];

/** DynamoDB's own word for a refused request. */
export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** The type of a value. Throws AwsError ValidationException where it is not exactly one. */
export function typeOf(value: AttributeValue): AttributeType {
  const present = Object.keys(value).filter((name) => value[name] !== undefined);
  const [only, another] = present;
  if (only === undefined || another !== undefined || !types.includes(only as AttributeType)) {
    throw validation(
      `Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes; ${present.join(', ') || 'none'} came.`,
    );
  }
  if (
    only === 'N' &&
    (typeof value['N'] !== 'string' || value['N'].trim() === '' || Number.isNaN(Number(value['N'])))
  ) {
    throw validation(`The parameter cannot be converted to a numeric value: ${String(value['N'])}`);
  }
  return only as AttributeType;
}

/** Checks every value of an item, nested ones too. Throws AwsError ValidationException. */
export function checkItem(item: Item): void {
  for (const value of Object.values(item)) checkValue(value);
}

function checkValue(value: AttributeValue): void {
  const type = typeOf(value);
  if (type === 'M') checkItem(value['M'] as Item);
  if (type === 'L') for (const each of value['L'] as AttributeValue[]) checkValue(each);
  if (type.length === 2 && type.endsWith('S') && (value[type] as unknown[]).length === 0) {
    throw validation('One or more parameter values were invalid: An string set may not be empty');
  }
}

/** Same type and same value; numbers by value, sets in any order. */
export function equal(left: AttributeValue, right: AttributeValue): boolean {
  const type = typeOf(left);
  if (type !== typeOf(right)) return false;
  if (type === 'N') return Number(left['N']) === Number(right['N']);
  return canonical(left) === canonical(right);
}

function canonical(value: AttributeValue): string {
  const type = typeOf(value);
  const inner = value[type];
  if (type === 'N') return `N${Number(inner)}`;
  if (type === 'B') return `B${Buffer.from(inner as Uint8Array).toString('base64')}`;
  if (type === 'L') return `L[${(inner as AttributeValue[]).map(canonical).join()}]`;
  if (type === 'M') {
    const members = Object.entries(inner as Item).sort(([a], [b]) => (a < b ? -1 : 1));
    return `M{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
  }
  if (type === 'NS') return `NS${JSON.stringify((inner as string[]).map(Number).sort((a, b) => a - b))}`;
  if (type === 'SS') return `SS${JSON.stringify([...(inner as string[])].sort())}`;
  if (type === 'BS')
    return `BS${JSON.stringify((inner as Uint8Array[]).map((each) => Buffer.from(each).toString('base64')).sort())}`;
  return `${type}${JSON.stringify(inner)}`;
}

/** Order of two values of one scalar type; undefined where they have no order. Texts by their UTF-8 bytes. */
export function compare(left: AttributeValue, right: AttributeValue): number | undefined {
  const type = typeOf(left);
  if (type !== typeOf(right)) return undefined;
  if (type === 'N') return Number(left['N']) - Number(right['N']);
  if (type === 'S') return Buffer.compare(Buffer.from(String(left['S'])), Buffer.from(String(right['S'])));
  if (type === 'B') return Buffer.compare(Buffer.from(left['B'] as Uint8Array), Buffer.from(right['B'] as Uint8Array));
  return undefined;
}

/** What `size(path)` gives: bytes of a text or binary, members of a collection; undefined for other types. */
export function sizeOf(value: AttributeValue): number | undefined {
  const type = typeOf(value);
  if (type === 'S') return Buffer.byteLength(String(value['S']));
  if (type === 'B') return (value['B'] as Uint8Array).length;
  if (type === 'M') return Object.keys(value['M'] as Item).length;
  return Array.isArray(value[type]) ? (value[type] as unknown[]).length : undefined;
}
