import {
  type AlarmHead,
  type Comparison,
  comparisons,
  type MetricAlarm,
  type MissingDataTreatment,
  missingDataTreatments,
} from './cloudwatch-alarm.ts';
import { commonPeriodSeconds, type MetricQuery, readQueries } from './cloudwatch-query.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** Members of PutMetricAlarm, and properties of AWS::CloudWatch::Alarm, that are modelled. */
export const metricAlarmMembers = [
  'AlarmName',
  'AlarmDescription',
  'ActionsEnabled',
  'OKActions',
  'AlarmActions',
  'InsufficientDataActions',
  'MetricName',
  'Namespace',
  'Statistic',
  'ExtendedStatistic',
  'Dimensions',
  'Period',
  'Unit',
  'EvaluationPeriods',
  'DatapointsToAlarm',
  'Threshold',
  'ComparisonOperator',
  'TreatMissingData',
  'EvaluateLowSampleCountPercentile',
  'Metrics',
  'WarmUpConfiguration',
  'Tags',
] as const;

/** Where an alarm is put. */
export interface AlarmPlace {
  readonly region: string;
  readonly account: string;
  readonly now: number;
}

/** A day, or seven with periods of an hour and more: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function rangeSecondsMax(periodSeconds: number): number {
  return periodSeconds >= 3600 ? 604_800 : 86_400;
}

/** Reads a metric alarm as PutMetricAlarm and CloudFormation write it. Throws AwsError ValidationError, Unmodelled. */
export function readMetricAlarm(input: OperationInput, place: AlarmPlace): MetricAlarm {
  const queries = input['Metrics'] === undefined ? [readSingleMetric(input)] : readMathMetrics(input);
  const name = String(input['AlarmName']);
  const evaluationPeriods = Number(input['EvaluationPeriods']);
  const datapointsToAlarm = Number(input['DatapointsToAlarm'] ?? evaluationPeriods);
  if (!Number.isInteger(evaluationPeriods) || evaluationPeriods < 1)
    throw invalid(name, `EvaluationPeriods must be at least 1; ${input['EvaluationPeriods']} came`);
  if (datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods) {
    throw invalid(
      name,
      `DatapointsToAlarm must lie between 1 and EvaluationPeriods (${evaluationPeriods}); ${datapointsToAlarm} came`,
    );
  }
  if (!Object.hasOwn(comparisons, String(input['ComparisonOperator']))) {
    throw new Unmodelled(
      `Alarm '${name}' compares by '${input['ComparisonOperator']}'; modelled are ${Object.keys(comparisons).join(', ')}.`,
    );
  }
  if (typeof input['Threshold'] !== 'number')
    throw invalid(name, `Threshold must be a number; ${input['Threshold']} came`);
  const treatMissingData = (input['TreatMissingData'] ?? 'missing') as MissingDataTreatment;
  if (!missingDataTreatments.includes(treatMissingData)) {
    throw invalid(
      name,
      `TreatMissingData must be one of ${missingDataTreatments.join(', ')}; ${treatMissingData} came`,
    );
  }
  if ((input['EvaluateLowSampleCountPercentile'] ?? 'evaluate') !== 'evaluate') {
    throw new Unmodelled(
      `Alarm '${name}' has EvaluateLowSampleCountPercentile '${input['EvaluateLowSampleCountPercentile']}'; modelled is 'evaluate'.`,
    );
  }
  const periodSeconds = commonPeriodSeconds(queries);
  if (periodSeconds * evaluationPeriods > rangeSecondsMax(periodSeconds)) {
    throw invalid(
      name,
      `${evaluationPeriods} periods of ${periodSeconds} s are longer than ${rangeSecondsMax(periodSeconds)} s`,
    );
  }
  const warmUpMinutes = readWarmUp(input);
  return {
    kind: 'metric',
    ...readHead(input, place),
    ...(warmUpMinutes === undefined ? {} : { warmUpMinutes }),
    queries,
    single: input['Metrics'] === undefined,
    rule: {
      comparison: input['ComparisonOperator'] as Comparison,
      threshold: input['Threshold'],
      evaluationPeriods,
      datapointsToAlarm,
      treatMissingData,
      periodSeconds,
    },
  };
}

