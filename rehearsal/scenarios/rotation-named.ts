import type { RotationOutcome } from './rotation-request.ts';

/** A rotation that has a name, because it says something about Mainstay that must stay true. */
export interface NamedRotation {
  readonly name: string;
  /** The definition's first secret where it is left out. */
  readonly secret?: string;
  readonly faults: readonly string[];
  readonly trigger?: 'schedule';
  readonly afterFailover?: true;
  readonly outcome: RotationOutcome;
  /** Part of the reason that a person is given. */
  readonly because?: string;
  /** Sabotage: the checkers that go red. */
  readonly breaks?: readonly string[];
}

const ready = 'Every consumer runs with the new version';

function under(fault: string, outcome: RotationOutcome, more: Partial<NamedRotation> = {}): NamedRotation {
  return { name: fault, faults: [fault], outcome, ...more };
}

export const namedRotations: readonly NamedRotation[] = [
  { name: 'two users in turn', faults: [], outcome: 'rotated', because: ready },
  { name: 'in its window', faults: [], trigger: 'schedule', outcome: 'rotated', because: ready },
  { name: 'the master changes its own password', secret: 'aeon-dt-master', faults: [], outcome: 'rotated' },
  { name: 'one user', secret: 'aeon-dt-heartbeat', faults: [], outcome: 'rotated' },
  { name: 'the reader of manifests', secret: 'aeon-dt-manifest', faults: [], outcome: 'rotated' },
  ...['create', 'set', 'test', 'finish'].flatMap((step) => [
    under(`crash-after-${step}`, 'finished-late', { because: ready }),
    under(`crash-once-after-${step}`, 'rotated', { because: ready }),
    under(`crash-after-${step}`, 'finished-late', {
      name: `one user, crash-after-${step}`,
      secret: 'aeon-dt-heartbeat',
    }),
  ]),
  ...['throttle', 'server-error', 'timeout', 'lost-answer', 'kubernetes-errors', 'crash-before', 'deliver-twice'].map(
    (fault) => under(fault, 'rotated', { because: ready }),
  ),
  under('crash-after-set', 'finished-late', { name: 'the master, crash-after-set', secret: 'aeon-dt-master' }),
  // With this seed createSecret dies once more when all is done: the rotation is whole, and the service gives it up four attempts later.
  under('crash-after-side-effect', 'finished-late', { because: ready }),
  under('delivered-late', 'rotated', { because: ready }),
  under('consumer-never-ready', 'undone', { because: 'aeon-dt-api did not become ready with the new version' }),
  under('promotion-asked', 'rotated', { because: ready }),
  under('schedule-missed', 'finished-late', { because: ready }),
  under('schedule-missed', 'finished-late', { name: 'one user, schedule-missed', secret: 'aeon-dt-heartbeat' }),
  under('schedule-missed', 'finished-late', { name: 'the master, schedule-missed', secret: 'aeon-dt-master' }),
  under('schedule-missed', 'finished-late', { name: 'manifests, schedule-missed', secret: 'aeon-dt-manifest' }),
  ...['create', 'set', 'finish'].map((step) =>
    under(`crash-after-${step}`, 'finished-late', {
      name: `manifests, crash-after-${step}`,
      secret: 'aeon-dt-manifest',
    }),
  ),
];

const inTheStandby = (name: string, more: Partial<NamedRotation> = {}): NamedRotation => ({
  name: `after a failover, ${name}`,
  faults: [],
  afterFailover: true,
  outcome: 'rotated',
  ...more,
});

/** The primary region is lost, the platform has moved, and the copies that it promoted rotate where it moved to. */
export const namedRotationsAfterFailover: readonly NamedRotation[] = [
  inTheStandby('two users in turn', { because: ready }),
  inTheStandby('in its window', { trigger: 'schedule', because: ready }),
  ...['master', 'heartbeat', 'manifest'].map((user) =>
    inTheStandby(`the ${user} changes its own password`, { secret: `aeon-dt-${user}` }),
  ),
];

/** Nothing was changed at the server. */
export const namedRotationRefusals: readonly NamedRotation[] = [
  under('server-unreachable', 'refused', { because: 'ServerUnreachable' }),
  under('superuser-gone', 'refused', { because: 'SuperuserSecretMissing' }),
  under('superuser-elsewhere', 'refused', { because: 'SuperuserElsewhere' }),
  under('unknown-kind', 'refused', { because: 'UnknownSecretKind' }),
  under('field-missing', 'refused', { because: 'SecretFieldMissing' }),
  under('not-ours', 'refused', { because: 'NotOurSecret' }),
  under('promotion-running', 'refused', { because: 'WorkInProgress' }),
  under('not-pending', 'refused'),
];

/** Promises broken on purpose: the checker of each goes red. */
export const namedRotationSabotage: readonly NamedRotation[] = [
  under('break-login', 'failed', { breaks: ['the current version logs in'] }),
  under('break-pending', 'failed', { breaks: ['one AWSCURRENT and no AWSPENDING'] }),
  under('break-silence', 'rotated', { breaks: ['no password stands anywhere'] }),
  under('break-claim', 'rotated', { breaks: ['the claim is given back'] }),
  under('break-budget', 'rotated', { breaks: ['consumers stay within their disruption budget'] }),
];
