import { parseAlarmName, slotName } from '../../domain/names.ts';
import type { CloudWatch } from '../aws/cloudwatch.ts';
import type { AlarmWithoutData } from '../aws/cloudwatch-alarms.ts';
import type { SqsService } from '../aws/sqs.ts';
import type { ReleaseState, WorldAtEnd } from '../checkers/index.ts';
import type { OutcomeReader } from './outcome.ts';
import type { CanaryResult, Outcome } from './result.ts';
import type { Stage } from './stage.ts';

/** Longer than the five minutes in which the alarms are kept, and than metrics are late. */
const dataExpectedWithinSeconds = 420;
/** A slot that served so long in that time must have been counted: a whole minute, published a minute later. */
const countedAfterSeconds = 180;

/** Looks at the world once a run is over, for the checkers. */
export async function worldAtEnd(options: {
  readonly stage: Stage;
  readonly strategy: CanaryResult['strategy'];
  readonly before: ReleaseState;
  readonly startedAt: number;
  readonly outcomes: OutcomeReader;
  readonly outcome: Outcome;
}): Promise<WorldAtEnd> {
  const { stage, strategy, before, startedAt, outcomes, outcome } = options;
  const { account } = stage.rehearsal;
  const approvals = await stage.pendingApprovals();
  const deadLetters = account
    .service<SqsService>('sqs')
    .contents()
    .reduce((sum, { messages }) => sum + messages.length, 0);
  return {
    environment: stage.environment,
    service: stage.request.service,
    strategy,
    before,
    after: stage.release(),
    startedAt,
    executionsRunning: [...outcomes.running].map(([execution, workflow]) => {
      const asked = approvals.find(({ approvalId }) => approvalId.startsWith(`${execution}.`));
      return { workflow, execution, ...(asked ? { asksUntil: asked.expiresAt } : {}) };
    }),
    alarmsWithoutData: alarmsWithoutData(stage),
    approvalsPending: approvals
      .filter(
        ({ approvalId }) => ![...outcomes.running.keys()].some((execution) => approvalId.startsWith(`${execution}.`)),
      )
      .map(({ approvalId }) => approvalId),
    deadLetters,
    rolledBack: outcomes.rolledBack || outcome === 'failed',
  };
}

/**
 * Alarms of the service that got no request counts although the slot they watch has served all the while. A slot without weight has no
 * requests and its alarms no data: that is as it should be.
 */
function alarmsWithoutData(stage: Stage): WorldAtEnd['alarmsWithoutData'] {
  const { account, kernel } = stage.rehearsal;
  const since = kernel.now() - dataExpectedWithinSeconds * 1000;
  return account
    .service<CloudWatch>('cloudwatch')
    .alarmsWithoutData(stage.region, since)
    .filter((found) => found.metrics.some(({ name }) => name === 'RequestCount'))
    .filter((found) => watchesWhatServes(stage, found, since))
    .map((found) => ({
      alarm: found.alarm,
      dimensions: found.metrics.map(({ dimensions }) => JSON.stringify(dimensions)).join(', '),
    }));
}

function watchesWhatServes(stage: Stage, found: AlarmWithoutData, since: number): boolean {
  const name = parseAlarmName(found.alarm);
  if (name?.environment !== stage.environment || name.service !== stage.request.service) return false;
  if (name.scope === 'all') return false;
  const backend = slotName(name.service, name.scope);
  return stage.traffic
    .served()
    .filter(
      ({ service, from, to }) => service === name.service && from <= since && to >= since + countedAfterSeconds * 1000,
    )
    .some(({ shares }) => shares.some((share) => share.backend === backend && share.percent > 0));
}
