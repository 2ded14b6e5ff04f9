import type { FailbackOutcome } from '../../domain/workflows/region-failback.ts';
import type { Answer } from './failover-request.ts';

/** A failback that has a name, because it says something about Mainstay that must stay true. */
export interface NamedFailback {
  readonly name: string;
  readonly approve: Answer;
  readonly faults: readonly string[];
  readonly afterwards?: true;
  readonly outcome: FailbackOutcome;
  /** Part of the reason that a person is given, or of a refusal. */
  readonly because?: string;
  /** Sabotage: the checkers that go red. */
  readonly breaks?: readonly string[];
}

function under(
  fault: string,
  outcome: FailbackOutcome = 'failed-back',
  more: Partial<NamedFailback> = {},
): NamedFailback {
  return { name: fault, approve: 'yes', faults: [fault], outcome, ...more };
}

export const namedFailbacks: readonly NamedFailback[] = [
  {
    name: 'the platform goes back, and its standby is built in turn',
    approve: 'yes',
    faults: [],
    afterwards: true,
    outcome: 'failed-back',
  },
  { name: 'a person says no', approve: 'no', faults: [], outcome: 'asked', because: 'said no' },
  { name: 'nobody answers in time', approve: 'late', faults: [], outcome: 'asked', because: 'Nobody answered' },
  ...[
    'throttle',
    'server-error',
    'timeout',
    'lost-answer',
    'kubernetes-errors',
    'crash-before',
    'crash-after-side-effect',
    'deliver-twice',
    'clocks-apart',
    'promotion-slow',
    'lost-while-rebuilding',
    'lost-while-waiting',
  ].map((fault) => under(fault)),
  under('replica-lags', 'let-in-again', { because: 'is replayed' }),
  under('promotion-hangs', 'let-in-again', { because: 'PromotionHangs' }),
  under('lost-while-scaling', 'failed'),
  under('lost-while-quiet', 'let-in-again'),
  under('lost-while-replaying', 'let-in-again'),
  under('lost-while-promoting', 'let-in-again'),
  under('lost-before-the-reign', 'let-in-again'),
  under('lost-in-the-reign', 'failed'),
  ...['stopped-while-waiting', 'stopped-while-quiet', 'stopped-while-promoting'].map((fault) => under(fault, 'failed')),
];

/** Nothing was changed. */
export const namedFailbackRefusals: readonly NamedFailback[] = [
  under('just-returned', 'refused', { because: 'FailbackRefused' }),
  under('stale-unfenced', 'refused', { because: 'FailbackRefused' }),
  under('failover-running', 'refused', { because: 'FailoverAlreadyRunning' }),
  under('in-the-left-region', 'refused', { because: 'NotPrimary' }),
  under('another-platform', 'refused', { because: 'AnotherPlatform' }),
];

/** Promises broken on purpose: the checker of each goes red. */
export const namedFailbackSabotage: readonly NamedFailback[] = [
  under('break-fence', 'failed-back', { breaks: ['never two writable primaries'] }),
  under('break-traffic', 'failed-back', { breaks: ['no traffic to a region that can not serve'] }),
  under('break-loss', 'failed-back', { breaks: ['no acknowledged write is lost'] }),
  under('break-evidence', 'failed-back', { breaks: ['what was left is kept as evidence'] }),
  under('break-claim', 'failed-back', { breaks: ['nothing is claimed at the end'] }),
  under('break-reign', 'failed-back', { breaks: ['one reign at the end, and its number'] }),
  under('break-after', 'failed-back', { breaks: ['the region that reigns backs up, rotates and alarms'] }),
  {
    name: 'break-again',
    approve: 'no',
    faults: ['break-again'],
    outcome: 'asked',
    breaks: ['the application writes at the end'],
  },
];
