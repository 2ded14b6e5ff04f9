/** Event types of GetExecutionHistory that this interpreter writes. */
export type HistoryEventType =
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'TimedOut'}`
  | `${'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Parallel' | 'Map'}State${'Entered' | 'Exited'}`
  | 'FailStateEntered'
  | `${'Task' | 'Wait' | 'Parallel' | 'Map'}StateAborted`
  | `${'Parallel' | 'Map'}State${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | `MapRun${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | `LambdaFunction${'Scheduled' | 'ScheduleFailed' | 'Started' | 'StartFailed' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `Activity${'Scheduled' | 'ScheduleFailed' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `Task${'Scheduled' | 'Started' | 'StartFailed' | 'SubmitFailed' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | 'EvaluationFailed';

/** Details of one event, under AWS's own member name (`stateEnteredEventDetails`, `taskScheduledEventDetails`, ...). */
export type HistoryEventDetails = Readonly<Record<string, unknown>>;

/**
 * One event in the shape of GetExecutionHistory:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 * `timestamp` is virtual time. Exactly one `...EventDetails` member, or none where AWS gives none.
 */
export interface HistoryEvent {
  readonly timestamp: Date;
  readonly type: HistoryEventType;
  /** 1, 2, 3, ... within an execution. */
  readonly id: number;
  /** The event that led to this one; 0 for ExecutionStarted. Iterations and branches form chains of their own. */
  readonly previousEventId: number;
  readonly [details: `${string}EventDetails`]: HistoryEventDetails | undefined;
}
