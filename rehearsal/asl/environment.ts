import type { Json } from '../kernel/log.ts';
import type { Execution } from './execution.ts';
import type { HistoryEvent } from './history-event.ts';

/**
 * The outside of an interpreter: time, chance, identifiers, tasks, S3. The rehearsal's kernel gives the first two. JSON that is
 * handed over, in either direction, is shared and must not be changed afterwards: the history keeps its text.
 */
export interface Environment {
  readonly clock: Clock;
  /** Retry jitter, `$random`, `States.MathRandom`. Uniform in [0, 1). */
  readonly random: { uniform(): number };
  /** A new UUID of a kind: `uuid` (for `$uuid` and `States.UUID`), `task-token`, `map-run`, `child-execution`. */
  newId(kind: IdentifierKind): string;
  /**
   * Does the work of one attempt of a Task state. Resolves with what the service answered:
   * - plain resource (request-response): the answer;
   * - `.waitForTaskToken`: the answer to the call that handed the token on. The execution then waits for the token itself;
   * - `.sync`, `.sync:2`: the end of the job; call `call.submitted(answer)` when the job has been accepted;
   * - a Lambda function's ARN: the function's payload; an activity's ARN: the worker's result.
   * A failure is resolved too, as `{error, cause}` under the name that Step Functions gives it (`DynamoDb.ConditionalCheck...`).
   * A rejection is a defect of the environment: it is passed to `execution.result` and never seen by Retry or Catch.
   * An answer that comes after the attempt was abandoned is ignored.
   */
  runTask(call: TaskCall): Promise<TaskOutcome>;
  /** `s3:getObject` of a distributed Map's ItemReader. Left out: a definition that needs it fails with States.ItemReaderFailed. */
  readObject?(location: ObjectLocation): Promise<ObjectContent | TaskFailure>;
  /** `s3:listObjectsV2` of an ItemReader: what S3 answers in `Contents`, in key order. */
  listObjects?(location: {
    readonly bucket: string;
    readonly prefix?: string;
  }): Promise<readonly ListedObject[] | TaskFailure>;
  /** ResultWriter. */
  writeObject?(location: ObjectLocation, body: string): Promise<undefined | TaskFailure>;
  /** Called with each history event as it is written, children of a distributed Map included. */
  onEvent?(event: HistoryEvent, execution: Execution): void;
  /** Called when a distributed Map has started a child execution (before its first event). */
  onChildExecution?(child: Execution, parent: Execution): void;
}

export type IdentifierKind = 'uuid' | 'task-token' | 'map-run' | 'child-execution';

/** Virtual time. `after` runs the action once, later, in order of (time, call). The rehearsal's Kernel is one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  after(milliseconds: number, label: string, action: () => void): { cancel(): void };
}

/** One attempt of a Task state, handed to the environment. */
export interface TaskCall {
  /** `Resource` as the definition has it, `.sync` and `.waitForTaskToken` included. */
  readonly resource: string;
  /** `Arguments`, `Parameters` or the state's input, evaluated. */
  readonly arguments: Json;
  /** `Credentials`, evaluated: `{RoleArn}`. */
  readonly credentials?: { readonly RoleArn: string };
  /** For `.waitForTaskToken`, `.sync` and activities: what SendTask* must name. It stands in `arguments` where the definition put it. */
  readonly taskToken?: string;
  readonly stateName: string;
  /** The execution whose task it is; in a distributed Map the child's. */
  readonly executionArn: string;
  /** The execution that was started from outside: `sendTaskSuccess` and the like are its methods, also for a child's token. */
  readonly rootExecutionArn: string;
  /** The role that the state machine runs under. */
  readonly roleArn: string;
  readonly timeoutMilliseconds?: number;
  readonly heartbeatMilliseconds?: number;
  /** Aborted when nobody waits for the answer any more: timeout, missed heartbeat, a failed sibling branch, a stopped execution. */
  readonly abandoned: Abandonment;
  /** `.sync` only: the job was accepted with this answer (history event TaskSubmitted). At most once; no effect elsewhere. */
  submitted(answer: Json): void;
}

/** Like an AbortSignal, without a host's event loop in it. */
export interface Abandonment {
  readonly aborted: boolean;
  /** Runs the action when the attempt is abandoned, at once if it already was. */
  onAbort(action: () => void): void;
}

export type TaskOutcome = TaskAnswer | TaskFailure;

export interface TaskAnswer {
  readonly output: Json;
}

/** `error` left out or null: the task failed without saying how (SendTaskFailure without an error). */
export interface TaskFailure {
  readonly error?: string | null;
  readonly cause?: string | null;
}

export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  readonly expectedBucketOwner?: string;
}

export interface ObjectContent {
  readonly body: string;
}

/** A member of ListObjectsV2's `Contents`. */
export interface ListedObject {
  readonly Key: string;
  readonly Size: number;
  readonly Etag?: string;
  readonly LastModified?: number;
  readonly StorageClass?: string;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** How an execution ended. `output` is JSON text, as DescribeExecution gives it; `error` and `cause` may be missing. */
export interface ExecutionResult {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** What StartExecution gives an execution. */
export interface ExecutionOptions {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  /** JSON text, at most 262,144 bytes. The constructor throws InvalidExecutionInput otherwise. */
  readonly input: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** StartSyncExecution of an Express machine: its context object has no RedriveCount. */
  readonly synchronous?: boolean;
  readonly environment: Environment;
}
