import { AwsError, Unmodelled } from './service.ts';

/** A metric math expression, parsed. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** The id of a metric or of another expression. */
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: MathFunction; readonly arguments: readonly Expression[] };

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<=' | '>=' | '<' | '>' | 'AND' | 'OR';

/** The functions that the rehearsal models, with how many arguments each takes. */
const functions = {
  ABS: [1, 1],
  AVG: [1, 1],
  CEIL: [1, 1],
  FILL: [2, 2],
  FLOOR: [1, 1],
  IF: [2, 3],
  MAX: [1, 1],
  METRICS: [0, 1],
  MIN: [1, 1],
  PERIOD: [1, 1],
  RATE: [1, 1],
  SUM: [1, 1],
} as const;
export type MathFunction = keyof typeof functions;

/** Loosest first. The page gives no table of precedence; assumed to be the customary one. */
const precedence: readonly (readonly BinaryOperator[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
  ['^'],
];

const tokenPattern =
  /\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],])/y;

/**
 * Parses a metric math expression. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * Throws AwsError ValidationError for what is no expression, Unmodelled for a function that the rehearsal does not compute.
 */
export function parseExpression(text: string): Expression {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #tokens: string[] = [];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    const pattern = new RegExp(tokenPattern);
    while (text.slice(pattern.lastIndex).trim() !== '') {
      const at = pattern.lastIndex;
      const token = pattern.exec(text)?.[1];
      if (token === undefined) throw this.#invalid(`nothing known starts at '${text.slice(at).trim().slice(0, 12)}'`);
      this.#tokens.push(token === '&&' ? 'AND' : token === '||' ? 'OR' : token);
    }
  }

  parse(): Expression {
    const expression = this.#binary(0);
    if (this.#next < this.#tokens.length) throw this.#invalid(`'${this.#tokens[this.#next]}' was not expected`);
    return expression;
  }

  #binary(level: number): Expression {
    const operators = precedence[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((candidate) => candidate === this.#tokens[this.#next]);
      if (!operator) return left;
      this.#next++;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Expression {
    if (!this.#take('-')) return this.#primary();
    return { kind: 'negate', operand: this.#unary() };
  }

  #primary(): Expression {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw this.#invalid('it ends too early');
    if (token === '(') {
      const inner = this.#binary(0);
      this.#expect(')');
      return inner;
    }
    if (token === '[') return { kind: 'array', items: this.#list(']') };
    if (token.startsWith('"')) return { kind: 'text', value: token.slice(1, -1) };
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (/^[a-z]/.test(token)) return { kind: 'id', id: token };
    if (token === 'REPEAT' || token === 'LINEAR') return { kind: 'text', value: token };
    if (/^[A-Z]/.test(token) && token !== 'AND' && token !== 'OR') return this.#call(token);
    throw this.#invalid(`'${token}' was not expected`);
  }

  #call(name: string): Expression {
    if (!Object.hasOwn(functions, name)) {
      throw new Unmodelled(
        `The metric math function ${name} in '${this.#text}' is not modelled; modelled are ${Object.keys(functions).join(', ')}.`,
      );
    }
    this.#expect('(');
    const given = this.#list(')');
    const [fewest, most] = functions[name as MathFunction];
    if (given.length < fewest || given.length > most) {
      throw this.#invalid(
        `${name} takes ${fewest === most ? fewest : `${fewest} to ${most}`} arguments, ${given.length} came`,
      );
    }
    return { kind: 'call', name: name as MathFunction, arguments: given };
  }

  #list(end: string): Expression[] {
    const items: Expression[] = [];
    if (this.#take(end)) return items;
    do items.push(this.#binary(0));
    while (this.#take(','));
    this.#expect(end);
    return items;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token))
      throw this.#invalid(`'${token}' was expected, '${this.#tokens[this.#next] ?? 'its end'}' came`);
  }

  #invalid(why: string): AwsError {
    return new AwsError('ValidationError', `Invalid metrics expression '${this.#text}': ${why}.`);
  }
}

/** The ids an expression reads, in order, each once. METRICS() counts for none. */
export function idsOf(expression: Expression): string[] {
  switch (expression.kind) {
    case 'id':
      return [expression.id];
    case 'array':
      return unique(expression.items.flatMap(idsOf));
    case 'negate':
      return idsOf(expression.operand);
    case 'binary':
      return unique([...idsOf(expression.left), ...idsOf(expression.right)]);
    case 'call':
      return unique(expression.arguments.flatMap(idsOf));
    default:
      return [];
  }
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}
