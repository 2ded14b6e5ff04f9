import * as z from 'zod';

/** By schedule: nothing has to be said. */
export const releasePushedInput = z.looseObject({});

export interface ReleasePushedOutput {
  /** Executions of `canary-promotion` that were started, by their names. */
  readonly started: readonly string[];
  /** Services whose newest image is not yet in every region, or not yet scanned there. */
  readonly waiting: readonly string[];
  /** Services that a promotion or rollback holds just now. */
  readonly held: readonly string[];
}
