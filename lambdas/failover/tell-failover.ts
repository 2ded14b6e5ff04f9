import { type StepReport, stepReports } from '../../domain/failover-budget.ts';
import type { LastDecision } from '../../domain/failover-signals.ts';
import { runbookLink, type Severity } from '../../domain/names.ts';
import type { FailoverOutcome, TellFailoverInput } from '../../domain/workflows/region-failover.ts';
import type { Notifications } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { WatchMemory } from '../ports/failover.ts';

export interface TellFailoverPorts {
  readonly environment: string;
  readonly notifications: Notifications;
  readonly memory: Pick<WatchMemory, 'keepDecision'>;
  readonly clock: Clock;
}

const kept: Readonly<Record<FailoverOutcome, LastDecision['outcome'] | undefined>> = {
  'failed-over': 'moved',
  stayed: 'stayed',
  asked: 'not-answered',
  // Of refusals only that of a standby which is not ready was decided: see `isDecided`.
  refused: 'refused',
  // Nothing was decided: the watch may start it anew.
  failed: undefined,
};

/** Tells people where the failover is; at its end keeps what was decided, which binds the watch. Throws AwsUnavailable, AwsRefused. */
export async function tellFailover(
  input: TellFailoverInput,
  { environment, notifications, memory, clock }: TellFailoverPorts,
): Promise<{ readonly steps: readonly StepReport[] }> {
  const { run, moment, outcome } = input;
  const now = clock.now();
  const steps = stepReports(
    input.steps.map(({ name, startedAt, endedAt }) => ({ name, startedAt, ...(endedAt !== null && { endedAt }) })),
    run?.recoverySeconds ?? 0,
    now,
  );
  const decided = outcome && isDecided(input) ? kept[outcome] : undefined;
  if (run && moment === 'ended' && decided) {
    await memory.keepDecision({ at: now.toISOString(), epoch: run.epoch, outcome: decided });
  }
  await notifications.publish(severityOf(input), `${environment}: ${headline(input)}`, textOf(input, steps));
  return { steps };
}

/** What could not be looked at or claimed is no decision: the watch tries again in the next minute. */
function isDecided({ outcome, reason }: TellFailoverInput): boolean {
  return outcome !== 'refused' || reason.startsWith('StandbyNotReady:');
}

/** Every word about a region's failover wakes somebody, but for its good ends. */
function severityOf({ moment, outcome }: TellFailoverInput): Severity {
  if (moment === 'not-begun') return 'warning';
  if (moment !== 'ended') return moment === 'decided' ? 'warning' : 'critical';
  return outcome === 'stayed' || outcome === 'refused' ? 'warning' : 'critical';
}

function headline({ run, moment, outcome }: TellFailoverInput): string {
  const way = run ? ` from ${run.from} to ${run.to}` : '';
  if (moment === 'started') return `a failover${way} begins`;
  if (moment === 'decided') return `the failover${way} was decided`;
  if (moment === 'not-begun') return 'a second failover was refused';
  if (moment === 'over-budget') return `the failover${way} takes longer than it may`;
  return `failover${way}: ${outcome ?? 'ended'}`;
}

function textOf(
  { run, execution, reason, fencing, lossSeconds, lossSecondsMin, approvedBy, remarks }: TellFailoverInput,
  steps: readonly StepReport[],
): string {
  const total = run ? steps.reduce((sum, { name, seconds }) => (name === 'scale' ? sum : sum + seconds), 0) : 0;
  return [
    reason,
    ...(fencing ? [`Fencing of the old primary: ${fencing}.`] : []),
    ...(lossSeconds === null
      ? []
      : [
          `Lost: between ${lossSecondsMin ?? 0} s and ${lossSeconds} s of writes: what the old primary kept since its last heartbeat arrived here, until it was last heard at ` +
            'least, and until its lease ended at most. It has them: they can be counted when it answers again.',
        ]),
    ...(approvedBy.length === 0 ? [] : [`Approved by ${approvedBy.join(', ')}.`]),
    ...steps.map(
      ({ name, seconds, budgetSeconds, over }) =>
        `${name}: ${Math.round(seconds)} s of ${budgetSeconds}${over ? ', over its share' : ''}`,
    ),
    ...(steps.length === 0 ? [] : [`Together ${Math.round(total)} s of ${run?.recoverySeconds} s.`]),
    ...remarks,
    `Execution: ${execution.arn}`,
    runbookLink('region-failover'),
  ].join('\n');
}
