/**
 * A state failed under an error name that Retry and Catch can look at.
 * Names: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export class StateError extends Error {
  /** Left out: the failure came without a name (a Fail state without Error, SendTaskFailure without error). */
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** Ends the execution whatever Retry and Catch say. */
  readonly fatal: boolean;
  /** A task reported it: States.TaskFailed matches it. */
  readonly fromTask: boolean;

  constructor(
    error: string | undefined,
    reason: string | undefined,
    kind: { fatal?: boolean; fromTask?: boolean } = {},
  ) {
    super(`${error ?? '(no error name)'}: ${reason ?? ''}`);
    this.name = 'StateError';
    this.error = error;
    this.reason = reason;
    this.fatal = kind.fatal ?? false;
    this.fromTask = kind.fromTask ?? false;
  }
}

/**
 * A fault that is reported as "An error occurred while executing the state 'X' (entered at the event id #n). ..."; the visit
 * that catches it knows the state and adds those words.
 */
export class StateFault extends Error {
  readonly error: string;
  readonly fatal: boolean;
  /** Field of a JSONata expression that failed: the fault is then written to the history as EvaluationFailed. */
  readonly location: string | undefined;
  readonly evaluation: boolean;

  constructor(fault: { error: string; message: string; fatal: boolean; location?: string; evaluation?: boolean }) {
    super(fault.message);
    this.name = 'StateFault';
    this.error = fault.error;
    this.fatal = fault.fatal;
    this.location = fault.location;
    this.evaluation = fault.evaluation ?? false;
  }
}

/** `States.Runtime`: 'not retriable, and will always cause the execution to fail' (concepts-error-handling). */
export function runtimeFault(message: string): StateFault {
  return new StateFault({ error: 'States.Runtime', message, fatal: true });
}

/** `States.QueryEvaluationError`: a JSONata expression failed or gave a value that its field does not take. Retriable. */
export function evaluationFault(message: string, location?: string): StateFault {
  return new StateFault({
    error: 'States.QueryEvaluationError',
    message,
    fatal: false,
    evaluation: true,
    ...(location === undefined ? {} : { location }),
  });
}

/** A terminal error that States.ALL does not catch; it is thrown with AWS's own words, without the state's prefix. */
export function dataLimitExceeded(stateName: string): StateError {
  return new StateError(
    'States.DataLimitExceeded',
    `The state/task '${stateName}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    { fatal: true },
  );
}

/** Thrown by the methods of an execution under the error names of the Step Functions API. */
export class StepFunctionsError extends Error {
  constructor(
    name: 'TaskDoesNotExist' | 'TaskTimedOut' | 'InvalidOutput' | 'InvalidExecutionInput' | 'InvalidToken',
    message: string,
  ) {
    super(message);
    this.name = name;
  }
}

/** The work of an abandoned branch goes no further: thrown through it, reported nowhere. */
export class Abandoned extends Error {
  constructor() {
    super('abandoned');
    this.name = 'Abandoned';
  }
}