/** What metric and composite alarms have in common. Throws AwsError ValidationError, Unmodelled for actions other than SNS. */
export function readHead(input: OperationInput, place: AlarmPlace): AlarmHead {
  const name = input['AlarmName'];
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: 1 to 255 characters
  if (typeof name !== 'string' || name.length < 1 || name.length > 255) {
    throw invalid(String(name), `AlarmName must have 1 to 255 characters; ${JSON.stringify(name)} came`);
  }
  const actions = {
    OK: input['OKActions'] ?? [],
    ALARM: input['AlarmActions'] ?? [],
    INSUFFICIENT_DATA: input['InsufficientDataActions'] ?? [],
  };
  for (const action of Object.values(actions).flat()) {
    if (typeof action !== 'string' || !action.startsWith('arn:aws:sns:')) {
      throw new Unmodelled(`Alarm '${name}' has the action ${JSON.stringify(action)}; modelled are SNS topics.`);
    }
  }
  return {
    name,
    arn: `arn:aws:cloudwatch:${place.region}:${place.account}:alarm:${name}`,
    region: place.region,
    actionsEnabled: input['ActionsEnabled'] !== false,
    actions,
    configuredAt: place.now,
    ...(input['AlarmDescription'] === undefined ? {} : { description: String(input['AlarmDescription']) }),
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html; an alarm that ends its warm-up early is not modelled. */
function readWarmUp(input: OperationInput): number | undefined {
  const configuration = input['WarmUpConfiguration'];
  if (configuration === undefined) return undefined;
  const name = String(input['AlarmName']);
  const minutes = Number(configuration['WarmUpPeriodDurationInMinutes']);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 2880)
    throw invalid(name, `WarmUpPeriodDurationInMinutes must lie between 1 and 2880; ${minutes} came`);
  if (configuration['OnlyStartEvaluatingAfterWarmUpPeriodEnds'] !== true)
    throw new Unmodelled(
      `Alarm '${name}' may end its warm-up early; modelled is OnlyStartEvaluatingAfterWarmUpPeriodEnds.`,
    );
  return minutes;
}

function readSingleMetric(input: OperationInput): MetricQuery {
  const name = String(input['AlarmName']);
  const stat = input['Statistic'] ?? input['ExtendedStatistic'];
  if (stat === undefined) throw invalid(name, 'Statistic or ExtendedStatistic is required');
  const query = {
    Id: 'm1',
    MetricStat: {
      Metric: { Namespace: input['Namespace'], MetricName: input['MetricName'], Dimensions: input['Dimensions'] },
      Period: input['Period'],
      Stat: stat,
    },
  };
  return readQueries([query], 'PutMetricAlarm')[0] as MetricQuery;
}

function readMathMetrics(input: OperationInput): MetricQuery[] {
  const name = String(input['AlarmName']);
  const alone = ['MetricName', 'Namespace', 'Statistic', 'ExtendedStatistic', 'Dimensions', 'Period', 'Unit'];
  const both = alone.filter((member) => input[member] !== undefined && (input[member] as unknown[]).length !== 0);
  if (both.length > 0) throw invalid(name, `Metrics cannot stand beside ${both.join(', ')}`);
  const queries = readQueries(input['Metrics'], 'PutMetricAlarm');
  const returned = queries.filter((query) => query.returnData);
  if (returned.length !== 1)
    throw invalid(name, `Exactly one element of the metrics list should return data; ${returned.length} do`);
  // 'A math expression used for an alarm can include as many as 10 metrics', AlarmThatSendsEmail
  const metrics = queries.filter((query) => query.kind === 'metric').length;
  if (metrics > 10) throw invalid(name, `an alarm can read 10 metrics at most; ${metrics} came`);
  return queries;
}

function invalid(name: string, why: string): AwsError {
  return new AwsError('ValidationError', `Alarm '${name}': ${why}.`);
}
