import { UnknownFault } from '../errors.ts';
import type { FaultDescription } from '../faults/catalogue.ts';

const world = (name: string, meaning: string) => ({ name, class: 'world', meaning }) as const;
const sabotage = (name: string, meaning: string, breaks: string) =>
  ({ name, class: 'sabotage', meaning, breaks }) as const;

/** Every fault that can be named for a restore test. */
export const restoreFaults: readonly FaultDescription[] = [
  world('throttle', 'AWS throttles one call in ten'),
  world('server-error', 'AWS answers one call in ten with a 5xx'),
  world('timeout', 'one call in twenty-five never gets an answer'),
  world('lost-answer', 'one call in twenty-five has its effect, and its answer is lost'),
  world('crash-before', 'one invocation in ten dies before it did anything'),
  world('crash-after-side-effect', 'one invocation in ten dies after its work, before its answer'),
  world('deliver-twice', 'one invocation in ten is delivered a second time'),
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
  const unknown = names.filter((name) => !restoreFaults.some((fault) => fault.name === name));
  if (unknown.length === 0) return;
  throw new UnknownFault(
    `There is no fault ${unknown.map((name) => `'${name}'`).join(', ')} for a restore test. Known: ${restoreFaults.map(({ name }) => name).join(', ')}.`,
  );
}
