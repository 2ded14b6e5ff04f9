import type { Checker } from './checker.ts';
import { type FailoverEyes, neverTwoPrimaries, trafficWhereItIsServed } from './failover.ts';
import { executionsEnd, nothingDenied } from './order.ts';

/** The world once a failback is over, read from databases, tables and records, not from what a workflow says. */
export interface FailbackAtEnd {
  /** Writes that were acknowledged since the failback began, or kept when it did, and that the primary of now does not have. */
  readonly lostWrites: readonly string[];
  /** Writes that one region acknowledged after the other had begun to. */
  readonly writtenInTwo: readonly string[];
  /** Why the application can't write where it is; empty: it does. */
  readonly silent: readonly string[];
  readonly reigns: readonly string[];
  readonly reignsExpected: readonly string[];
  /** What the region that reigns does not do that a primary does. */
  readonly missingAfterwards: readonly string[];
  /** What is wrong with the instances that were set aside. */
  readonly evidenceLost: readonly string[];
  /** Claims of a failback that bind still. */
  readonly claims: readonly string[];
  readonly leaks: readonly string[];
  readonly executionsRunning: readonly { readonly workflow: string; readonly execution: string }[];
}

export type FailbackChecker = Checker<FailbackAtEnd>;

const saying = (name: string, conclude: (world: FailbackAtEnd) => readonly string[]): FailbackChecker => ({
  name,
  conclude,
});

/** The checkers of a failback, in the order in which a person reads them. */
export function failbackCheckers(eyes: FailoverEyes): readonly FailbackChecker[] {
  return [
    neverTwoPrimaries(eyes),
    saying('no acknowledged write is lost', ({ lostWrites }) => {
      const [first] = lostWrites;
      return first === undefined ? [] : [`${lostWrites.length} acknowledged writes are missing, first '${first}'`];
    }),
    saying('the application writes at the end', ({ silent }) => silent),
    trafficWhereItIsServed(eyes),
    saying('one reign at the end, and its number', ({ reigns, reignsExpected }) =>
      reigns.join() === reignsExpected.join()
        ? []
        : [`${reigns.join(', ') || 'no region'} instead of ${reignsExpected.join(', ')}`],
    ),
    saying('the region that reigns backs up, rotates and alarms', ({ missingAfterwards }) => missingAfterwards),
    saying('what was left is kept as evidence', ({ evidenceLost }) => evidenceLost),
    saying('nothing is claimed at the end', ({ claims }) => claims),
    saying('no password stands anywhere', ({ leaks }) => leaks),
    executionsEnd(),
    nothingDenied(),
  ];
}
