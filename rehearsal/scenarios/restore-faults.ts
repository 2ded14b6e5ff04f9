import { everydayFaults, type FaultDescription, knownFaults, sabotage, world } from '../faults/described.ts';

/** Every fault that can be named for a restore test. */
export const restoreFaults: readonly FaultDescription[] = [
  ...everydayFaults,
  world('stopped-by-hand', 'somebody stops the test in the Step Functions console while it restores'),
  world('rotated-since', 'every secret of the database is rotated twice between the set and the test'),
  sabotage('break-cleanup', 'the right to delete instances is taken away', 'nothing made for a test is left'),
  sabotage(
    'break-verdict',
    'somebody marks the set as proven by hand',
    'a proof is marked wherever the set is, and nowhere else',
  ),
];

/** Throws UnknownFault. */
export function requireRestoreFaults(names: readonly string[]): void {
  knownFaults(names, restoreFaults, 'a restore test');
}
