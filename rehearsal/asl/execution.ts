import type { CompiledStateMachine } from './compile.ts';
import type { ExecutionOptions, ExecutionResult, ExecutionStatus } from './environment.ts';
import type { HistoryEvent } from './history-event.ts';

/**
 * One execution of a state machine. Nothing happens until `start()`; from then on it is driven by the environment's clock
 * and by the promises of its tasks alone.
 */
export class Execution {
  readonly arn: string;
  /** Settles when the execution has ended; rejects only for a defect of the environment. */
  readonly result: Promise<ExecutionResult>;
  readonly startedAt: number;

  constructor(_machine: CompiledStateMachine, options: ExecutionOptions) {
    this.arn = options.arn;
    this.startedAt = options.environment.clock.now();
    this.result = Promise.reject(new Error('not yet built'));
  }

  /** Enters the first state. Call once. */
  start(): void {}

  /** StopExecution: ABORTED at once; what runs is abandoned. No effect on an execution that has ended. */
  stop(_reason: { readonly error?: string; readonly cause?: string }): void {}

  /** SendTaskSuccess. Throws TaskDoesNotExist, TaskTimedOut or InvalidOutput (as error names), changing nothing. */
  sendTaskSuccess(_token: string, _outputJsonText: string): void {}

  /** SendTaskFailure. Throws TaskDoesNotExist or TaskTimedOut. */
  sendTaskFailure(_token: string, _failure: { readonly error?: string; readonly cause?: string }): void {}

  /** SendTaskHeartbeat. Throws TaskDoesNotExist or TaskTimedOut. */
  sendTaskHeartbeat(_token: string): void {}

  /** The events so far, oldest first. A live array: do not change it. */
  get history(): readonly HistoryEvent[] {
    return [];
  }

  get status(): ExecutionStatus {
    return 'RUNNING';
  }
}
