import type { Json } from '../kernel/log.ts';
import { type CompiledStateMachine, programOf } from './compile.ts';
import type { ExecutionOptions, ExecutionResult, ExecutionStatus } from './environment.ts';
import { Abandoned, StateError, StepFunctionsError } from './errors.ts';
import { failureDetails, maximumHistoryEvents, withInput, withOutput } from './history.ts';
import type { HistoryEvent, HistoryEventDetails, HistoryEventType } from './history-event.ts';
import { parseInput } from './input.ts';
import { exceedsBytes, textOf } from './json-text.ts';
import { maximumPayloadBytes, performStates } from './perform.ts';
import { Run } from './run.ts';
import { Strand } from './strand.ts';
import { TaskTokens } from './task-tokens.ts';
import { startTimer, type Timer } from './timer.ts';
import { Variables } from './variables.ts';

/** Express executions end after five minutes, Standard ones after a year. */
const expressLimitMilliseconds = 5 * 60 * 1000;
const standardLimitMilliseconds = 365 * 24 * 3600 * 1000;

/**
 * One execution of a state machine. Nothing happens until `start()`; from then on it is driven by the environment's clock
 * and by the promises of its tasks alone.
 */
export class Execution {
  readonly arn: string;
  readonly options: ExecutionOptions;
  /** Settles when the execution has ended; rejects only for a defect of the environment or the interpreter. */
  readonly result: Promise<ExecutionResult>;
  readonly startedAt: number;
  readonly #machine: CompiledStateMachine;
  readonly #run: Run;
  readonly #strand: Strand;
  readonly #input: Json;
  #status: ExecutionStatus = 'RUNNING';
  #endedAt: number | undefined;
  #deadline: Timer | undefined;
  #resolve: (result: ExecutionResult) => void = () => {};
  #reject: (defect: unknown) => void = () => {};

  /** `parent` is the execution whose distributed Map starts this one. Throws InvalidExecutionInput. */
  constructor(machine: CompiledStateMachine, options: ExecutionOptions, parent?: Run) {
    this.#machine = machine;
    this.arn = options.arn;
    this.options = options;
    this.startedAt = options.environment.clock.now();
    this.#input = parseInput(options.input);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#run = new Run({
      options,
      input: this.#input,
      execution: this,
      tokens: parent?.tokens ?? new TaskTokens(),
      root: parent?.root,
      overflow: () => this.#overflow(),
    });
    this.#strand = new Strand(this.#run, { variables: new Variables(), lastEventId: 0 });
  }

  /** Enters the first state. Call once. */
  start(): void {
    const { environment, type, roleArn } = this.options;
    // The first state's entry hangs on nothing: AWS gives both it and ExecutionStarted the previous event id 0.
    this.#run.write('ExecutionStarted', 0, 'executionStartedEventDetails', {
      ...withInput(textOf(this.#input)),
      roleArn,
    });
    const limit = type === 'EXPRESS' ? expressLimitMilliseconds : standardLimitMilliseconds;
    const own = this.#machine.timeoutSeconds;
    const milliseconds = own === undefined ? limit : Math.min(own * 1000, limit);
    this.#deadline = startTimer(environment.clock, milliseconds, `time limit of ${this.arn}`, () => this.#timeOut());
    performStates(programOf(this.#machine), this.#strand, this.#input).then(
      (output) => this.#succeed(output),
      (error: unknown) => this.#fail(error),
    );
  }

  /** StopExecution: ABORTED at once; what runs is abandoned. No effect on an execution that has ended. */
  stop(reason: { readonly error?: string; readonly cause?: string } = {}): void {
    const { error, cause } = reason;
    const details = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    this.#end({ status: 'ABORTED', ...details }, 'ExecutionAborted', 'executionAbortedEventDetails', details);
  }

  /** SendTaskSuccess. Throws a StepFunctionsError InvalidToken, TaskTimedOut or InvalidOutput, changing nothing. */
  sendTaskSuccess(token: string, outputJsonText: string): void {
    const holder = this.#run.tokens.holder(token);
    let output: Json;
    try {
      output = JSON.parse(outputJsonText) as Json;
    } catch {
      throw new StepFunctionsError('InvalidOutput', "Invalid Output: 'Invalid output.'");
    }
    holder.succeed(output);
  }

  /** SendTaskFailure. Throws a StepFunctionsError InvalidToken or TaskTimedOut. */
  sendTaskFailure(token: string, failure: { readonly error?: string; readonly cause?: string }): void {
    this.#run.tokens.holder(token).fail(failure);
  }

  /** SendTaskHeartbeat. Throws a StepFunctionsError InvalidToken or TaskTimedOut. */
  sendTaskHeartbeat(token: string): void {
    this.#run.tokens.holder(token).heartbeat();
  }

  /** Whether a token was given out by this execution, or by a child of its distributed Maps; also when it has been answered. */
  holdsToken(token: string): boolean {
    return this.#run.tokens.has(token);
  }

  /** The events so far, oldest first. A live array: do not change it. */
  get history(): readonly HistoryEvent[] {
    return this.#run.history.events;
  }

  get status(): ExecutionStatus {
    return this.#status;
  }

  /** Virtual milliseconds since 1970 at which it ended; undefined while it runs. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  #succeed(output: Json): void {
    const text = textOf(output);
    if (exceedsBytes(text, maximumPayloadBytes)) {
      this.#fail(
        new StateError('States.DataLimitExceeded', 'The output exceeds the maximum number of bytes service limit.'),
      );
      return;
    }
    this.#end(
      { status: 'SUCCEEDED', output: text },
      'ExecutionSucceeded',
      'executionSucceededEventDetails',
      withOutput(text),
    );
  }

  #fail(error: unknown): void {
    if (error instanceof Abandoned || this.#status !== 'RUNNING') return;
    if (!(error instanceof StateError)) {
      this.#close('FAILED');
      this.#reject(error);
      return;
    }
    const details = failureDetails(error);
    this.#end(
      { status: 'FAILED', ...(details as { error?: string; cause?: string }) },
      'ExecutionFailed',
      'executionFailedEventDetails',
      details,
    );
  }

  #timeOut(): void {
    this.#end({ status: 'TIMED_OUT' }, 'ExecutionTimedOut', 'executionTimedOutEventDetails', {});
  }

  #overflow(): never {
    if (this.options.type === 'EXPRESS') {
      this.#timeOut();
      throw new Abandoned();
    }
    const cause = `The execution reached the maximum number of history events (${maximumHistoryEvents}).`;
    this.#fail(new StateError('States.Runtime', cause));
    throw new Abandoned();
  }

  #end(
    result: ExecutionResult,
    type: HistoryEventType,
    member: `${string}EventDetails`,
    details: HistoryEventDetails,
  ): void {
    if (this.#status !== 'RUNNING') return;
    // What ends an execution from outside hangs on no event (recorded for ExecutionAborted, assumed for ExecutionTimedOut).
    const fromOutside = type === 'ExecutionAborted' || type === 'ExecutionTimedOut';
    this.#run.write(type, fromOutside ? 0 : this.#strand.lastEventId, member, details);
    this.#close(result.status);
    this.#resolve(result);
  }

  #close(status: Exclude<ExecutionStatus, 'RUNNING'>): void {
    this.#status = status;
    this.#endedAt = this.options.environment.clock.now();
    this.#deadline?.cancel();
    this.#run.history.close();
    this.#strand.abort();
  }
}
