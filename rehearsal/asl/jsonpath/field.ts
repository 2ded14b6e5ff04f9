import type { Json } from '../../kernel/log.ts';
import { runtimeFault, StateFault } from '../errors.ts';
import { IntrinsicFailure } from '../intrinsics/functions.ts';
import { type IntrinsicCall, parseIntrinsic } from '../intrinsics/parse.ts';
import { textOf } from '../json-text.ts';
import type { Evaluable, Moment } from '../moment.ts';
import { type JsonPath, parsePath } from './path.ts';
import { PathNotFound, select } from './select.ts';

/** The value of a path in a moment. Throws PathNotFound; for a variable that was never assigned, too. */
export function valueAt(path: JsonPath, moment: Moment): Json {
  return select(path, rootOf(path, moment));
}

/** The value of a path in a moment, or undefined where there is none. */
export function valueOrNothing(path: JsonPath, moment: Moment): Json | undefined {
  try {
    return valueAt(path, moment);
  } catch (error) {
    if (error instanceof PathNotFound) return undefined;
    throw error;
  }
}

/** What a path's `$` stands for. */
export function rootOf(path: JsonPath, moment: Moment): Json {
  if (path.root.kind === 'data') return moment.root;
  if (path.root.kind === 'context') return moment.context();
  const value = moment.variables.get(path.root.name);
  if (value === undefined) throw new PathNotFound(`The variable '$${path.root.name}' has not been assigned`);
  return value;
}

/** A path or an intrinsic call in a field that says where its error is: `Parameters`' members, ErrorPath, CausePath, ItemsPath. */
export function compileSelector(text: string, field: string): Evaluable {
  return text.startsWith('States.')
    ? new CallField(parseIntrinsic(text), field)
    : new PathField(parsePath(text), field);
}

class PathField implements Evaluable {
  readonly #path: JsonPath;
  readonly #field: string;

  constructor(path: JsonPath, field: string) {
    this.#path = path;
    this.#field = field;
  }

  evaluate(moment: Moment): Json {
    try {
      return valueAt(this.#path, moment);
    } catch (error) {
      throw notFoundFault(error, this.#path, this.#field, moment);
    }
  }
}

function notFoundFault(error: unknown, path: JsonPath, field: string, moment: Moment): unknown {
  if (!(error instanceof PathNotFound)) return error;
  const data = path.root.kind === 'context' ? moment.context() : moment.root;
  return runtimeFault(
    `The JSONPath '${path.text}' specified for the field '${field}' could not be found in the input '${textOf(data)}'`,
  );
}

class CallField implements Evaluable {
  readonly #call: IntrinsicCall;
  readonly #field: string;

  constructor(call: IntrinsicCall, field: string) {
    this.#call = call;
    this.#field = field;
  }

  evaluate(moment: Moment): Json {
    return this.#run(this.#call, moment);
  }

  #run(call: IntrinsicCall, moment: Moment): Json {
    const values = call.arguments.map((argument): Json => {
      if (argument.kind === 'value') return argument.value;
      if (argument.kind === 'call') return this.#run(argument.call, moment);
      try {
        return valueAt(argument.path, moment);
      } catch (error) {
        throw notFoundFault(error, argument.path, this.#field, moment);
      }
    });
    try {
      return call.run(values, moment);
    } catch (error) {
      if (!(error instanceof IntrinsicFailure)) throw error;
      throw new StateFault({
        error: 'States.IntrinsicFailure',
        message: `The function '${call.text}' had the following error: ${error.message}`,
        fatal: false,
      });
    }
  }
}

/** InputPath and OutputPath: null stands for an empty object; a path that finds nothing ends the execution. */
export function compileDataPath(value: Json | undefined): ((moment: Moment) => Json) | undefined {
  if (value === undefined || value === '$') return undefined;
  if (value === null) return () => ({});
  const path = parsePath(value as string);
  return (moment) => {
    try {
      return valueAt(path, moment);
    } catch (error) {
      if (error instanceof PathNotFound) throw runtimeFault(`Invalid path '${path.text}' : ${error.message}`);
      throw error;
    }
  };
}
