import type { RestoreOutcome } from './restore.ts';
import type { RestoreCorruption, RestoreTestResult } from './restore-request.ts';

/** A restore test that has a name, because it says something about Mainstay that must stay true. */
export interface NamedRestoreTest {
  readonly name: string;
  readonly region?: 'standby';
  readonly corrupt?: RestoreCorruption;
  readonly faults: readonly string[];
  readonly verdict: RestoreTestResult['verdict'];
  /** Kinds of failures that it has to name. */
  readonly finds?: readonly string[];
  /** Sabotage: the checkers that go red. */
  readonly breaks?: readonly string[];
}

export const namedRestoreTests: readonly NamedRestoreTest[] = [
  { name: 'a sound set', faults: [], verdict: 'proven' },
  { name: 'a sound set in the standby', region: 'standby', faults: [], verdict: 'proven' },
  { name: 'rows lost and changed', corrupt: 'table', faults: [], verdict: 'failed', finds: ['rows', 'values'] },
  { name: 'an older schema', corrupt: 'schema', faults: [], verdict: 'failed', finds: ['schema-version', 'object'] },
  {
    name: 'a table missing in the standby',
    region: 'standby',
    corrupt: 'missing',
    faults: [],
    verdict: 'failed',
    finds: ['table-missing', 'object'],
  },
  { name: 'storage that stays cold', corrupt: 'cold', faults: [], verdict: 'failed', finds: ['cold'] },
  ...['throttle', 'server-error', 'timeout', 'lost-answer', 'crash-before', 'crash-after-side-effect'].map(
    (fault): NamedRestoreTest => ({ name: fault, faults: [fault], verdict: 'proven' }),
  ),
  { name: 'deliver-twice', faults: ['deliver-twice'], verdict: 'proven' },
  { name: 'stopped by hand', faults: ['stopped-by-hand'], verdict: 'none' },
  { name: 'rotated since', faults: ['rotated-since'], verdict: 'proven' },
];

/** Promises broken on purpose: the checker of each goes red. */
export const namedRestoreSabotage: readonly NamedRestoreTest[] = [
  {
    name: 'break-cleanup',
    faults: ['break-cleanup'],
    verdict: 'proven',
    breaks: ['nothing made for a test is left', 'no call is denied'],
  },
  {
    name: 'break-verdict',
    corrupt: 'table',
    faults: ['break-verdict'],
    verdict: 'failed',
    breaks: ['a proof is marked wherever the set is, and nowhere else'],
  },
];

/** A person's restore that has a name. */
export interface NamedRestore {
  readonly name: string;
  readonly point?: string;
  readonly faults: readonly string[];
  readonly outcome: RestoreOutcome;
  /** Part of the reason that a person is given. */
  readonly because?: string;
}

export const namedRestores: readonly NamedRestore[] = [
  { name: 'the newest set', faults: [], outcome: 'restored' },
  { name: 'a point in time', point: '-20m', faults: [], outcome: 'restored' },
  ...['throttle', 'timeout', 'crash-after-side-effect', 'deliver-twice'].map(
    (fault): NamedRestore => ({ name: fault, faults: [fault], outcome: 'restored' }),
  ),
  { name: 'set-unknown', faults: ['set-unknown'], outcome: 'refused', because: 'UnknownSet' },
  { name: 'set-of-another', faults: ['set-of-another'], outcome: 'refused', because: 'SetOfAnotherPlatform' },
  { name: 'set-incomplete', faults: ['set-incomplete'], outcome: 'refused', because: 'SetIncomplete' },
  { name: 'key-lost', faults: ['key-lost'], outcome: 'refused', because: 'SetKeyMissing' },
  { name: 'too-old', faults: ['too-old'], outcome: 'refused', because: 'SetTooOld' },
  { name: 'over-running', faults: ['over-running'], outcome: 'refused', because: 'DatabaseStillRuns' },
  { name: 'approval-rejected', faults: ['approval-rejected'], outcome: 'refused', because: 'ApprovalRejected' },
];
