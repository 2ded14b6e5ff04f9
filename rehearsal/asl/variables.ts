import type { Json } from '../kernel/log.ts';

/**
 * The variables of one scope. Branches and iterations have a scope of their own that sees the outer one's values; what they
 * assign is gone when they end. https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */
export class Variables {
  readonly #outer: Variables | undefined;
  readonly #own = new Map<string, Json>();

  constructor(outer?: Variables) {
    this.#outer = outer;
  }

  /** `undefined` when the variable was never assigned. */
  get(name: string): Json | undefined {
    const own = this.#own.get(name);
    return own === undefined ? this.#outer?.get(name) : own;
  }

  assign(values: { readonly [name: string]: Json }): void {
    for (const [name, value] of Object.entries(values)) this.#own.set(name, value);
  }
}
