/*
 * How many snapshots reach the other region in an hour, and which sets are copied at all. docs/decisions/0022-recovery-sets-and-their-thinning.md
 * does the sum.
 */

/** '20 cross-Region snapshot copy requests in progress': https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html */
export const copiesAtOnceMax = 20;
/** Of one copy, after the first of its database. Assumed: nothing of ours has measured it. */
export const copyMinutes = 5;

/** Every how many sets one has to be copied at least, so that its copies are through before those of the next one begin. */
export function copyEveryNeeded(databases: number, everyMinutes: number): number {
  const minutes = Math.ceil(databases / copiesAtOnceMax) * copyMinutes;
  return Math.max(1, Math.ceil(minutes / everyMinutes));
}

const minute = 60_000;

/** Whether the set that is due at this time (milliseconds since 1970) is copied: counted from 1970, so that nobody has to remember. */
export function isCopied(dueAt: number, { everyMinutes, copyEvery = 1 }: CopySchedule): boolean {
  return Math.floor(dueAt / (everyMinutes * minute)) % copyEvery === 0;
}

export interface CopySchedule {
  readonly everyMinutes: number;
  readonly copyEvery?: number | undefined;
}
