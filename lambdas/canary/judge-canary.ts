import { judge } from '../../domain/judge.ts';
import type { Judgement, MinuteObservation, VersionObservation } from '../../domain/judgement.ts';
import type { Slot } from '../../domain/names.ts';
import { troubleWhileServing } from '../../domain/pods.ts';
import type { Watched } from '../../domain/service-alarms.ts';
import { decideWatch } from '../../domain/watch.ts';
import type { JudgeCanaryInput, JudgeCanaryOutput } from '../../domain/workflows/canary-promotion.ts';
import type { Metrics, SeriesQuery } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { heldRecord } from './fenced.ts';

const minuteMilliseconds = 60_000;

/**
 * Looks at the release after another minute: at its pods, then at every closed minute of both versions since the first request.
 * Throws PromotionSuperseded; RangeError for a step that the hold does not have.
 */
export async function judgeCanary(
  input: JudgeCanaryInput,
  { cluster, metrics, clock }: { cluster: ReleaseCluster; metrics: Metrics; clock: Clock },
): Promise<JudgeCanaryOutput> {
  const { plan, hold } = input;
  const step = hold.steps[input.step];
  if (!step) throw new RangeError(`There is no step ${input.step}; the hold has ${hold.steps.length}`);
  const { held } = await heldRecord(cluster, input);
  const pods = (await cluster.listPods(plan, hold.canarySlot)).filter((pod) => pod.image === held.canaryImage);
  const now = clock.now().getTime();
  const trouble = troubleWhileServing(pods);
  const judged: Omit<Judgement, 'evidence'> & { evidence: Judgement['evidence'] | null } = trouble
    ? { verdict: 'worse', reason: trouble, evidence: null }
    : input.watched && input.trafficSince
      ? await judgeTraffic(input, input.watched, Date.parse(input.trafficSince), now, metrics)
      : { verdict: 'healthy', reason: `${pods.length} pods serve without a restart.`, evidence: null };
  const elapsedSeconds = (now - Date.parse(input.stepSince)) / 1000;
  const decision = decideWatch(judged.verdict, elapsedSeconds, step, plan.inconclusive.holdSeconds);
  return { ...judged, ...decision, weightPercent: step.weightPercent };
}

async function judgeTraffic(
  { plan, hold, step, stepSince, slowThresholdMilliseconds }: JudgeCanaryInput,
  watched: Watched,
  trafficSince: number,
  now: number,
  metrics: Metrics,
): Promise<Judgement> {
  const from = startOfMinute(trafficSince);
  const to = startOfMinute(now);
  const queries = (['canary', 'stable'] as const).flatMap((role) =>
    queriesOf(role, role === 'canary' ? hold.canarySlot : hold.stableSlot, watched, slowThresholdMilliseconds),
  );
  const series = to > from ? await metrics.read(queries, new Date(from), new Date(to)) : new Map();
  const minutes: MinuteObservation[] = [];
  for (let startsAt = from; startsAt < to; startsAt += minuteMilliseconds) {
    minutes.push({
      startsAt,
      canary: observation('canary', series, startsAt, slowThresholdMilliseconds !== null),
      stable: observation('stable', series, startsAt, slowThresholdMilliseconds !== null),
    });
  }
  const { errorRatePercentMax, p95MillisecondsMax } = plan.limits;
  const policy = {
    errorRatePercentMax,
    ...(p95MillisecondsMax === undefined ? {} : { p95MillisecondsMax }),
    falseRollbackProbabilityMax: plan.judge.falseRollbackProbabilityMax,
  };
  // The minute in which the shift was made belongs to the step: its canary requests are no fewer than the step before had.
  const judgedStep = {
    startsAt: startOfMinute(Date.parse(stepSince)),
    weightPercent: hold.steps[step]?.weightPercent ?? 100,
  };
  return judge(minutes, policy, judgedStep);
}

type Role = 'canary' | 'stable';

function queriesOf(role: Role, slot: Slot, watched: Watched, slowMilliseconds: number | null): SeriesQuery[] {
  const query = (id: string, metric: string, statistic: string): SeriesQuery => ({
    id: `${role}_${id}`,
    metric,
    statistic,
    loadBalancer: watched.loadBalancer,
    targetGroup: watched.targetGroups[slot],
  });
  return [
    query('requests', 'RequestCount', 'Sum'),
    query('errors', 'HTTPCode_Target_5XX_Count', 'Sum'),
    query('failures', 'TargetConnectionErrorCount', 'Sum'),
    query('p95', 'TargetResponseTime', 'p95'),
    // How many responses took longer: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
    ...(slowMilliseconds === null ? [] : [query('slow', 'TargetResponseTime', `TC(${slowMilliseconds / 1000}:)`)]),
  ];
}

type Series = ReadonlyMap<string, ReadonlyMap<number, number>>;

function observation(role: Role, series: Series, at: number, withSlow: boolean): VersionObservation {
  const value = (id: string) => series.get(`${role}_${id}`)?.get(at);
  const p95Seconds = value('p95');
  return {
    requests: value('requests') ?? 0,
    errors: (value('errors') ?? 0) + (value('failures') ?? 0),
    ...(withSlow ? { slow: value('slow') ?? 0 } : {}),
    ...(p95Seconds === undefined ? {} : { p95Milliseconds: p95Seconds * 1000 }),
  };
}

function startOfMinute(at: number): number {
  return Math.floor(at / minuteMilliseconds) * minuteMilliseconds;
}
