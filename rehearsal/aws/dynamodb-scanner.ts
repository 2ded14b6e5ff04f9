import { reservedWords } from './dynamodb-reserved-words.ts';
import { type AttributeValue, type Item, validation } from './dynamodb-values.ts';
import type { OperationInput } from './service.ts';

/** A path into an item: `approval.answers[0]`. */
export type DocumentPath = readonly (string | number)[];

/**
 * `ExpressionAttributeNames` and `ExpressionAttributeValues` of one request. All of them have to be used, and bare names must
 * not be reserved. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
 */
export class Placeholders {
  readonly #names: Readonly<Record<string, string>>;
  readonly #values: Readonly<Record<string, AttributeValue>>;
  readonly #used = new Set<string>();

  constructor(input: OperationInput) {
    this.#names = input['ExpressionAttributeNames'] ?? {};
    this.#values = input['ExpressionAttributeValues'] ?? {};
  }

  /** An attribute's name. Throws AwsError ValidationException. */
  name(token: string, expression: string): string {
    if (!token.startsWith('#')) {
      if (reservedWords.has(token.toUpperCase())) {
        throw validation(`Invalid ${expression}: Attribute name is a reserved keyword; reserved keyword: ${token}`);
      }
      return token;
    }
    const name = this.#names[token];
    if (name === undefined)
      throw validation(
        `Invalid ${expression}: An expression attribute name used in the document path is not defined; attribute name: ${token}`,
      );
    this.#used.add(token);
    return name;
  }

  /** A value. Throws AwsError ValidationException. */
  value(token: string, expression: string): AttributeValue {
    const value = this.#values[token];
    if (value === undefined)
      throw validation(
        `Invalid ${expression}: An expression attribute value used in expression is not defined; attribute value: ${token}`,
      );
    this.#used.add(token);
    return value;
  }

  /** Throws AwsError ValidationException where something was given that no expression uses. */
  checkAllUsed(): void {
    for (const [what, given] of [
      ['Names', Object.keys(this.#names)],
      ['Values', Object.keys(this.#values)],
    ] as const) {
      const unused = given.filter((token) => !this.#used.has(token));
      if (unused.length > 0) {
        throw validation(
          `Value provided in ExpressionAttribute${what} unused in expressions: keys: {${unused.join(', ')}}`,
        );
      }
    }
  }
}

const tokenPattern =
  /\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|#[0-9][A-Za-z0-9_]*|:[0-9][A-Za-z0-9_]*|\d+|<>|<=|>=|[=<>()[\],.+-])/y;

/** The tokens of one expression, read from the front. `kind` names the expression in errors: `ConditionExpression`. */
export class Scanner {
  readonly kind: string;
  readonly #tokens: string[] = [];
  readonly #placeholders: Placeholders;
  #next = 0;

  constructor(kind: string, text: string, placeholders: Placeholders) {
    this.kind = kind;
    this.#placeholders = placeholders;
    const pattern = new RegExp(tokenPattern);
    while (text.slice(pattern.lastIndex).trim() !== '') {
      const at = pattern.lastIndex;
      const token = pattern.exec(text)?.[1];
      if (token === undefined) throw this.invalid(`Syntax error; near: "${text.slice(at, at + 12)}"`);
      this.#tokens.push(token);
    }
    if (this.#tokens.length === 0) throw this.invalid('The expression can not be empty;');
  }

  get ended(): boolean {
    return this.#next >= this.#tokens.length;
  }

  peek(ahead = 0): string | undefined {
    return this.#tokens[this.#next + ahead];
  }

  take(): string {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw this.invalid('Syntax error; token: <EOF>');
    return token;
  }

  /** Keywords in any case. */
  takeIf(token: string): boolean {
    if (this.peek()?.toUpperCase() !== token) return false;
    this.#next++;
    return true;
  }

  expect(token: string): void {
    if (!this.takeIf(token))
      throw this.invalid(`Syntax error; token: "${this.peek() ?? '<EOF>'}", expected "${token}"`);
  }

  /** A path, resolved through the placeholders. */
  path(): DocumentPath {
    const path: (string | number)[] = [this.#placeholders.name(this.#nameToken(), this.kind)];
    for (;;) {
      if (this.takeIf('.')) path.push(this.#placeholders.name(this.#nameToken(), this.kind));
      else if (this.takeIf('[')) {
        path.push(Number(this.take()));
        this.expect(']');
      } else return path;
    }
  }

  /** The attribute's name that stands so many tokens ahead. */
  nameAhead(ahead: number): string {
    return this.#placeholders.name(this.peek(ahead) ?? '', this.kind);
  }

  isValue(): boolean {
    return this.peek()?.startsWith(':') ?? false;
  }

  value(): AttributeValue {
    return this.#placeholders.value(this.take(), this.kind);
  }

  invalid(why: string): Error {
    return validation(`Invalid ${this.kind}: ${why}`);
  }

  #nameToken(): string {
    const token = this.take();
    if (!/^[#A-Za-z_]/.test(token)) throw this.invalid(`Syntax error; token: "${token}"`);
    return token;
  }
}

/** The value at a path; undefined where there is none. */
export function valueAt(item: Item, path: DocumentPath): AttributeValue | undefined {
  const [name, ...rest] = path;
  let value: AttributeValue | undefined = item[String(name)];
  for (const step of rest) {
    if (value === undefined) return undefined;
    value =
      typeof step === 'number'
        ? (value['L'] as AttributeValue[] | undefined)?.[step]
        : (value['M'] as Item | undefined)?.[step];
  }
  return value;
}

/** The item with only these paths: whole top-level attributes or nested members. */
export function project(item: Item, paths: readonly DocumentPath[]): Item {
  const projected: Record<string, AttributeValue> = {};
  for (const path of paths) {
    const value = valueAt(item, path);
    if (value === undefined) continue;
    let holder: Record<string, AttributeValue> = projected;
    for (const step of path.slice(0, -1)) {
      const held: AttributeValue = holder[String(step)] ?? { M: {} };
      holder[String(step)] = held;
      holder = held['M'] as Record<string, AttributeValue>;
    }
    holder[String(path.at(-1))] = value;
  }
  return projected;
}

/** Parses a ProjectionExpression. Throws AwsError ValidationException; list elements are not projected here. */
export function parseProjection(text: string, placeholders: Placeholders): DocumentPath[] {
  const scanner = new Scanner('ProjectionExpression', text, placeholders);
  const paths = [scanner.path()];
  while (scanner.takeIf(',')) paths.push(scanner.path());
  if (!scanner.ended) throw scanner.invalid(`Syntax error; token: "${scanner.peek()}"`);
  if (paths.some((path) => path.some((step) => typeof step === 'number'))) {
    throw scanner.invalid('elements of lists are not modelled in a rehearsal');
  }
  return paths;
}
