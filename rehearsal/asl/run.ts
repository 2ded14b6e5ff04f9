import type { Json } from '../kernel/log.ts';
import type { Environment, ExecutionOptions } from './environment.ts';
import type { Execution } from './execution.ts';
import { History, maximumExpressEvents, maximumHistoryEvents } from './history.ts';
import type { HistoryEventDetails, HistoryEventType } from './history-event.ts';
import type { TaskTokens } from './task-tokens.ts';

/** What all strands of one execution share. */
export class Run {
  readonly options: ExecutionOptions;
  readonly environment: Environment;
  readonly history: History;
  readonly execution: Execution;
  /** Tokens of the execution that was started from outside; children of a distributed Map use their root's. */
  readonly tokens: TaskTokens;
  readonly root: Run;
  /** `Execution` and `StateMachine` of the context object. */
  readonly contextExecution: { [key: string]: Json };
  readonly contextStateMachine: { [key: string]: Json };
  readonly #overflow: () => void;

  constructor(options: {
    options: ExecutionOptions;
    input: Json;
    execution: Execution;
    tokens: TaskTokens;
    root: Run | undefined;
    overflow: () => void;
  }) {
    const { environment } = options.options;
    this.options = options.options;
    this.environment = environment;
    this.execution = options.execution;
    this.tokens = options.tokens;
    this.root = options.root ?? this;
    this.#overflow = options.overflow;
    this.history = new History(
      () => environment.clock.now(),
      environment.onEvent && ((event) => environment.onEvent?.(event, options.execution)),
    );
    this.contextExecution = {
      Id: options.options.arn,
      Input: options.input,
      StartTime: new Date(environment.clock.now()).toISOString(),
      Name: options.options.name,
      RoleArn: options.options.roleArn,
      ...(options.options.synchronous ? {} : { RedriveCount: 0 }),
    };
    this.contextStateMachine = { Id: options.options.stateMachineArn, Name: options.options.stateMachineName };
  }

  /**
   * Writes an event. In a Standard execution the one that would be the 25,000th ends it instead, as AWS does. An Express one has
   * no such limit; but virtual time never comes to the end of its five minutes when nothing in it waits, so there is a bound.
   */
  write(
    type: HistoryEventType,
    previousEventId: number,
    member?: `${string}EventDetails`,
    details?: HistoryEventDetails,
  ): number {
    const most = this.options.type === 'STANDARD' ? maximumHistoryEvents : maximumExpressEvents;
    if (this.history.events.length >= most - 1 && !type.startsWith('Execution')) this.#overflow();
    return this.history.add(type, previousEventId, member, details);
  }
}
