import jsonata from 'jsonata';
import type { Json } from '../../kernel/log.ts';
import { evaluationFault, type StateFault } from '../errors.ts';
import { isKnownJson, setMember } from '../json-text.ts';
import type { Evaluable, Moment } from '../moment.ts';
import { stepFunctionsFunctions } from './functions.ts';

/** What one evaluation may take before it is ended: nodes of the expression visited, and how deep they may nest. */
const maximumSteps = 1_000_000;
const maximumDepth = 1_000;

/** A JSONata expression as text cannot be parsed. */
export class JsonataSyntaxError extends Error {
  override readonly name = 'JsonataSyntaxError';
}

/** One parsed expression with the names of the variables in it. Shared by all definitions that contain the same text. */
export interface ParsedExpression {
  readonly text: string;
  readonly compiled: jsonata.Expression;
  /** Names after `$` anywhere in the expression, its own and those of functions included. */
  readonly names: readonly string[];
  /** Names that the expression itself binds: by `:=`, or as parameters of a function. */
  readonly bound: readonly string[];
  /** Names that are called as functions. */
  readonly called: readonly string[];
}

const parsed = new Map<string, ParsedExpression>();
const maximumParsed = 2_000;

/** Whether a text is an expression: it starts with `{%` and ends with `%}`, with no space outside. */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}') && value.length >= 4;
}

/** Parses the inside of `{% ... %}`. Throws JsonataSyntaxError. */
export function parseExpression(text: string): ParsedExpression {
  const known = parsed.get(text);
  if (known) return known;
  let compiled: jsonata.Expression;
  try {
    compiled = jsonata(text);
  } catch (error) {
    throw new JsonataSyntaxError(messageOf(error));
  }
  compiled.assign(entryHook as unknown as string, guard);
  const expression = { text, compiled, ...namesIn(compiled.ast()) };
  if (parsed.size >= maximumParsed) parsed.clear();
  parsed.set(text, expression);
  return expression;
}

const entryHook = Symbol.for('jsonata.__evaluate_entry');
const clockBinding = ' clock';

interface EvaluationFrame {
  base: EvaluationFrame;
  depth: number;
  timestamp: Date;
  guardrails: () => void;
  bind(name: string | symbol, value: unknown): void;
  lookup(name: string | symbol): unknown;
}

/**
 * The library calls this on entry to a node. On the first one it gives the evaluation the virtual time (for `$toMillis` with
 * a partial picture) and bounds that do not look at a clock, then takes itself away: a hook on every node would cost a turn each.
 */
function guard(_node: unknown, _input: unknown, frame: EvaluationFrame): void {
  const base = frame.base;
  base.bind(entryHook, undefined);
  base.timestamp = new Date(base.lookup(clockBinding) as number);
  let steps = 0;
  base.guardrails = () => {
    steps++;
    if (steps > maximumSteps || base.depth > maximumDepth) {
      throw { code: 'D1011', message: 'The expression took too many steps or nested too deeply' };
    }
  };
}

interface AstNode {
  readonly type?: string;
  readonly value?: unknown;
  readonly lhs?: AstNode;
  readonly procedure?: AstNode;
  readonly arguments?: readonly AstNode[];
}

function namesIn(ast: unknown): Pick<ParsedExpression, 'names' | 'bound' | 'called'> {
  const names = new Set<string>();
  const bound = new Set<string>();
  const called = new Set<string>();
  const add = (set: Set<string>, node: AstNode | undefined) => {
    if (node?.type === 'variable') set.add(String(node.value));
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (typeof value === 'object' && value !== null && !(value instanceof RegExp)) {
      const node = value as AstNode;
      add(names, node);
      if (node.type === 'bind') add(bound, node.lhs);
      if (node.type === 'lambda') for (const parameter of node.arguments ?? []) add(bound, parameter);
      if (node.type === 'function' || node.type === 'partial') add(called, node.procedure);
      for (const member of Object.values(node)) if (typeof member === 'object') visit(member);
    }
  };
  visit(ast);
  return { names: [...names], bound: [...bound], called: [...called] };
}

function messageOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code && !message?.startsWith(code) ? `${code}: ${message}` : String(message ?? error);
}

/** One expression in one field. */
export class FieldExpression implements Evaluable {
  readonly #expression: ParsedExpression;
  readonly #field: string;

  /** `field` as AWS names it in errors: `Arguments/Payload/id`. */
  constructor(text: string, field: string) {
    this.#expression = parseExpression(text.slice(2, -2).trim());
    this.#field = field;
  }

  get names(): readonly string[] {
    return this.#expression.names;
  }

  /** Rejects with a StateFault States.QueryEvaluationError where the expression fails, or gives nothing or no JSON. */
  async evaluate(moment: Moment): Promise<Json> {
    let value: unknown;
    try {
      value = await this.#expression.compiled.evaluate(undefined, this.#bindings(moment));
    } catch (error) {
      throw this.#fault(`threw an error during evaluation. ${messageOf(error)}`);
    }
    if (value === undefined) throw this.#fault('returned nothing (undefined).');
    return this.#toJson(value);
  }

  /** "The JSONata expression '...' specified for the field '...' <what it did>" */
  unexpected(expected: string, actual: string, valueText: string): StateFault {
    return this.#fault(
      `returned an unexpected result type. Expected '${expected}', but was '${actual}' for value: ${valueText}`,
    );
  }

  #fault(what: string): StateFault {
    return evaluationFault(
      `The JSONata expression '${this.#expression.text}' specified for the field '${this.#field}' ${what}`,
      'expression',
      this.#field,
    );
  }

  #bindings(moment: Moment): Record<string, unknown> {
    const bindings: Record<string, unknown> = { [clockBinding]: moment.clock.now() };
    for (const name of this.#expression.names) {
      if (name === 'states') bindings['states'] = statesOf(moment);
      else {
        const variable = moment.variables.get(name);
        if (variable !== undefined) bindings[name] = variable;
        else if (Object.hasOwn(stepFunctionsFunctions, name)) bindings[name] = stepFunctionsFunctions[name]?.(moment);
      }
    }
    return bindings;
  }

  /** The value itself where it is plain JSON already; JSONata's sequences carry marks that must not travel on. */
  #toJson(value: unknown): Json {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value !== 'object') throw this.#fault('returned an unsupported result type.');
    if (isKnownJson(value)) return value;
    if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : this.#toJson(item)));
    if ('_jsonata_lambda' in value || '_jsonata_function' in value)
      throw this.#fault('returned an unsupported result type.');
    const copy: { [key: string]: Json } = {};
    for (const [key, member] of Object.entries(value))
      if (member !== undefined) setMember(copy, key, this.#toJson(member));
    return copy;
  }
}

function statesOf(moment: Moment): Record<string, Json> {
  const states: Record<string, Json> = { input: moment.input };
  if (moment.result !== undefined) states['result'] = moment.result;
  if (moment.errorOutput !== undefined) states['errorOutput'] = moment.errorOutput;
  states['context'] = moment.context();
  return states;
}
