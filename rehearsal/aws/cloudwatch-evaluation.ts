import { type Alarm, type EvaluatedPoint, type MetricAlarm, stamp } from './cloudwatch-alarm.ts';
import type { TimeSeries } from './cloudwatch-math.ts';
import type { MetricStore } from './cloudwatch-metrics.ts';
import { computeSeries } from './cloudwatch-query.ts';
import { alarmEvaluationIntervalMilliseconds, longAlarmEvaluationIntervalMilliseconds } from './durations.ts';
import { AwsError } from './service.ts';

/** The one series that an alarm decides on. Throws AwsError ValidationError. */
export function returnedSeries(alarm: MetricAlarm, store: MetricStore, from: number, to: number): TimeSeries {
  const computed = computeSeries(alarm.queries, store, { region: alarm.region, from, to });
  const returned = computed.get(alarm.queries.find((query) => query.returnData)?.id ?? '');
  if (returned instanceof Map) return returned;
  throw new AwsError('ValidationError', `Alarm '${alarm.name}': its expression must give one time series.`);
}

/** What DescribeAlarms and the events tell of an evaluation, as JSON text. */
export function reasonDataOf(alarm: MetricAlarm, evaluated: readonly EvaluatedPoint[], now: number): string {
  const [first] = alarm.queries;
  return JSON.stringify({
    version: '1.0',
    queryDate: stamp(now),
    ...(evaluated[0] ? { startDate: stamp(evaluated[0].startsAt) } : {}),
    ...(alarm.single && first?.kind === 'metric' ? { statistic: first.stat } : {}),
    period: alarm.rule.periodSeconds,
    recentDatapoints: evaluated.map((point) => point.value),
    threshold: alarm.rule.threshold,
    evaluatedDatapoints: evaluated.map((point) => ({ timestamp: stamp(point.startsAt), value: point.value })).reverse(),
  });
}

/** A range of more than a day is evaluated once an hour (CloudWatch names no interval for it, assumed). */
export function evaluationInterval(alarm: Alarm): number {
  if (alarm.kind === 'composite') return alarmEvaluationIntervalMilliseconds;
  const { periodSeconds, evaluationPeriods } = alarm.rule;
  return periodSeconds * evaluationPeriods > 86_400
    ? longAlarmEvaluationIntervalMilliseconds
    : alarmEvaluationIntervalMilliseconds;
}
