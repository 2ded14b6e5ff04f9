import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  type MetricAlarm,
  type MetricDataQuery,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import type { Severity } from '../../domain/names.ts';
import type { AlarmMetric, ServiceAlarm } from '../../domain/service-alarms.ts';
import type { AlarmSeen, Alarms } from '../ports/aws.ts';
import { calling, clientSettings } from './client.ts';

const pagesMax = 20;

/** `topics`: ARN of the topic of each severity; left out where alarms are only read, and then actions are not compared. */
export function cloudWatchAlarms(region: string, topics?: Readonly<Record<Severity, string>>): Alarms {
  const client = new CloudWatchClient(clientSettings(region));
  const comparing = topics !== undefined;
  return {
    async list(prefix) {
      const found: AlarmSeen[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < pagesMax; page++) {
        const command = new DescribeAlarmsCommand({
          AlarmNamePrefix: prefix,
          AlarmTypes: ['MetricAlarm'],
          ...(nextToken === undefined ? {} : { NextToken: nextToken }),
        });
        const answer = await calling('cloudwatch:DescribeAlarms', () => client.send(command));
        found.push(...(answer.MetricAlarms ?? []).map((alarm) => seen(alarm, comparing)));
        nextToken = answer.NextToken;
        if (nextToken === undefined) break;
      }
      return found;
    },

    async put(alarm) {
      await calling('cloudwatch:PutMetricAlarm', () =>
        client.send(new PutMetricAlarmCommand(settingsOf(alarm, topics))),
      );
    },

    configurationOf: (alarm) => configuration(settingsOf(alarm, topics), comparing),
  };
}

function settingsOf(alarm: ServiceAlarm, topics?: Readonly<Record<Severity, string>>): PutMetricAlarmCommandInput {
  const topic = alarm.severity && topics?.[alarm.severity];
  return {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description,
    ActionsEnabled: true,
    AlarmActions: topic ? [topic] : [],
    OKActions: topic ? [topic] : [],
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: alarm.threshold,
    EvaluationPeriods: alarm.minutes,
    DatapointsToAlarm: alarm.minutes,
    TreatMissingData: 'notBreaching',
    Metrics: [
      { Id: 'value', Expression: alarm.expression, Label: alarm.name, ReturnData: true },
      ...alarm.metrics.map(metricQuery),
    ],
  };
}

function metricQuery(metric: AlarmMetric): MetricDataQuery {
  return {
    Id: metric.id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/ApplicationELB',
        MetricName: metric.metric,
        Dimensions: [
          { Name: 'TargetGroup', Value: metric.targetGroup },
          { Name: 'LoadBalancer', Value: metric.loadBalancer },
        ],
      },
      Period: 60,
      Stat: metric.statistic,
    },
    ReturnData: false,
  };
}

function seen(alarm: MetricAlarm, comparing: boolean): AlarmSeen {
  return {
    name: alarm.AlarmName ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    configuration: configuration(alarm, comparing),
  };
}

/** The parts that are ours, in an order of our own: CloudWatch answers with more than was put, and lists in its own order. */
function configuration(alarm: MetricAlarm | PutMetricAlarmCommandInput, withActions: boolean): string {
  const metrics = (alarm.Metrics ?? [])
    .map((query) => ({
      id: query.Id,
      expression: query.Expression,
      metric: query.MetricStat?.Metric?.MetricName,
      dimensions: (query.MetricStat?.Metric?.Dimensions ?? []).map(({ Name, Value }) => `${Name}=${Value}`).sort(),
      statistic: query.MetricStat?.Stat,
      period: query.MetricStat?.Period,
    }))
    .sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
  return JSON.stringify({
    metrics,
    enabled: alarm.ActionsEnabled,
    comparison: alarm.ComparisonOperator,
    threshold: alarm.Threshold,
    periods: alarm.EvaluationPeriods,
    datapoints: alarm.DatapointsToAlarm,
    missing: alarm.TreatMissingData,
    ...(withActions ? { actions: alarm.AlarmActions ?? [], ok: alarm.OKActions ?? [] } : {}),
  });
}
