import type { Json } from '../kernel/log.ts';
import { type Argument, type IntrinsicCall, parseIntrinsic } from './intrinsics/parse.ts';
import { isObject } from './json-text.ts';
import { isExpression, JsonataSyntaxError, parseExpression } from './jsonata/expression.ts';
import { stepFunctionsFunctions } from './jsonata/functions.ts';
import { type JsonPath, JsonPathSyntaxError, parsePath } from './jsonpath/path.ts';

type Definition = { readonly [key: string]: Json };

/**
 * DescribeStateMachine's `variableReferences`: the variables that each state reads, by state and in alphabetical order. A state
 * that reads none is left out; what is within a Map or a Parallel stands under its own states.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
 */
export function variableReferencesOf(definition: Definition): Record<string, string[]> {
  const references: Record<string, string[]> = {};
  collect(definition, definition['QueryLanguage'] === 'JSONata', references);
  return references;
}

function collect(container: Definition, machineIsJsonata: boolean, references: Record<string, string[]>): void {
  for (const [name, state] of Object.entries(container['States'] as { [name: string]: Definition })) {
    const { ItemProcessor, Iterator: iterator, Branches, ...own } = state;
    const names = new Set<string>();
    const jsonata = (state['QueryLanguage'] ?? (machineIsJsonata ? 'JSONata' : 'JSONPath')) === 'JSONata';
    if (jsonata) inExpressions(own, names);
    else inPaths(own, names);
    if (names.size > 0) references[name] = [...names].sort();
    for (const inner of [ItemProcessor, iterator, ...(Array.isArray(Branches) ? Branches : [])]) {
      if (isObject(inner)) collect(inner, machineIsJsonata, references);
    }
  }
}

/** Names that an expression reads and does not itself bind; functions are none. */
function inExpressions(value: Json, names: Set<string>): void {
  if (isExpression(value)) {
    let expression: ReturnType<typeof parseExpression>;
    try {
      expression = parseExpression(value.slice(2, -2).trim());
    } catch (error) {
      if (error instanceof JsonataSyntaxError) return;
      throw error;
    }
    const { names: found, bound, called } = expression;
    for (const name of found) {
      const isFunction = called.includes(name) || Object.hasOwn(stepFunctionsFunctions, name);
      if (name !== '' && name !== '$' && name !== 'states' && !bound.includes(name) && !isFunction) names.add(name);
    }
  } else if (Array.isArray(value)) for (const item of value) inExpressions(item, names);
  else if (isObject(value)) for (const member of Object.values(value)) inExpressions(member, names);
}

/** Only fields that are paths, and members whose names end in `.$`, refer to anything. */
function inPaths(fields: Definition, names: Set<string>): void {
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'Result' || key === 'Comment') continue;
    if (typeof value === 'string') {
      if (key.endsWith('.$') || key.endsWith('Path') || key === 'Variable') inPath(value, names);
    } else if (Array.isArray(value)) for (const item of value) inPaths(isObject(item) ? item : {}, names);
    else if (isObject(value)) inPaths(value, names);
  }
}

function inPath(text: string, names: Set<string>): void {
  try {
    if (text.startsWith('States.')) inCall(parseIntrinsic(text), names);
    else addRoot(parsePath(text), names);
  } catch (error) {
    if (!(error instanceof JsonPathSyntaxError)) throw error;
  }
}

function inCall(call: IntrinsicCall, names: Set<string>): void {
  for (const argument of call.arguments as readonly Argument[]) {
    if (argument.kind === 'path') addRoot(argument.path, names);
    else if (argument.kind === 'call') inCall(argument.call, names);
  }
}

function addRoot(path: JsonPath, names: Set<string>): void {
  if (path.root.kind === 'variable') names.add(path.root.name);
}
