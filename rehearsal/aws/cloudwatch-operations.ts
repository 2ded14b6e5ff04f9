import type { Alarm, AlarmState, MetricAlarm } from './cloudwatch-alarm.ts';
import type { AlarmBook, KeptAlarm } from './cloudwatch-alarms.ts';
import { type Distribution, distributionOf } from './cloudwatch-distribution.ts';
import type { MetricIdentity, MetricStore } from './cloudwatch-metrics.ts';
import { computeSeries, type MetricQuery, readQueries } from './cloudwatch-query.ts';
import { assertModelled, page, toMilliseconds } from './modelled.ts';
import { AwsError, type CallContext, type OperationInput } from './service.ts';

/** GetMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
export function getMetricData(store: MetricStore, input: OperationInput, context: CallContext): OperationInput {
  const queries = readQueries(input['MetricDataQueries'] ?? [], 'GetMetricData');
  if (queries.length > 500) throw invalid(`GetMetricData takes 500 queries at most; ${queries.length} came.`);
  if (input['StartTime'] === undefined || input['EndTime'] === undefined)
    throw invalid('StartTime and EndTime are required.');
  const from = toMilliseconds(input['StartTime']);
  const to = toMilliseconds(input['EndTime']);
  if (from >= to) throw invalid('The parameter StartTime must be less than the parameter EndTime.');
  const computed = computeSeries(queries, store, { region: context.region, from, to });
  // 'The default is TimestampDescending', same page
  const direction = input['ScanBy'] === 'TimestampAscending' ? 1 : -1;
  const results = queries.flatMap((query) => {
    if (!query.returnData) return [];
    const value = computed.get(query.id);
    if (value === undefined || typeof value === 'number')
      throw invalid(`The expression '${query.id}' gives a number, not a time series.`);
    const series = value instanceof Map ? [value] : [...(value as readonly ReadonlyMap<number, number>[])];
    return series.map((each) => {
      const points = [...each].sort(([a], [b]) => direction * (a - b));
      return {
        Id: query.id,
        Label: labelOf(query),
        Timestamps: points.map(([time]) => new Date(time)),
        Values: points.map(([, point]) => point),
        StatusCode: 'Complete',
      };
    });
  });
  // 'data points retrieved in a single call: 100,800'
  const total = results.reduce((sum, result) => sum + result.Values.length, 0);
  if (total > 100_800) throw invalid(`The call would return ${total} data points; 100,800 are allowed.`);
  return { MetricDataResults: results, Messages: [] };
}

function labelOf(query: MetricQuery): string {
  return query.label ?? (query.kind === 'metric' ? query.metric.name : query.id);
}

/** One MetricDatum: a value, values with counts, or a statistic set. Throws AwsError, Unmodelled. */
export function readDatum(datum: OperationInput): { distribution: Distribution; at?: number } {
  assertModelled(
    datum,
    ['MetricName', 'Dimensions', 'Timestamp', 'Value', 'Values', 'Counts', 'StatisticValues', 'Unit'],
    'PutMetricData.MetricData',
  );
  const at = datum['Timestamp'] === undefined ? {} : { at: toMilliseconds(datum['Timestamp']) };
  const set = datum['StatisticValues'];
  if (set) {
    const distribution = {
      count: set['SampleCount'],
      sum: set['Sum'],
      minimum: set['Minimum'],
      maximum: set['Maximum'],
    };
    return { distribution, ...at };
  }
  const values: number[] = datum['Value'] === undefined ? (datum['Values'] ?? []) : [datum['Value']];
  const counts: number[] = datum['Counts'] ?? values.map(() => 1);
  if (values.length === 0 || counts.length !== values.length) {
    throw new AwsError(
      'InvalidParameterCombinationException',
      'A metric datum needs Value, StatisticValues, or Values with as many Counts.',
    );
  }
  return { distribution: distributionOf(values.map((value, index) => [value, counts[index] ?? 1])), ...at };
}

