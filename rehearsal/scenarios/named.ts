import type { Outcome } from './result.ts';

/** A rehearsal that has a name, because it says something about Mainstay that must stay true. */
export interface NamedScenario {
  readonly name: string;
  readonly service: string;
  readonly release: string;
  readonly faults: readonly string[];
  readonly strategy?: string;
  readonly seed: number;
  readonly outcome: Outcome;
  /** Part of the reason that a person is given. */
  readonly because: string;
  /** Sabotage: the checkers that go red. */
  readonly breaks?: readonly string[];
}

const api = 'aeon-dt-api';

function released(
  release: string,
  outcome: Outcome,
  because: string,
  more: Partial<NamedScenario> = {},
): NamedScenario {
  const strategy = more.strategy ? `, ${more.strategy}` : '';
  return { name: `${release}${strategy}`, service: api, release, faults: [], seed: 1, outcome, because, ...more };
}

/** Releases: what becomes of them when nothing else goes wrong. */
export const namedReleases: readonly NamedScenario[] = [
  released('healthy', 'promoted', 'no worse than the stable version'),
  released('errors=20%', 'rolled-back', 'Alarm mainstay/aeon/aeon-dt-api/green/errors', {
    name: 'rolled back by its alarm',
    seed: 2,
  }),
  released('errors=5%', 'rolled-back', 'More errors than the stable version', { seed: 3 }),
  released('errors=2%', 'rolled-back', 'More errors than the stable version', {
    name: 'a difference that no alarm sees',
  }),
  released('slow=3x', 'rolled-back', 'More slow requests than the stable version'),
  released('crash', 'rolled-back', 'CrashLoopBackOff'),
  released('unready', 'rolled-back', 'Not ready within'),
  released('oom', 'rolled-back', 'OOMKilled'),
  released('incident=3%', 'promoted', 'no worse than the stable version', {
    name: 'a shared incident is nobody’s rollback',
  }),
  released('quiet', 'inconclusive', 'Too few requests'),
  released('healthy', 'promoted', 'no worse', { strategy: 'blue-green' }),
  released('errors=20%', 'rolled-back', 'green/errors', { strategy: 'blue-green', seed: 2 }),
  released('healthy', 'promoted', 'without a restart', { strategy: 'rolling' }),
  released('errors=20%', 'rolled-back', 'blue/errors', { strategy: 'rolling' }),
  released('crash', 'rolled-back', 'CrashLoopBackOff', { strategy: 'rolling' }),
  released('healthy', 'promoted', 'without a restart', {
    service: 'aeon-dt-worker',
    name: 'a service without a route',
  }),
  released('crash', 'rolled-back', 'CrashLoopBackOff', { service: 'aeon-dt-worker', name: 'a crashing queue worker' }),
];

function under(fault: string, outcome: Outcome, because: string, more: Partial<NamedScenario> = {}): NamedScenario {
  return { name: fault, service: api, release: 'healthy', faults: [fault], seed: 1, outcome, because, ...more };
}

/** What the world does, and what people ask for that they should not. */
export const namedFaults: readonly NamedScenario[] = [
  under('throttle', 'promoted', 'no worse'),
  under('server-error', 'promoted', 'no worse'),
  under('timeout', 'promoted', 'no worse'),
  under('lost-answer', 'promoted', 'no worse'),
  under('denied', 'failed', 'not authorized'),
  under('kubernetes-errors', 'promoted', 'no worse'),
  under('crash-before', 'promoted', 'no worse'),
  under('crash-after-side-effect', 'promoted', 'no worse'),
  under('deliver-twice', 'promoted', 'no worse'),
  under('duplicate-alarm', 'rolled-back', 'green/errors', { release: 'errors=20%', seed: 2 }),
  under('late-alarm', 'rolled-back', '', { release: 'errors=20%' }),
  under('stopped-by-hand', 'rolled-back', 'ABORTED while it held the service'),
  under('rolled-back-by-hand', 'rolled-back', 'ada: customers report wrong totals'),
  under('rolled-back-afterwards', 'rolled-back', 'ada: customers report wrong totals'),
  under('goes-bad-afterwards', 'rolled-back', 'ada: customers report wrong totals'),
  under('unknown-service', 'refused', 'UnknownService'),
  under('unknown-tag', 'refused', 'UnknownTag'),
  under('tag-against-convention', 'refused', 'TagAgainstConvention'),
  under('image-critical', 'refused', 'ImageBlocked'),
  under('image-unscanned', 'refused', 'ImageNotScanned'),
  under('image-not-replicated', 'refused', 'ImageNotReplicated'),
  under('promoted-too-early', 'refused', 'ImageNotReplicated'),
  under('promotion-running', 'refused', 'PromotionAlreadyRunning'),
  under('alarm-firing', 'refused', 'AlarmAlreadyFiring'),
  under('target-groups-renamed', 'refused', 'AlarmsNotWatching'),
  under('approval-rejected', 'refused', 'ApprovalRejected'),
  under('approval-twice', 'promoted', 'no worse'),
  under('approval-late', 'refused', 'ApprovalExpired'),
];

/** Promises broken on purpose: the checker of each goes red. */
export const namedSabotage: readonly NamedScenario[] = [
  under('break-weights', 'promoted', '', { breaks: ['weights end at 0 or 100 %'] }),
  under('break-rollback', 'failed', 'EndStateNotExact', {
    release: 'errors=20%',
    breaks: ['rollback is exact', 'nothing is left over'],
  }),
  under('break-speed', 'rolled-back', '', {
    release: 'errors=20%',
    breaks: ['traffic is back within 60 s of the alarm'],
  }),
  under('break-deadline', 'failed', 'has not ended', {
    breaks: [
      'weights end at 0 or 100 %',
      'rollback is exact',
      'every execution ends or asks a person',
      'nothing is left over',
    ],
  }),
  under('break-rights', 'rolled-back', 'not authorized', { breaks: ['no call is denied'] }),
  under('break-alarms', 'promoted', '', { breaks: ['alarms have data while traffic flows'] }),
  under('break-leftovers', 'promoted', '', { breaks: ['nothing is left over'] }),
];

/** Days of releases and the nights' reviews of the images: what becomes of them under a fault. */
export interface NamedReview {
  readonly fault: string;
  readonly days: number;
  /** Reviews that failed, and told people. */
  readonly failed: number;
  /** Sabotage: the checkers that go red. */
  readonly breaks: readonly string[];
}

export const namedReviews: readonly NamedReview[] = [
  { fault: 'denied', days: 2, failed: 1, breaks: [] },
  {
    fault: 'break-images',
    days: 3,
    failed: 0,
    breaks: ['no needed image is deleted', 'every deletion has its reason', 'every region holds what is needed'],
  },
];
