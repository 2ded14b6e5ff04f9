import type { Checker } from './checker.ts';
import { executionsEnd, nothingDenied } from './order.ts';

/** The world once a restore test is over, read from RDS, EC2, the tables and the alarms, not from what a workflow says. */
export interface RestoreTestAtEnd {
  /** What the workflow said. */
  readonly verdict: 'proven' | 'failed' | 'none';
  /** Whether the restored data were what they had been, and warm. */
  readonly sound: boolean;
  /** The test was stopped or could not be made, by no fault of the data. */
  readonly hindered: boolean;
  /** Regions whose record of the set says that it is proven; of all that hold a copy. */
  readonly markedProven: readonly string[];
  readonly regions: readonly string[];
  /** A set that was proven before and whose proof or snapshots are gone. */
  readonly proofsLost: readonly string[];
  /** Alarms of restore tests that rang after the test began. */
  readonly alarms: readonly string[];
  /** Restored instances that did not stand in the isolated network. */
  readonly outside: readonly string[];
  /** What the running database came to by the test. */
  readonly disturbed: readonly string[];
  readonly leftBehind: readonly string[];
  readonly leaks: readonly string[];
  readonly executionsRunning: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly asksUntil?: number;
  }[];
}

type RestoreChecker = Checker<RestoreTestAtEnd>;

const saying = (name: string, conclude: (world: RestoreTestAtEnd) => readonly string[]): RestoreChecker => ({
  name,
  conclude,
});

/** The checkers of a restore test, in the order in which a person reads them. */
export function restoreTestCheckers(): readonly RestoreChecker[] {
  return [
    saying('the verdict is what the data are', ({ verdict, sound, hindered }) => {
      if (verdict === 'proven') return sound ? [] : ['a set with wrong or cold data was proven'];
      return sound && !hindered ? [`a sound set was not proven: ${verdict}`] : [];
    }),
    saying('a proof is marked wherever the set is, and nowhere else', ({ verdict, markedProven, regions }) => {
      const expected = verdict === 'proven' ? regions : [];
      return markedProven.join() === expected.join()
        ? []
        : [`marked in ${markedProven.join(', ') || 'no region'} instead of ${expected.join(', ') || 'none'}`];
    }),
    saying('what was proven before stays', ({ proofsLost }) => proofsLost),
    saying('a failed test alarms', ({ verdict, alarms }) =>
      verdict === 'proven' || alarms.length > 0 ? [] : [`the test ended as ${verdict} and no alarm rang`],
    ),
    saying('a test stands in a network of its own', ({ outside }) => outside),
    saying('the running database is left alone', ({ disturbed }) => disturbed),
    saying('nothing made for a test is left', ({ leftBehind }) => leftBehind.map((each) => `${each} is still there`)),
    saying('no password stands anywhere', ({ leaks }) => leaks),
    executionsEnd(),
    nothingDenied(),
  ];
}
