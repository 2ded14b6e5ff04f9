import type { Json } from '../kernel/log.ts';
import { textOf } from './json-text.ts';

/** What one variable, and what one Assign, may hold: 256 KiB. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const maximumAssignBytes = 262_144;
/** What all variables of an execution may hold: 10 MiB. Counted here along one line of scopes, not across branches. */
export const maximumVariablesBytes = 10_485_760;

/**
 * The variables of one scope. Branches and iterations have a scope of their own that sees the outer one's values; what they
 * assign is gone when they end. https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */
export class Variables {
  readonly #outer: Variables | undefined;
  readonly #own = new Map<string, { readonly value: Json; readonly bytes: number }>();
  #bytes = 0;

  constructor(outer?: Variables) {
    this.#outer = outer;
  }

  /** `undefined` when the variable was never assigned. */
  get(name: string): Json | undefined {
    const own = this.#own.get(name);
    return own === undefined ? this.#outer?.get(name) : own.value;
  }

  /** Assigns, and answers with false, nothing being assigned, where the values are more than AWS keeps. */
  assign(values: { readonly [name: string]: Json }): boolean {
    const sized = Object.entries(values).map(([name, value]) => ({
      name,
      value,
      bytes: Buffer.byteLength(textOf(value)),
    }));
    const together = sized.reduce((sum, { bytes }) => sum + bytes, 0);
    const before = sized.reduce((sum, { name }) => sum + (this.#own.get(name)?.bytes ?? 0), 0);
    if (together > maximumAssignBytes || this.#heldBytes() + together - before > maximumVariablesBytes) return false;
    for (const { name, value, bytes } of sized) this.#own.set(name, { value, bytes });
    this.#bytes += together - before;
    return true;
  }

  #heldBytes(): number {
    return this.#bytes + (this.#outer ? this.#outer.#heldBytes() : 0);
  }
}
