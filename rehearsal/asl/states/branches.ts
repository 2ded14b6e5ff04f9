import { Abandoned, StateError } from '../errors.ts';
import type { Strand } from '../strand.ts';
import type { Visit } from '../visit.ts';

/** A strand that ended badly, with what ended it. */
export interface BranchFailure {
  readonly strand: Strand;
  readonly error: unknown;
}

/**
 * Waits for a group of strands: all good, or the first bad one. What fails does so only after everything else that was due at
 * the same instant has happened: siblings that time out together all write their timeouts, as on AWS.
 */
export class BranchGroup {
  readonly settled: Promise<BranchFailure | undefined>;
  readonly #visit: Visit;
  #open = 0;
  #failed = false;
  #resolve: (failure: BranchFailure | undefined) => void = () => {};

  constructor(visit: Visit) {
    this.#visit = visit;
    this.settled = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Runs a strand; `done` is called when it has ended well, before the group can settle. */
  add(strand: Strand, work: Promise<unknown>, done: () => void): void {
    this.#open++;
    this.#visit.strand.children.push(strand);
    work.then(
      () => {
        if (this.#failed) return;
        strand.openState = undefined;
        done();
        this.#open--;
        if (this.#open === 0) this.#resolve(undefined);
      },
      (error: unknown) => {
        if (this.#failed || error instanceof Abandoned) return;
        if (!(error instanceof StateError) || error.fatal) {
          this.#failed = true;
          this.#resolve({ strand, error });
          return;
        }
        this.#failed = true;
        this.#visit.strand.run.environment.clock.after(0, `failure in ${this.#visit.state.name}`, () =>
          this.#resolve({ strand, error }),
        );
      },
    );
  }
}

/**
 * Ends all strands of a composite state after one of them failed, writing what AWS writes, and lets the chain go on from there.
 * An iteration that had ended well, and after which the next one's ItemSelector failed, is no failed iteration.
 */
export function endBranches(visit: Visit, failure: BranchFailure): void {
  const parent = visit.strand;
  const { lastEventId } = failure.strand;
  parent.check();
  if (failure.strand.iteration && failure.strand.openState !== undefined) {
    parent.run.write('MapIterationFailed', lastEventId, 'mapIterationFailedEventDetails', failure.strand.iteration);
  }
  failure.strand.writeAborted(lastEventId);
  for (const child of parent.children) {
    if (child === failure.strand || child.openState === undefined) continue;
    if (child.iteration)
      parent.run.write('MapIterationAborted', lastEventId, 'mapIterationAbortedEventDetails', child.iteration);
    child.writeAborted(lastEventId);
  }
  for (const child of parent.children) child.abort();
  parent.children.length = 0;
  parent.lastEventId = lastEventId;
}
