import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import { isExpression, JsonataSyntaxError, parseExpression } from '../jsonata/expression.ts';
import type { Checker } from './checker.ts';

/** What `$states` has in a field, beside `input` and `context`. */
export interface StatesView {
  readonly result?: boolean;
  readonly errorOutput?: boolean;
}

/** Checks every expression in a value. The codes and the words are those of ValidateStateMachineDefinition. */
export function checkJsonata(checker: Checker, value: Json | undefined, location: string, view: StatesView = {}): void {
  if (isExpression(value)) checkExpression(checker, value, location, view);
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) checkJsonata(checker, item, `${location}[${index}]`, view);
  else if (isObject(value))
    for (const [key, member] of Object.entries(value)) checkJsonata(checker, member, `${location}/${key}`, view);
}

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly lhs?: Node | readonly (readonly Node[])[];
  readonly rhs?: Node;
  readonly expression?: Node;
  readonly expressions?: readonly Node[];
  readonly arguments?: readonly Node[];
  readonly procedure?: Node;
  readonly condition?: Node;
  readonly then?: Node;
  readonly else?: Node;
}

function checkExpression(checker: Checker, text: string, location: string, view: StatesView): void {
  const refuse = (message: string) => checker.refuse(message, location, 'UNSUPPORTED_JSONATA_EXPRESSION');
  let ast: Node;
  try {
    ast = parseExpression(text.slice(2, -2).trim()).compiled.ast() as unknown as Node;
  } catch (error) {
    if (!(error instanceof JsonataSyntaxError)) throw error;
    checker.refuse(error.message.replace(/^[A-Z]\d{4}: /, ''), location, 'INVALID_JSONATA_EXPRESSION');
    return;
  }
  for (const name of new Set(topLevelNames(ast))) refuse(`Reference to '${name}' at the top level is not supported.`);
  const members = new Set([
    'input',
    'context',
    ...(view.result ? ['result'] : []),
    ...(view.errorOutput ? ['errorOutput'] : []),
  ]);
  for (const name of new Set(statesMembers(ast)))
    if (!members.has(name)) refuse(`Field '$states.${name}' does not exist.`);
  if (callsOf(ast).includes('eval')) refuse("Function '$eval' is not supported.");
}

/**
 * Names that would be looked up in a context item: an expression of Step Functions has none, its data is in `$states`. What
 * stands behind a dot or in a predicate has the item before it as its context; what a function's body sees is not judged.
 */
function topLevelNames(node: Node | undefined): string[] {
  if (!node) return [];
  switch (node.type) {
    case 'path': {
      const first = node.steps?.[0];
      return first?.type === 'name' ? [String(first.value)] : topLevelNames(first);
    }
    case 'name':
      return [String(node.value)];
    case 'binary':
    case 'apply':
      return [...topLevelNames(node.lhs as Node), ...topLevelNames(node.rhs)];
    case 'bind':
      return topLevelNames(node.rhs);
    case 'condition':
      return [node.condition, node.then, node.else].flatMap(topLevelNames);
    case 'block':
      return (node.expressions ?? []).flatMap(topLevelNames);
    case 'function':
    case 'partial':
      return (node.arguments ?? []).flatMap(topLevelNames);
    case 'unary':
      return unaryNames(node);
    default:
      return [];
  }
}

function unaryNames(node: Node): string[] {
  if (Array.isArray(node.lhs)) return (node.lhs as readonly (readonly Node[])[]).flat().flatMap(topLevelNames);
  return [...(node.expressions ?? []).flatMap(topLevelNames), ...topLevelNames(node.expression)];
}

/** Names behind `$states.` anywhere in the expression. */
function statesMembers(ast: Node): string[] {
  return everyNode(ast).flatMap((node) => {
    if (node.type !== 'path') return [];
    const [first, second] = node.steps ?? [];
    return first?.type === 'variable' && first.value === 'states' && second?.type === 'name'
      ? [String(second.value)]
      : [];
  });
}

/** Names of the variables that are called as functions. */
function callsOf(ast: Node): string[] {
  return everyNode(ast).flatMap((node) => {
    const { procedure } = node;
    return (node.type === 'function' || node.type === 'partial') && procedure?.type === 'variable'
      ? [String(procedure.value)]
      : [];
  });
}

function everyNode(value: unknown, nodes: Node[] = []): Node[] {
  if (Array.isArray(value)) for (const item of value) everyNode(item, nodes);
  else if (typeof value === 'object' && value !== null && !(value instanceof RegExp)) {
    nodes.push(value as Node);
    for (const member of Object.values(value)) if (typeof member === 'object') everyNode(member, nodes);
  }
  return nodes;
}
