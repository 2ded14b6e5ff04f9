import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { databaseInstanceName } from '../../domain/databases.ts';
import { failoverMetrics } from '../../domain/failover-settings.ts';
import { parseAlarmName } from '../../domain/names.ts';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import type { Alarm } from '../../platforms/schema.ts';
import type { Environment, Site } from '../environment.ts';
import { NotYetDeployable } from '../not-yet-deployable.ts';
import { speaksPromQl } from '../watching/prometheus-rules.ts';
import { type SeverityTopics, WatchingAlarm } from './watching-alarm.ts';

/** How the alarms of the definition are watched. */
export type AlarmKeeper = 'keep-alarms' | 'prometheus' | 'cloudwatch';

/**
 * Who watches an alarm of the definition. Throws NotYetDeployable for one that nobody does, or that `keep-alarms` would put with other
 * figures than the definition's.
 */
export function keeperOf(environment: Environment, alarm: Alarm): AlarmKeeper {
  const { kind } = alarm.metric;
  if (speaksPromQl(alarm)) return 'prometheus';
  if (kind === 'replication-lag-seconds' || kind === 'custom') return 'cloudwatch';
  if (kind === 'service-error-percent' || kind === 'service-latency-milliseconds') {
    requireKept(environment, alarm);
    return 'keep-alarms';
  }
  throw new NotYetDeployable(
    `${pathOf(environment, alarm)}.metric.kind: the alarm '${alarm.name}' watches ${kind}, which no stack watches yet. Take it out.`,
  );
}

/** `alarms[3]`: names of alarms are unique. */
function pathOf({ platform }: Pick<Environment, 'platform'>, { name }: Alarm): string {
  return `alarms[${platform.alarms.findIndex((each) => each.name === name)}]`;
}

/** Of one region: those that CloudWatch keeps from the definition. Replication lag is measured by the replica, where it stands. */
export class PlatformAlarms extends Construct {
  constructor(scope: Construct, id: string, props: { environment: Environment; site: Site; topics: SeverityTopics }) {
    super(scope, id);
    const { environment, site, topics } = props;
    for (const alarm of environment.platform.alarms) {
      if (keeperOf(environment, alarm) !== 'cloudwatch') continue;
      const { name, severity } = alarm;
      if (alarm.metric.kind === 'replication-lag-seconds') {
        const { database } = alarm.metric;
        const replicates = environment.platform.databases.some(
          (one) => one.name === database && one.replicas.crossRegion,
        );
        if (site.role === 'primary' || !replicates) continue;
      } else if (site.role === 'standby') continue;
      new WatchingAlarm(this, {
        environmentName: environment.name,
        name,
        severity,
        topics,
        threshold: alarm.threshold,
        breaches: alarm.comparison,
        evaluationPeriods: alarm.forMinutes,
        ...watched(environment, alarm),
      });
    }
  }
}

type WatchedMetric = Pick<
  ConstructorParameters<typeof WatchingAlarm>[1],
  'metric' | 'description' | 'missingDataBreaches' | 'warmUpMinutes'
>;

function watched(environment: Environment, alarm: Alarm): WatchedMetric {
  const { metric, threshold, forMinutes } = alarm;
  if (metric.kind === 'replication-lag-seconds') {
    const lag = new Metric({
      namespace: 'AWS/RDS',
      metricName: 'ReplicaLag',
      dimensionsMap: { DBInstanceIdentifier: databaseInstanceName(environment.name, metric.database) },
      statistic: 'Maximum',
      period: Duration.minutes(1),
    });
    const alone = new Metric({
      namespace: failoverMetrics.namespace,
      metricName: failoverMetrics.noStandby,
      dimensionsMap: { Environment: environment.name },
      statistic: 'Maximum',
      period: Duration.minutes(1),
    });
    return {
      // 'ReplicaLag returns -1 if replication is not active': https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
      // What has been promoted has no lag to speak of; that there is no standby is said by an alarm of its own. 'Missing values are treated as 0' in arithmetic
      // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html): silence of both stays silence, which breaches.
      metric: new MathExpression({
        expression: 'IF(lag < 0, 86400, lag) - 86400 * alone',
        usingMetrics: { lag, alone },
        label: 'lag in seconds',
        period: Duration.minutes(1),
      }),
      description: `The replica of ${metric.database} is more than ${threshold} s behind for ${forMinutes} minutes, or replicates no more`,
      // A replica that says nothing is no replica. Its first words come some minutes after it was made.
      missingDataBreaches: true,
      warmUpMinutes: 60,
    };
  }
  if (metric.kind === 'custom') {
    return {
      metric: new Metric({
        namespace: metric.namespace,
        metricName: metric.metricName,
        dimensionsMap: metric.dimensions,
        statistic: metric.statistic,
        period: Duration.minutes(1),
      }),
      description: `${metric.metricName} ${alarm.comparison} ${threshold} for ${forMinutes} minutes`,
    };
  }
  throw new RangeError(`${metric.kind} is no metric of CloudWatch.`);
}

/** `keep-alarms` takes its figures from the service's limits; the definition's alarm has to say the same. */
function requireKept(environment: Environment, alarm: Alarm): void {
  const { definition, stage } = environment;
  const { metric, name } = alarm;
  if (!('service' in metric)) return;
  const delivery = deliveryOf(definition, stage, metric.service);
  const nowhere = { loadBalancer: '', targetGroups: { blue: '', green: '' } };
  const kept = delivery.route ? serviceAlarms(delivery, nowhere) : [];
  const signal = metric.kind === 'service-error-percent' ? 'errors' : 'latency';
  const same = kept.find((candidate) => {
    const parsed = parseAlarmName(candidate.name);
    return parsed?.scope === 'all' && parsed.signal === signal;
  });
  const percentileFits = metric.kind !== 'service-latency-milliseconds' || metric.percentile === 95;
  const fits =
    same &&
    percentileFits &&
    alarm.comparison === 'above' &&
    same.threshold === alarm.threshold &&
    same.minutes === alarm.forMinutes &&
    same.severity === alarm.severity;
  if (fits) return;
  throw new NotYetDeployable(
    `${pathOf(environment, alarm)}: the alarm '${name}' would be kept ${same ? `above ${same.threshold} for ${same.minutes} minutes as ${same.severity}` : 'by nobody'}: ` +
      `the control plane keeps the alarms of a routed service on its service level (errors 5 minutes critical, p95 10 minutes warning). ` +
      `Set serviceLevels of '${metric.service}' and the alarm to the same figures.`,
  );
}
