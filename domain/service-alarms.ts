import type { ServiceDelivery } from './delivery.ts';
import { type AlarmSignal, alarmName, runbookLink, type Severity, type Slot, slots } from './names.ts';

/** The dimensions of a service's metrics: a load balancer, and the target group of each slot. */
export interface Watched {
  readonly loadBalancer: string;
  readonly targetGroups: Readonly<Record<Slot, string>>;
}

/** One metric of AWS/ApplicationELB in an alarm's expression. */
export interface AlarmMetric {
  readonly id: string;
  readonly metric: TargetMetric;
  readonly statistic: string;
  readonly loadBalancer: string;
  readonly targetGroup: string;
}

export type TargetMetric =
  | 'RequestCount'
  | 'HTTPCode_Target_5XX_Count'
  | 'TargetConnectionErrorCount'
  | 'TargetResponseTime';

/** A metric alarm as it has to stand. One minute a data point; missing data does not breach. */
export interface ServiceAlarm {
  readonly name: string;
  readonly description: string;
  readonly expression: string;
  readonly metrics: readonly AlarmMetric[];
  readonly threshold: number;
  readonly minutes: number;
  /** The topic that is told; a slot's alarm tells none, EventBridge starts the rollback by its name. */
  readonly severity?: Severity;
}

/** Fewer requests in a minute say nothing: one error of 10 would be 10 %. */
const requestsMin = 50;

/** The alarms of a routed service on its true target groups. Thresholds and minutes: `docs/reference/functions.md`. */
export function serviceAlarms(delivery: ServiceDelivery, watched: Watched): ServiceAlarm[] {
  const { errorRatePercentMax, p95MillisecondsMax } = delivery.limits;
  const bySlot = slots.flatMap((slot) => [
    slotErrors(delivery, watched, slot, errorRatePercentMax),
    ...(p95MillisecondsMax === undefined ? [] : [slotLatency(delivery, watched, slot, p95MillisecondsMax)]),
  ]);
  return [
    ...bySlot,
    allErrors(delivery, watched, errorRatePercentMax),
    ...(p95MillisecondsMax === undefined ? [] : [allLatency(delivery, watched, p95MillisecondsMax)]),
  ];
}

function slotErrors(delivery: ServiceDelivery, watched: Watched, slot: Slot, limit: number): ServiceAlarm {
  return {
    name: nameOf(delivery, slot, 'errors'),
    description: `More than ${limit} % errors by ${delivery.service}'s ${slot} slot in one minute of at least ${requestsMin} requests. ${runbookLink('slot-errors')}`,
    expression: `IF(requests >= ${requestsMin}, 100 * (FILL(errors, 0) + FILL(failures, 0)) / requests, 0)`,
    metrics: [...counts(watched, slot, '')],
    threshold: limit,
    minutes: 1,
  };
}

function slotLatency(delivery: ServiceDelivery, watched: Watched, slot: Slot, limit: number): ServiceAlarm {
  return {
    name: nameOf(delivery, slot, 'latency'),
    description: `95th percentile of ${delivery.service}'s ${slot} slot over ${limit} ms in two minutes. ${runbookLink('slot-latency')}`,
    expression: `IF(requests >= ${requestsMin}, p95 * 1000, 0)`,
    metrics: [
      metric('requests', 'RequestCount', 'Sum', watched, slot),
      metric('p95', 'TargetResponseTime', 'p95', watched, slot),
    ],
    threshold: limit,
    minutes: 2,
  };
}

function allErrors(delivery: ServiceDelivery, watched: Watched, limit: number): ServiceAlarm {
  const requests = '(FILL(requestsBlue, 0) + FILL(requestsGreen, 0))';
  const errors = 'FILL(errorsBlue, 0) + FILL(failuresBlue, 0) + FILL(errorsGreen, 0) + FILL(failuresGreen, 0)';
  return {
    name: nameOf(delivery, 'all', 'errors'),
    description: `More than ${limit} % errors by ${delivery.service} for five minutes. ${runbookLink('all-errors')}`,
    expression: `IF(${requests} >= ${requestsMin}, 100 * (${errors}) / ${requests}, 0)`,
    metrics: [...counts(watched, 'blue', 'Blue'), ...counts(watched, 'green', 'Green')],
    threshold: limit,
    minutes: 5,
    severity: 'critical',
  };
}

function allLatency(delivery: ServiceDelivery, watched: Watched, limit: number): ServiceAlarm {
  // Percentiles of two target groups can't be added; the worse one counts.
  const worse = ['Blue', 'Green'].map(
    (slot) => `IF(FILL(requests${slot}, 0) >= ${requestsMin}, FILL(p95${slot}, 0), 0)`,
  );
  return {
    name: nameOf(delivery, 'all', 'latency'),
    description: `95th percentile of ${delivery.service} over ${limit} ms for ten minutes. ${runbookLink('all-latency')}`,
    expression: `MAX([${worse.join(', ')}]) * 1000`,
    metrics: slots.flatMap((slot) => [
      metric(`requests${suffix(slot)}`, 'RequestCount', 'Sum', watched, slot),
      metric(`p95${suffix(slot)}`, 'TargetResponseTime', 'p95', watched, slot),
    ]),
    threshold: limit,
    minutes: 10,
    severity: 'warning',
  };
}

function counts(watched: Watched, slot: Slot, ending: string): AlarmMetric[] {
  return [
    metric(`requests${ending}`, 'RequestCount', 'Sum', watched, slot),
    metric(`errors${ending}`, 'HTTPCode_Target_5XX_Count', 'Sum', watched, slot),
    metric(`failures${ending}`, 'TargetConnectionErrorCount', 'Sum', watched, slot),
  ];
}

function metric(id: string, name: TargetMetric, statistic: string, watched: Watched, slot: Slot): AlarmMetric {
  return {
    id,
    metric: name,
    statistic,
    loadBalancer: watched.loadBalancer,
    targetGroup: watched.targetGroups[slot],
  };
}

function suffix(slot: Slot): string {
  return slot === 'blue' ? 'Blue' : 'Green';
}

function nameOf(delivery: ServiceDelivery, scope: Slot | 'all', signal: AlarmSignal): string {
  return alarmName({ environment: delivery.environment, service: delivery.service, scope, signal });
}
