import type { Answer, FailoverRunOutcome, Outage } from './failover-request.ts';

/** A failover that has a name, because it says something about Mainstay that must stay true. */
export interface NamedFailover {
  readonly name: string;
  readonly outage: Outage;
  readonly approve: Answer;
  readonly faults: readonly string[];
  readonly afterwards?: true;
  readonly outcome: FailoverRunOutcome;
  /** Part of the reason that a person is given, or of a refusal. */
  readonly because?: string;
  /** Sabotage: the checkers that go red. */
  readonly breaks?: readonly string[];
}

function when(outage: Outage, outcome: FailoverRunOutcome, more: Partial<NamedFailover> = {}): NamedFailover {
  const { faults = [] } = more;
  return { name: [outage, ...faults].join(', '), outage, approve: 'yes', outcome, ...more, faults };
}

const under = (fault: string, outcome: FailoverRunOutcome = 'failed-over', more: Partial<NamedFailover> = {}) =>
  when('region', outcome, { faults: [fault], ...more });

const together = (...faults: readonly string[]) => when('region', 'failed-over', { faults });

export const namedFailovers: readonly NamedFailover[] = [
  when('region', 'failed-over', { name: 'the region is lost, and returns', afterwards: true }),
  when('region', 'stayed', { name: 'a person says no', approve: 'no', because: 'said no' }),
  when('region', 'asked', { name: 'nobody answers in time', approve: 'late', because: 'Nobody answered' }),
  // RDS does it by itself.
  when('database', 'stayed'),
  when('database', 'failed-over', { faults: ['not-noticed'] }),
  when('partition', 'stayed'),
  // Two at once end at a person: the primary has fenced itself.
  when('partition', 'failed-over', { faults: ['witness-parted'], because: 'here and at the witness' }),
  when('partition', 'stayed', {
    name: 'partition, witness-parted, and a person says no',
    faults: ['witness-parted'],
    approve: 'no',
    because: 'said no',
  }),
  when('partition', 'stayed', { faults: ['witness-lost'], because: 'can not be seen from here' }),
  when('degraded', 'stayed'),
  when('flapping', 'stayed'),
  when('false-alarm', 'stayed'),
  when('false-alarm', 'stayed', { faults: ['standby-lost'] }),
  // What strikes at different places is played together: a run each would say the same, and takes a quarter of a minute.
  together('throttle', 'crash-after-side-effect', 'guard-missed'),
  together('server-error', 'timeout', 'lost-answer', 'kubernetes-errors'),
  together('crash-before', 'deliver-twice', 'started-twice'),
  together('guard-late', 'clocks-apart', 'replica-behind'),
  together('rotation-running', 'promotion-slow'),
  under('replica-far-behind'),
  under('witness-lost'),
  // Whoever is asked says yes before it is back; from the fence on the way back is a failback.
  under('returns-early'),
  under('promotion-hangs', 'failed', { because: 'PromotionHangs' }),
];

/** Nothing was changed. */
export const namedFailoverRefusals: readonly NamedFailover[] = [
  // Each on its own is refused, and the failover goes on.
  ...['FailoverAlreadyRunning', 'AnotherPlatform', 'AlreadyPrimary'].map((because) =>
    when('region', 'failed-over', {
      name: `${because}, beside a failover`,
      faults: ['failover-running', 'another-platform', 'in-the-primary'],
      because,
    }),
  ),
  under('not-ready', 'refused', { because: 'StandbyNotReady' }),
];

/** Promises broken on purpose: the checker of each goes red. */
export const namedFailoverSabotage: readonly NamedFailover[] = [
  under('replica-gone', 'failed-over', {
    breaks: ['users write again within the objective', 'a failover is no slower than what it has to wait for'],
  }),
  under('break-fence', 'failed-over', { breaks: ['never two writable primaries'] }),
  under('break-traffic', 'failed-over', { breaks: ['no traffic to a region that can not serve'] }),
  under('break-loss', 'failed-over', { breaks: ['what is lost is within the objective, or a person said so'] }),
  under('break-report', 'failed-over', {
    breaks: ['what is lost is within the objective, or a person said so', 'what is lost was told'],
  }),
  under('break-independence', 'failed-over', { breaks: ['nothing on the path calls the lost region'] }),
  under('break-time', 'failed-over', { breaks: ['users write again within the objective'] }),
  under('break-pace', 'failed-over', { breaks: ['a failover is no slower than what it has to wait for'] }),
  under('break-reign', 'failed-over', { breaks: ['one reign at the end, and its number'] }),
  under('break-after', 'failed-over', { breaks: ['the new primary backs up, rotates and alarms'] }),
];
