import type { Json } from '../kernel/log.ts';
import type { CompiledState } from './compiled.ts';
import type { Clock } from './environment.ts';
import type { Moment } from './moment.ts';
import type { Strand } from './strand.ts';
import type { Variables } from './variables.ts';

/** One visit of a strand to a state, from its entry to its exit, retries included. */
export class Visit implements Moment {
  readonly strand: Strand;
  readonly state: CompiledState;
  readonly input: Json;
  readonly variables: Variables;
  readonly clock: Clock;
  readonly random: { uniform(): number };
  readonly enteredAt: number;
  readonly enteredEventId: number;
  /** The event before the entry: EvaluationFailed hangs on it when the state had written nothing else. */
  readonly previousEventId: number;
  retryCount = 0;
  taskToken: string | undefined;
  #context: Json | undefined;

  constructor(strand: Strand, state: CompiledState, input: Json, enteredEventId: number, previousEventId: number) {
    this.strand = strand;
    this.state = state;
    this.input = input;
    this.variables = strand.variables;
    this.clock = strand.run.environment.clock;
    this.random = strand.run.environment.random;
    this.enteredAt = this.clock.now();
    this.enteredEventId = enteredEventId;
    this.previousEventId = previousEventId;
  }

  get root(): Json {
    return this.input;
  }

  newUuid(): string {
    return this.strand.run.environment.newId('uuid');
  }

  /** Forgets the context object: the next attempt has another retry count, the task a token. */
  renewContext(): void {
    this.#context = undefined;
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
  context(): Json {
    if (this.#context === undefined) this.#context = this.#newContext(this.strand.item);
    return this.#context;
  }

  #newContext(item: Strand['item']): Json {
    const { run } = this.strand;
    const state: { [key: string]: Json } = {
      Name: this.state.name,
      EnteredTime: new Date(this.enteredAt).toISOString(),
    };
    if (this.state.type === 'Task' || this.state.type === 'Parallel' || this.state.type === 'Map')
      state['RetryCount'] = this.retryCount;
    const context: { [key: string]: Json } = {
      Execution: run.contextExecution,
      StateMachine: run.contextStateMachine,
      State: state,
    };
    if (item) context['Map'] = { Item: { ...item } };
    if (this.taskToken !== undefined) context['Task'] = { Token: this.taskToken };
    return context;
  }

  /** This visit with another `$`, a result or an error output. */
  moment(view: { root?: Json; result?: Json | undefined; errorOutput?: Json; item?: Strand['item'] }): Moment {
    const { item } = view;
    return {
      input: this.input,
      root: view.root === undefined ? this.input : view.root,
      result: view.result,
      errorOutput: view.errorOutput,
      context: item ? () => this.#newContext(item) : () => this.context(),
      variables: this.variables,
      clock: this.clock,
      random: this.random,
      newUuid: () => this.newUuid(),
    };
  }
}
