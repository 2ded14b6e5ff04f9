import { statistic } from './cloudwatch-distribution.ts';
import { evaluate, type MathScope, type MathValue, type TimeSeries } from './cloudwatch-math.ts';
import { type Expression, idsOf, parseExpression } from './cloudwatch-math-parser.ts';
import { floorTo, type MetricIdentity, type MetricStore, resolutionMilliseconds } from './cloudwatch-metrics.ts';
import { assertModelled } from './modelled.ts';
import { AwsError, type OperationInput, Unmodelled } from './service.ts';

/** One element of `MetricDataQueries`, or of an alarm's `Metrics`. */
export type MetricQuery = MetricStatQuery | ExpressionQuery;

interface QueryHead {
  readonly id: string;
  readonly label?: string;
  readonly returnData: boolean;
}

export interface MetricStatQuery extends QueryHead {
  readonly kind: 'metric';
  readonly metric: MetricIdentity;
  readonly periodSeconds: number;
  readonly stat: string;
}

export interface ExpressionQuery extends QueryHead {
  readonly kind: 'expression';
  readonly text: string;
  readonly expression: Expression;
  readonly periodSeconds?: number;
}

/**
 * Reads queries as GetMetricData, PutMetricAlarm and CloudFormation write them. Throws AwsError ValidationError as CloudWatch
 * does, Unmodelled for members that have no effect here.
 */
export function readQueries(queries: readonly OperationInput[], operation: string): MetricQuery[] {
  const read = queries.map((query) => readQuery(query, operation));
  const ids = new Set<string>();
  for (const { id } of read) {
    if (!/^[a-z][A-Za-z0-9_]*$/.test(id))
      throw invalid(
        `The value '${id}' for parameter Id must start with a lowercase letter and have letters, digits and underscores only.`,
      );
    if (ids.has(id))
      throw invalid(`The values for parameter Id in MetricDataQueries are not unique: '${id}' comes twice.`);
    ids.add(id);
  }
  for (const query of read) {
    if (query.kind !== 'expression') continue;
    const missing = idsOf(query.expression).find((id) => !ids.has(id));
    if (missing) throw invalid(`Error in expression '${query.id}': the id '${missing}' is not in the request.`);
  }
  return read;
}

function readQuery(query: OperationInput, operation: string): MetricQuery {
  assertModelled(
    query,
    ['Id', 'Label', 'ReturnData', 'MetricStat', 'Expression', 'Period'],
    `${operation} ${query['Id']}`,
  );
  const head = {
    id: String(query['Id']),
    returnData: query['ReturnData'] !== false,
    ...(query['Label'] === undefined ? {} : { label: String(query['Label']) }),
  };
  const stat = query['MetricStat'] as OperationInput | undefined;
  const text = query['Expression'] as string | undefined;
  if ((stat === undefined) === (text === undefined))
    throw invalid(`Query '${head.id}' needs exactly one of MetricStat and Expression.`);
  if (text !== undefined) {
    const period = query['Period'] === undefined ? {} : { periodSeconds: readPeriod(query['Period'], head.id) };
    return { kind: 'expression', ...head, text, expression: parseExpression(text), ...period };
  }
  assertModelled(stat, ['Metric', 'Period', 'Stat', 'Unit'], `${operation} ${head.id}.MetricStat`);
  statistic(String(stat?.['Stat']));
  return {
    kind: 'metric',
    ...head,
    metric: readMetric(stat?.['Metric'] ?? {}),
    periodSeconds: readPeriod(stat?.['Period'], head.id),
    stat: String(stat?.['Stat']),
  };
}

/** `{Namespace, MetricName, Dimensions: [{Name, Value}]}` as an identity. Throws AwsError ValidationError. */
export function readMetric(metric: OperationInput): MetricIdentity {
  const { Namespace: namespace, MetricName: name, Dimensions: dimensions = [] } = metric;
  if (!namespace || !name) throw invalid('Namespace and MetricName are required for a metric.');
  return {
    namespace: String(namespace),
    name: String(name),
    dimensions: Object.fromEntries(
      dimensions.map((dimension: OperationInput) => [dimension['Name'], dimension['Value']]),
    ),
  };
}

function readPeriod(period: unknown, id: string): number {
  const seconds = Number(period);
  if (seconds === 1 || seconds === 5 || seconds === 10 || seconds === 20 || seconds === 30) {
    throw new Unmodelled(
      `Query '${id}' has a period of ${seconds} s; high-resolution metrics are not modelled, multiples of 60 are.`,
    );
  }
  if (!Number.isInteger(seconds) || seconds < 60 || seconds % 60 !== 0) {
    throw invalid(`The parameter Period of '${id}' must be 1, 5, 10, 20, 30 or a multiple of 60; ${period} came.`);
  }
  return seconds;
}

/** The span a query is asked for, in milliseconds since 1970; its periods start at `from`. */
export interface QueryRange {
  readonly region: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Computes the series of every query, by id. Metrics may have periods of their own; expressions need one period in common.
 * Throws AwsError ValidationError, Unmodelled.
 */
export function computeSeries(
  queries: readonly MetricQuery[],
  store: MetricStore,
  range: QueryRange,
): ReadonlyMap<string, MathValue> {
  // 'Start time less than 15 days ago: round down to the nearest whole minute', API_GetMetricData.
  const from = floorTo(range.from, resolutionMilliseconds);
  const computed = new Map<string, MathValue>();
  const underWay = new Set<string>();
  const series = (id: string): MathValue => {
    const known = computed.get(id);
    if (known !== undefined) return known;
    const query = queries.find((each) => each.id === id);
    if (!query) throw invalid(`The id '${id}' is not in the request.`);
    if (underWay.has(id)) throw invalid(`The expression '${id}' refers to itself.`);
    underWay.add(id);
    const value = query.kind === 'metric' ? stored(query) : evaluate(query.expression, scope());
    computed.set(id, value);
    return value;
  };
  const stored = (query: MetricStatQuery): TimeSeries =>
    new Map(
      store.query(range.region, query.metric, statistic(query.stat), {
        from,
        to: range.to,
        periodMilliseconds: query.periodSeconds * 1000,
      }),
    );
  const scope = (): MathScope => {
    const periodSeconds = commonPeriodSeconds(queries);
    const grid: number[] = [];
    for (let time = from; time < range.to; time += periodSeconds * 1000) grid.push(time);
    const metrics = (containing = '') =>
      queries
        .filter((query) => query.kind === 'metric' && query.id.includes(containing))
        .map((query) => series(query.id) as TimeSeries);
    return { grid, series, metrics, periodSeconds: () => periodSeconds };
  };
  for (const query of queries) series(query.id);
  return computed;
}

/** The period that all queries share. Throws Unmodelled when they differ. */
export function commonPeriodSeconds(queries: readonly MetricQuery[]): number {
  const periods = [...new Set(queries.map((query) => query.periodSeconds).filter((period) => period !== undefined))];
  const [only, another] = periods;
  if (another !== undefined) {
    throw new Unmodelled(
      `Expressions over the periods ${periods.join(' and ')} s are not modelled; one period for all is.`,
    );
  }
  return only ?? 60;
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