/** ListMetrics: every asked dimension must be there, with the value where one is asked. 500 a page. */
export function listMetrics(store: MetricStore, input: OperationInput, context: CallContext): OperationInput {
  const asked: OperationInput[] = input['Dimensions'] ?? [];
  const fits = (metric: MetricIdentity): boolean =>
    (input['Namespace'] ?? metric.namespace) === metric.namespace &&
    (input['MetricName'] ?? metric.name) === metric.name &&
    asked.every(
      ({ Name, Value }) => Name in metric.dimensions && (Value === undefined || metric.dimensions[Name] === Value),
    );
  const { items, nextToken } = page(store.metrics(context.region).filter(fits), input['NextToken'], 500);
  const metrics = items.map((metric) => ({
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: dimensionsOf(metric),
  }));
  return { Metrics: metrics, ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
}

function dimensionsOf(metric: MetricIdentity): { Name: string; Value: string }[] {
  return Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value }));
}

/** DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
export function describeAlarms(alarms: AlarmBook, input: OperationInput, context: CallContext): OperationInput {
  const names: string[] | undefined = input['AlarmNames'];
  const prefix: string | undefined = input['AlarmNamePrefix'];
  if (names && prefix !== undefined) throw invalid('AlarmNamePrefix cannot be used together with AlarmNames.');
  if (names && names.length > 100) throw invalid(`AlarmNames takes 100 names at most; ${names.length} came.`);
  // 'If you omit this parameter, only metric alarms are returned'
  const types: string[] = input['AlarmTypes'] ?? ['MetricAlarm'];
  const fits = ({ alarm, state }: KeptAlarm): boolean =>
    types.includes(alarm.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
    (names?.includes(alarm.name) ?? true) &&
    alarm.name.startsWith(prefix ?? '') &&
    (input['StateValue'] ?? state.value) === state.value;
  const size = Number(input['MaxRecords'] ?? 50);
  const { items, nextToken } = page(
    alarms.list(context.region).filter(fits),
    input['NextToken'],
    names ? Math.max(size, names.length) : size,
  );
  return {
    MetricAlarms: items.flatMap(({ alarm, state }) =>
      alarm.kind === 'metric' ? [describeMetricAlarm(alarm, state)] : [],
    ),
    CompositeAlarms: items.flatMap(({ alarm, state }) =>
      alarm.kind === 'composite' ? [{ ...describeHead(alarm, state), AlarmRule: alarm.ruleText }] : [],
    ),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

function describeHead(alarm: Alarm, state: AlarmState): OperationInput {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    ...(alarm.description === undefined ? {} : { AlarmDescription: alarm.description }),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData === '' ? {} : { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: new Date(state.changedAt),
    StateTransitionedTimestamp: new Date(state.changedAt),
  };
}

function describeMetricAlarm(alarm: MetricAlarm, state: AlarmState): OperationInput {
  const { rule, queries } = alarm;
  const [first] = queries;
  return {
    ...describeHead(alarm, state),
    ...(alarm.single && first?.kind === 'metric'
      ? describeSingle(first.metric, first.stat, first.periodSeconds)
      : { Metrics: queries.map(describeQuery) }),
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    Threshold: rule.threshold,
    ComparisonOperator: rule.comparison,
    TreatMissingData: rule.treatMissingData,
  };
}

function describeSingle(metric: MetricIdentity, stat: string, periodSeconds: number): OperationInput {
  const simple = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'].includes(stat);
  return {
    Namespace: metric.namespace,
    MetricName: metric.name,
    Dimensions: dimensionsOf(metric),
    Period: periodSeconds,
    ...(simple ? { Statistic: stat } : { ExtendedStatistic: stat }),
  };
}

function describeQuery(query: MetricQuery): OperationInput {
  const head = {
    Id: query.id,
    ReturnData: query.returnData,
    ...(query.label === undefined ? {} : { Label: query.label }),
  };
  if (query.kind === 'expression') {
    return {
      ...head,
      Expression: query.text,
      ...(query.periodSeconds === undefined ? {} : { Period: query.periodSeconds }),
    };
  }
  const { namespace, name } = query.metric;
  const metric = { Namespace: namespace, MetricName: name, Dimensions: dimensionsOf(query.metric) };
  return { ...head, MetricStat: { Metric: metric, Period: query.periodSeconds, Stat: query.stat } };
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
