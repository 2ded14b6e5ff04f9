import type { MetricIdentity } from './cloudwatch-metrics.ts';
import type { MetricQuery } from './cloudwatch-query.ts';

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmState {
  readonly value: AlarmStateValue;
  readonly reason: string;
  /** JSON text, as DescribeAlarms and the events give it. */
  readonly reasonData: string;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

export const missingDataTreatments = ['missing', 'notBreaching', 'breaching', 'ignore'] as const;
export type MissingDataTreatment = (typeof missingDataTreatments)[number];

export const comparisons = {
  GreaterThanThreshold: { words: 'greater than', breaches: (value: number, threshold: number) => value > threshold },
  GreaterThanOrEqualToThreshold: {
    words: 'greater than or equal to',
    breaches: (value: number, threshold: number) => value >= threshold,
  },
  LessThanThreshold: { words: 'less than', breaches: (value: number, threshold: number) => value < threshold },
  LessThanOrEqualToThreshold: {
    words: 'less than or equal to',
    breaches: (value: number, threshold: number) => value <= threshold,
  },
} as const;
export type Comparison = keyof typeof comparisons;

/** What an alarm does when it changes, whatever it watches. */
export interface AlarmHead {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly description?: string;
  readonly actionsEnabled: boolean;
  readonly actions: Readonly<Record<AlarmStateValue, readonly string[]>>;
  /** Milliseconds since 1970. */
  readonly configuredAt: number;
}

/** The rule of a metric alarm. */
export interface MetricRule {
  readonly comparison: Comparison;
  readonly threshold: number;
  /** N: how many periods are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them have to breach. */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: MissingDataTreatment;
  readonly periodSeconds: number;
}

export interface MetricAlarm extends AlarmHead {
  readonly kind: 'metric';
  readonly rule: MetricRule;
  /** One metric, or the metrics and expressions of which one is returned. */
  readonly queries: readonly MetricQuery[];
  /** Written with `MetricName` and `Statistic` rather than with `Metrics`. */
  readonly single: boolean;
  /** How long after its creation it is not evaluated. */
  readonly warmUpMinutes?: number;
}

export interface CompositeAlarm extends AlarmHead {
  readonly kind: 'composite';
  readonly ruleText: string;
}

export type Alarm = MetricAlarm | CompositeAlarm;

/** The metrics an alarm reads. */
export function metricsOf(alarm: MetricAlarm): MetricIdentity[] {
  return alarm.queries.flatMap((query) => (query.kind === 'metric' ? [query.metric] : []));
}

/** One period of the evaluation range; `value` is undefined where data is missing. */
export interface EvaluatedPoint {
  readonly startsAt: number;
  readonly value: number | undefined;
}

/**
 * How many periods CloudWatch retrieves for N evaluation periods. Documented is only that it is more than N, and 5 for N = 3
 * in the page's example; N + 2 is assumed for all.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluationRangePeriods(evaluationPeriods: number): number {
  return evaluationPeriods + 2;
}

/** What an evaluation found; `undefined` for `value` keeps the state. */
export interface Evaluation {
  readonly value: AlarmStateValue | undefined;
  readonly evaluated: readonly EvaluatedPoint[];
  /** How many missing points were filled by the treatment. */
  readonly filled: number;
}

/**
 * Decides an alarm's state from the evaluation range, oldest first, as 'How alarm state is evaluated when data is missing'
 * (same page) says: with at least N real data points the newest N decide and the treatment plays no part; with fewer, the
 * missing ones are filled, as few as possible.
 */
export function decide(rule: MetricRule, range: readonly EvaluatedPoint[]): Evaluation {
  const real = range.filter((point) => point.value !== undefined);
  const evaluated = real.slice(-rule.evaluationPeriods);
  const breaching = evaluated.filter((point) => breaches(rule, point)).length;
  const filled = Math.max(0, rule.evaluationPeriods - real.length);
  const found = (value: AlarmStateValue | undefined): Evaluation => ({ value, evaluated, filled });
  if (breaching >= rule.datapointsToAlarm) return found('ALARM');
  if (filled === 0 || rule.treatMissingData === 'notBreaching') return found('OK');
  if (rule.treatMissingData === 'breaching')
    return found(breaching + filled >= rule.datapointsToAlarm ? 'ALARM' : 'OK');
  // `missing` and `ignore` fill nothing in: a real point within the threshold makes it OK.
  if (breaching < evaluated.length) return found('OK');
  if (rule.treatMissingData === 'ignore') return found(undefined);
  return found(alarmsOnOldPoint(rule, range) ? 'ALARM' : 'INSUFFICIENT_DATA');
}

function breaches(rule: MetricRule, point: EvaluatedPoint): boolean {
  return point.value !== undefined && comparisons[rule.comparison].breaches(point.value, rule.threshold);
}

/**
 * 'Alarms go to ALARM when the oldest available breaching data point is at least as old as Datapoints to Alarm, and all more
 * recent ones are breaching or missing, even if fewer than M are available.' Same page.
 */
function alarmsOnOldPoint(rule: MetricRule, range: readonly EvaluatedPoint[]): boolean {
  const oldest = range.findIndex((point) => point.value !== undefined);
  return oldest >= 0 && range.length - oldest >= rule.datapointsToAlarm;
}

/** The sentence that CloudWatch gives for a change, in its own words. */
export function reasonOf(rule: MetricRule, evaluation: Evaluation, from: AlarmStateValue): string {
  const { value, evaluated, filled } = evaluation;
  if (value === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${filled} datapoint${filled === 1 ? ' was' : 's were'} unknown.`;
  }
  const missing = `${filled} missing datapoint${filled === 1 ? ' was' : 's were'} treated as [${capitalised(rule.treatMissingData)}]`;
  if (evaluated.length === 0) {
    return `Threshold Crossed: no datapoints were received for ${filled} period${filled === 1 ? '' : 's'} and ${missing}.`;
  }
  const alarm = value === 'ALARM';
  const counted = evaluated.filter((point) => breaches(rule, point) === alarm);
  const minimum = alarm ? rule.datapointsToAlarm : rule.evaluationPeriods - rule.datapointsToAlarm + 1;
  const points = counted.map((point) => `${decimal(point.value ?? 0)} (${shortTime(point.startsAt)})`).join(', ');
  const last = evaluated.length;
  return (
    `Threshold Crossed: ${counted.length} out of the last ${last} datapoints [${points}] ${counted.length === 1 ? 'was' : 'were'} ` +
    `${alarm ? '' : 'not '}${comparisons[rule.comparison].words} the threshold (${decimal(rule.threshold)})` +
    `${filled > 0 && rule.treatMissingData !== 'missing' ? ` and ${missing}` : ''} ` +
    `(minimum ${minimum} datapoint${minimum === 1 ? '' : 's'} for ${from} -> ${value} transition).`
  );
}

/** As Java prints a double: 50 is '50.0'. */
export function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** `02/10/19 16:59:00`: day, month, year, as the reasons have it. */
function shortTime(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${clock.slice(0, 8)}`;
}

/** `2019-10-02T17:04:40.989+0000`, the way CloudWatch's events and notifications write a time. */
export function stamp(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000');
}
