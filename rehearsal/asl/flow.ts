import type { Json } from '../kernel/log.ts';
import type { DataFlow, Evaluable } from './compiled.ts';
import type { Moment } from './moment.ts';
import type { Visit } from './visit.ts';

/** Arguments, Output and Assign of a JSONata state. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html */
export class JsonataFlow implements DataFlow {
  readonly #arguments: Evaluable | undefined;
  readonly #output: Evaluable | undefined;
  readonly #assign: Evaluable | undefined;

  constructor(fields: {
    arguments?: Evaluable | undefined;
    output?: Evaluable | undefined;
    assign?: Evaluable | undefined;
  }) {
    this.#arguments = fields.arguments;
    this.#output = fields.output;
    this.#assign = fields.assign;
  }

  async arguments(visit: Visit): Promise<Json> {
    return this.#arguments ? await this.#arguments.evaluate(visit) : visit.input;
  }

  async finish(visit: Visit, result: Json | undefined) {
    return await this.complete(visit.moment({ result }), result === undefined ? visit.input : result);
  }

  /** Assign and Output see the same variables: what Assign sets is there from the next state on. */
  async complete(
    moment: Moment,
    fallback: Json,
  ): Promise<{ output: Json; assigned?: { readonly [name: string]: Json } }> {
    const assigned = this.#assign && ((await this.#assign.evaluate(moment)) as { [name: string]: Json });
    const output = this.#output ? await this.#output.evaluate(moment) : fallback;
    return assigned ? { output, assigned } : { output };
  }
}
