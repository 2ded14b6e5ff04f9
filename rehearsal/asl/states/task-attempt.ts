import type { Json } from '../../kernel/log.ts';
import type { TaskCall, TaskOutcome } from '../environment.ts';
import type { Strand } from '../strand.ts';
import type { TokenHolder } from '../task-tokens.ts';
import { startTimer, type Timer } from '../timer.ts';
import type { Resource } from './resource.ts';

/** How an attempt ended. */
export type AttemptOutcome = TaskOutcome | 'timed-out' | 'heartbeat-missed';

/**
 * One attempt of a task, waiting. It ends once: by the environment's answer, the token's answer, the timeout or a missed
 * heartbeat, whatever is first; what comes later is ignored. An abandoned attempt never ends.
 */
export class TaskAttempt implements TokenHolder {
  readonly #strand: Strand;
  readonly #resource: Resource;
  readonly #call: Omit<TaskCall, 'abandoned' | 'submitted'>;
  readonly #listeners: (() => void)[] = [];
  #over = false;
  #aborted = false;
  #submitted = false;
  #answer: TaskOutcome | undefined;
  #timers: Timer[] = [];
  #heartbeat: Timer | undefined;
  #settle: (outcome: AttemptOutcome) => void = () => {};
  #reject: (defect: unknown) => void = () => {};

  constructor(strand: Strand, resource: Resource, call: Omit<TaskCall, 'abandoned' | 'submitted'>) {
    this.#strand = strand;
    this.#resource = resource;
    this.#call = call;
  }

  /** Makes the call and waits. `onSubmitted` is called when the job was accepted or the token handed on. */
  outcome(onSubmitted: (answer: Json) => void): Promise<AttemptOutcome> {
    const { environment, tokens } = this.#strand.run;
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
      this.#strand.onAbort(this.#abandon);
      if (this.#call.taskToken !== undefined) tokens.open(this.#call.taskToken, this);
      this.#startTimers();
      environment.runTask(this.#taskCall(onSubmitted)).then(
        (outcome) => this.#answered(outcome, onSubmitted),
        (defect: unknown) => {
          if (this.#over) return;
          this.#close();
          this.#reject(defect);
        },
      );
    });
  }

  succeed(output: Json): void {
    this.#tokenAnswered({ output });
  }

  fail(failure: { readonly error?: string; readonly cause?: string }): void {
    this.#tokenAnswered({ error: failure.error ?? null, cause: failure.cause ?? null });
  }

  heartbeat(): void {
    this.#restartHeartbeat();
  }

  #taskCall(onSubmitted: (answer: Json) => void): TaskCall {
    const attempt = this;
    return {
      ...this.#call,
      abandoned: {
        get aborted() {
          return attempt.#aborted;
        },
        onAbort: (action) => {
          if (attempt.#aborted) action();
          else if (!attempt.#over) attempt.#listeners.push(action);
        },
      },
      submitted: (answer) => {
        if (attempt.#over || attempt.#submitted || attempt.#resource.pattern !== 'sync') return;
        attempt.#submitted = true;
        onSubmitted(answer);
      },
    };
  }

  #answered(outcome: TaskOutcome, onSubmitted: (answer: Json) => void): void {
    if (this.#over) return;
    const waitsForToken = this.#resource.pattern === 'token' && this.#resource.family === 'task';
    if (!waitsForToken || !('output' in outcome)) {
      this.#end(outcome);
      return;
    }
    this.#submitted = true;
    onSubmitted(outcome.output);
    if (this.#answer) this.#end(this.#answer);
  }

  /** A token may be answered while the call that hands it on is still under way: the answer then waits for the call's. */
  #tokenAnswered(answer: TaskOutcome): void {
    const { taskToken } = this.#call;
    if (taskToken !== undefined) this.#strand.run.tokens.close(taskToken);
    if (this.#submitted || this.#resource.family === 'activity' || this.#resource.pattern === 'sync') this.#end(answer);
    else this.#answer = answer;
  }

  #startTimers(): void {
    const { clock } = this.#strand.run.environment;
    const { timeoutMilliseconds, stateName } = this.#call;
    if (timeoutMilliseconds !== undefined) {
      this.#timers.push(
        startTimer(clock, timeoutMilliseconds, `timeout of ${stateName}`, () => this.#timeOut('timed-out')),
      );
    }
    this.#restartHeartbeat();
  }

  /** Heartbeats are sent with a token, so only a task that waits for one can miss them. */
  #restartHeartbeat(): void {
    const { heartbeatMilliseconds, taskToken, stateName } = this.#call;
    if (heartbeatMilliseconds === undefined || taskToken === undefined || this.#resource.pattern !== 'token') return;
    this.#heartbeat?.cancel();
    const { clock } = this.#strand.run.environment;
    this.#heartbeat = startTimer(clock, heartbeatMilliseconds, `heartbeat of ${stateName}`, () =>
      this.#timeOut('heartbeat-missed'),
    );
  }

  #timeOut(how: 'timed-out' | 'heartbeat-missed'): void {
    if (this.#over) return;
    this.#abort();
    this.#settle(how);
  }

  #end(outcome: TaskOutcome): void {
    if (this.#over) return;
    this.#close();
    this.#settle(outcome);
  }

  readonly #abandon = (): void => {
    if (!this.#over) this.#abort();
  };

  #abort(): void {
    this.#aborted = true;
    this.#close();
    for (const listener of this.#listeners) listener();
  }

  #close(): void {
    this.#over = true;
    for (const timer of this.#timers) timer.cancel();
    this.#heartbeat?.cancel();
    this.#strand.offAbort(this.#abandon);
    if (this.#call.taskToken !== undefined) this.#strand.run.tokens.close(this.#call.taskToken);
  }
}
