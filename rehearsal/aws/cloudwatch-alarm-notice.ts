import { type Alarm, type AlarmState, type MetricAlarm, stamp } from './cloudwatch-alarm.ts';
import type { MetricQuery } from './cloudwatch-query.ts';
import type { ServiceEvent } from './module.ts';

/**
 * The event 'CloudWatch Alarm State Change', in the shape of
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export function stateChangeEvent(alarm: Alarm, previous: AlarmState, state: AlarmState): ServiceEvent {
  return {
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    region: alarm.region,
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      configuration: {
        ...(alarm.description === undefined ? {} : { description: alarm.description }),
        ...(alarm.kind === 'metric' ? { metrics: alarm.queries.map(metricOfEvent) } : { alarmRule: alarm.ruleText }),
      },
      previousState: stateOfEvent(previous),
      state: stateOfEvent(state),
    },
  };
}

function stateOfEvent(state: AlarmState): Record<string, unknown> {
  return {
    value: state.value,
    reason: state.reason,
    ...(state.reasonData === '' ? {} : { reasonData: state.reasonData }),
    timestamp: stamp(state.changedAt),
  };
}

function metricOfEvent(query: MetricQuery): Record<string, unknown> {
  const label = query.label === undefined ? {} : { label: query.label };
  if (query.kind === 'expression') {
    return { id: query.id, expression: query.text, ...label, returnData: query.returnData };
  }
  const { namespace, name, dimensions } = query.metric;
  return {
    id: query.id,
    ...label,
    metricStat: { metric: { dimensions, name, namespace }, period: query.periodSeconds, stat: query.stat },
    returnData: query.returnData,
  };
}

/** Region names as notifications have them: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const regionNames: Readonly<Record<string, string>> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-2': 'US West (Oregon)',
  'eu-west-1': 'EU (Ireland)',
  'eu-central-1': 'EU (Frankfurt)',
};

/** What CloudWatch publishes to an SNS topic: the subject (cut at SNS's 100 characters) and the message, JSON text. */
export function notification(
  alarm: Alarm,
  account: string,
  previous: AlarmState,
  state: AlarmState,
): { subject: string; message: string } {
  const regionName = regionNames[alarm.region] ?? alarm.region;
  const message = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: account,
    AlarmConfigurationUpdatedTimestamp: stamp(alarm.configuredAt),
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: stamp(state.changedAt),
    Region: regionName,
    AlarmArn: alarm.arn,
    OldStateValue: previous.value,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    ...(alarm.kind === 'metric' ? { Trigger: triggerOf(alarm) } : { AlarmRule: alarm.ruleText }),
  };
  return {
    subject: `${state.value}: "${alarm.name}" in ${regionName}`.slice(0, 100),
    message: JSON.stringify(message),
  };
}

function triggerOf(alarm: MetricAlarm): Record<string, unknown> {
  const { rule } = alarm;
  const [first] = alarm.queries;
  const watched =
    alarm.single && first?.kind === 'metric'
      ? {
          MetricName: first.metric.name,
          Namespace: first.metric.namespace,
          Statistic: first.stat,
          Dimensions: Object.entries(first.metric.dimensions).map(([name, value]) => ({ name, value })),
        }
      : { Metrics: alarm.queries.map(metricOfEvent) };
  return {
    ...watched,
    Period: rule.periodSeconds,
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    ComparisonOperator: rule.comparison,
    Threshold: rule.threshold,
    TreatMissingData: rule.treatMissingData,
  };
}
