import type { Json } from '../../kernel/log.ts';
import type { DataFlow } from '../compiled.ts';
import type { Moment } from '../moment.ts';
import type { Visit } from '../visit.ts';
import { compileDataPath } from './field.ts';
import type { JsonPath } from './path.ts';
import { parseReferencePath, place } from './reference.ts';
import { compilePathTemplate, type PathTemplate } from './template.ts';

type Fields = { readonly [key: string]: Json };

/**
 * InputPath, Parameters, ResultSelector, Assign, ResultPath and OutputPath of a JSONPath state, in this order.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
 */
export class JsonPathFlow implements DataFlow {
  readonly #inputPath: ((moment: Moment) => Json) | undefined;
  readonly #parameters: PathTemplate | undefined;
  readonly #fixedResult: Json | undefined;
  readonly #selector: PathTemplate | undefined;
  readonly #assign: PathTemplate | undefined;
  readonly #resultPath: ResultPlacement;
  readonly #outputPath: ((moment: Moment) => Json) | undefined;

  /** `parameters` is false for a Map, whose Parameters are the old name of ItemSelector. */
  constructor(fields: Fields, options: { readonly parameters: boolean; readonly fixedResult: boolean }) {
    this.#inputPath = compileDataPath(fields['InputPath']);
    this.#parameters = options.parameters ? template(fields['Parameters']) : undefined;
    this.#fixedResult = options.fixedResult ? fields['Result'] : undefined;
    this.#selector = template(fields['ResultSelector']);
    this.#assign = template(fields['Assign']);
    this.#resultPath = compileResultPath(fields['ResultPath']);
    this.#outputPath = compileDataPath(fields['OutputPath']);
  }

  arguments(visit: Visit): Json {
    const input = this.#inputPath ? this.#inputPath(visit) : visit.input;
    return this.#parameters ? this.#parameters.evaluate(visit.moment({ root: input })) : input;
  }

  finish(visit: Visit, raw: Json | undefined): { output: Json; assigned?: { readonly [name: string]: Json } } {
    if (raw === undefined) {
      const input = this.#inputPath ? this.#inputPath(visit) : visit.input;
      return this.#leave(visit, input, input);
    }
    const given = this.#fixedResult === undefined ? raw : this.#fixedResult;
    const result = this.#selector ? this.#selector.evaluate(visit.moment({ root: given })) : given;
    return this.#leave(visit, result, this.#resultPath(visit.input, result));
  }

  #leave(visit: Visit, result: Json, combined: Json): { output: Json; assigned?: { readonly [name: string]: Json } } {
    const assigned =
      this.#assign && (this.#assign.evaluate(visit.moment({ root: result })) as { [name: string]: Json });
    const output = this.#outputPath ? this.#outputPath(visit.moment({ root: combined })) : combined;
    return assigned ? { output, assigned } : { output };
  }
}

/** From a state's input and its result to the combination of both. */
type ResultPlacement = (input: Json, result: Json) => Json;

/** ResultPath: null keeps the input, `$` (or nothing) takes the result. Throws StateFault States.ResultPathMatchFailure. */
export function compileResultPath(value: Json | undefined): ResultPlacement {
  if (value === undefined || value === '$') return (_input, result) => result;
  if (value === null) return (input) => input;
  const path: JsonPath = parseReferencePath(value as string);
  return (input, result) => place(path, input, result);
}

function template(value: Json | undefined): PathTemplate | undefined {
  return value === undefined ? undefined : compilePathTemplate(value);
}
