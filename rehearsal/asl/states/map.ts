import type { Json } from '../../kernel/log.ts';
import type { Behaviour, CompiledStates, DataFlow } from '../compiled.ts';
import { isRecoverable } from '../errors.ts';
import type { Moment, Soon } from '../moment.ts';
import { performStates } from '../perform.ts';
import { type MapItem, Strand } from '../strand.ts';
import { Variables } from '../variables.ts';
import type { Visit } from '../visit.ts';
import { BranchGroup, endBranches } from './branches.ts';

/** The fields of a Map state that both modes have. */
export interface MapFields {
  readonly processor: CompiledStates;
  /** The items, where no ItemReader gives them; `input` is the state's effective input. Throws StateFault where they are no array. */
  readonly items: (visit: Visit, input: Json) => Soon<readonly Json[]>;
  /** What one iteration starts with: ItemSelector, or the item itself. */
  readonly select: ((moment: Moment) => Soon<Json>) | undefined;
  readonly maxConcurrency: ((visit: Visit, input: Json) => Soon<number>) | undefined;
}

/** AWS runs up to 40 iterations of an inline Map at a time, whatever MaxConcurrency says. */
const inlineConcurrencyLimit = 40;

/** An inline Map: its iterations are strands of the same execution. */
export function inlineMapBehaviour(flow: DataFlow, next: string | undefined, fields: MapFields): Behaviour {
  return {
    async perform(visit) {
      const input = await flow.arguments(visit);
      const items = await fields.items(visit, input);
      const wanted = fields.maxConcurrency ? await fields.maxConcurrency(visit, input) : 0;
      visit.strand.write('MapStateStarted', 'mapStateStartedEventDetails', { length: items.length });
      const concurrency = wanted > 0 ? Math.min(wanted, inlineConcurrencyLimit) : inlineConcurrencyLimit;
      const outputs = await new Iterations(visit, input, items, fields).run(concurrency);
      return { ...(await flow.finish(visit, outputs)), next };
    },
  };
}

class Iterations {
  readonly #visit: Visit;
  readonly #input: Json;
  readonly #items: readonly Json[];
  readonly #fields: MapFields;
  readonly #outputs: Json[];
  readonly #group: BranchGroup;
  #nextIndex = 0;
  #lastEnded: number;

  constructor(visit: Visit, input: Json, items: readonly Json[], fields: MapFields) {
    this.#visit = visit;
    this.#input = input;
    this.#items = items;
    this.#fields = fields;
    this.#outputs = new Array(items.length).fill(null);
    this.#group = new BranchGroup(visit);
    this.#lastEnded = visit.strand.lastEventId;
  }

  async run(concurrency: number): Promise<Json[]> {
    const { strand } = this.#visit;
    if (this.#items.length > 0) {
      const first = strand.lastEventId;
      const initial = Math.min(concurrency, this.#items.length);
      const strands: [Strand, Json][] = [];
      // All iterations of the first round are started before any of them enters its first state.
      for (let count = 0; count < initial; count++) strands.push(await this.#open(first));
      for (const [child, input] of strands) this.#perform(child, input);
      const failure = await this.#group.settled;
      strand.check();
      if (failure) {
        if (isRecoverable(failure.error)) endBranches(this.#visit, failure);
        throw failure.error;
      }
    }
    strand.children.length = 0;
    strand.lastEventId = this.#lastEnded;
    strand.writeAside('MapStateSucceeded');
    return this.#outputs;
  }

  async #open(previousEventId: number): Promise<[Strand, Json]> {
    const { strand, state } = this.#visit;
    const index = this.#nextIndex++;
    const item: MapItem = { Index: index, Value: this.#items[index] as Json };
    const input = this.#fields.select
      ? await this.#fields.select(this.#visit.moment({ root: this.#input, item }))
      : item.Value;
    const iteration = { index, name: state.name };
    const child = new Strand(strand.run, {
      variables: new Variables(strand.variables),
      lastEventId: previousEventId,
      item,
      iteration,
    });
    child.openState = '';
    child.write('MapIterationStarted', 'mapIterationStartedEventDetails', iteration);
    return [child, input];
  }

  #perform(child: Strand, input: Json): void {
    const work = performStates(this.#fields.processor, child, input).then((output) => {
      this.#outputs[child.iteration?.index ?? 0] = output;
      child.openState = undefined;
      // The next iteration hangs on this one's last state, the end of the Map on the end of its last iteration.
      this.#lastEnded = child.writeAside(
        'MapIterationSucceeded',
        'mapIterationSucceededEventDetails',
        child.iteration ?? {},
      );
      if (this.#nextIndex >= this.#items.length || this.#group.failed) return undefined;
      return this.#open(child.lastEventId).then(([following, value]) => this.#perform(following, value));
    });
    this.#group.add(child, work, () => {
      const { children } = this.#visit.strand;
      const index = children.indexOf(child);
      if (index >= 0) children.splice(index, 1);
    });
  }
}
