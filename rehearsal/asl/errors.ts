/** Longest error name and cause that the API carries. https://docs.aws.amazon.com/step-functions/latest/apireference/API_ExecutionFailedEventDetails.html */
const maximumErrorLength = 256;
const maximumCauseLength = 32_768;

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
  /** Another name that Retry and Catch know it by: a missed heartbeat is a States.Timeout and a States.HeartbeatTimeout. */
  readonly alias: string | undefined;
  /** States.ALL does not match it; its own name does. */
  readonly terminal: boolean;

  constructor(
    error: string | undefined,
    reason: string | undefined,
    kind: { fatal?: boolean; alias?: string; terminal?: boolean } = {},
  ) {
    super(`${error ?? '(no error name)'}: ${reason ?? ''}`);
    this.name = 'StateError';
    this.error = error?.slice(0, maximumErrorLength);
    this.reason = reason?.slice(0, maximumCauseLength);
    this.fatal = kind.fatal ?? false;
    this.alias = kind.alias;
    this.terminal = kind.terminal ?? false;
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
  /** Whether it is an evaluation that failed, and how: in the expression, or in what the state makes of its value. */
  readonly evaluation: 'expression' | 'value' | undefined;

  constructor(fault: {
    error: string;
    message: string;
    fatal: boolean;
    location?: string;
    evaluation?: 'expression' | 'value';
  }) {
    super(fault.message);
    this.name = 'StateFault';
    this.error = fault.error;
    this.fatal = fault.fatal;
    this.location = fault.location;
    this.evaluation = fault.evaluation;
  }
}

/** Whether Retry and Catch get to see what was thrown: not a fatal error, and no defect of the interpreter or its environment. */
export function isRecoverable(error: unknown): boolean {
  return (error instanceof StateError || error instanceof StateFault) && !error.fatal;
}

/** `States.Runtime`: 'not retriable, and will always cause the execution to fail' (concepts-error-handling). */
export function runtimeFault(message: string): StateFault {
  return new StateFault({ error: 'States.Runtime', message, fatal: true });
}

/**
 * `States.QueryEvaluationError`: a JSONata expression failed or gave a value of another type, or the state cannot use the value.
 * Retriable.
 */
export function evaluationFault(message: string, of: 'expression' | 'value', location?: string): StateFault {
  return new StateFault({
    error: 'States.QueryEvaluationError',
    message,
    fatal: false,
    evaluation: of,
    ...(location === undefined ? {} : { location }),
  });
}

/**
 * A state's own data grew over the limit: 'a terminal error that the States.ALL error name can't catch'
 * (concepts-error-handling). What a task answers is judged more kindly: see `taskResultTooLong`.
 */
export function dataLimitExceeded(stateName: string): StateError {
  return new StateError('States.DataLimitExceeded', dataLimitCause(stateName), { terminal: true });
}

/** Assign would keep more than AWS does. The name is that of the other limits; the words are ours. */
export function variablesTooLarge(stateName: string): StateError {
  const cause = `The variables that the state '${stateName}' assigns exceed the maximum number of bytes service limit.`;
  return new StateError('States.DataLimitExceeded', cause, { terminal: true });
}

/** A task's answer is over the limit. AWS names the integration or the function, and States.ALL catches it. */
export function taskResultTooLong(integration: string): StateError {
  return new StateError('States.DataLimitExceeded', dataLimitCause(integration));
}

function dataLimitCause(name: string): string {
  return `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`;
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
