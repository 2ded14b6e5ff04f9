import type { Json } from '../kernel/log.ts';
import { StepFunctionsError } from './errors.ts';

/** What a token's holder does to the task that waits. */
export interface TokenHolder {
  succeed(output: Json): void;
  fail(failure: { readonly error?: string; readonly cause?: string }): void;
  heartbeat(): void;
}

/** The task tokens that one execution has given out. A token answers once; after its task has ended it is known but closed. */
export class TaskTokens {
  readonly #open = new Map<string, TokenHolder>();
  readonly #closed = new Set<string>();

  open(token: string, holder: TokenHolder): void {
    this.#open.set(token, holder);
  }

  close(token: string): void {
    if (this.#open.delete(token)) this.#closed.add(token);
  }

  has(token: string): boolean {
    return this.#open.has(token) || this.#closed.has(token);
  }

  /**
   * The task that waits for this token. A token whose task has ended, answered or not, gives TaskTimedOut: 'The task token has
   * either expired or the task associated with the token has already been closed'
   * (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html).
   */
  holder(token: string): TokenHolder {
    const holder = this.#open.get(token);
    if (holder) return holder;
    if (this.#closed.has(token)) {
      throw new StepFunctionsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    throw new StepFunctionsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
}
