import type { BinaryOperator, Expression } from './cloudwatch-math-parser.ts';
import { AwsError, Unmodelled } from './service.ts';

/** A time series: start of each period that has a value → the value. */
export type TimeSeries = ReadonlyMap<number, number>;

/** The page's S, TS and TS[]. */
export type MathValue = number | TimeSeries | readonly TimeSeries[];

/** What an expression is computed over. */
export interface MathScope {
  /** Starts of all periods of the query, ascending. */
  readonly grid: readonly number[];
  /** The series behind an id. Throws AwsError ValidationError for an id that the query does not have. */
  series(id: string): MathValue;
  /** The query's metrics (not its expressions) whose id contains the text; all of them without one. */
  metrics(containing?: string): readonly TimeSeries[];
  /** Seconds of a metric's period. */
  periodSeconds(id: string): number;
}

/**
 * Computes an expression. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * Throws AwsError ValidationError where the types do not fit, Unmodelled for what the rehearsal does not compute.
 */
export function evaluate(expression: Expression, scope: MathScope): MathValue {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'id':
      return scope.series(expression.id);
    case 'array':
      return expression.items.flatMap((item) => seriesOf(evaluate(item, scope)));
    case 'negate':
      return eachValue(evaluate(expression.operand, scope), (value) => -value);
    case 'binary':
      return binary(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'call':
      return call(expression, scope);
    case 'text':
      throw invalid(`the text "${expression.value}" stands where a number or a time series is needed`);
  }
}

function call(expression: Extract<Expression, { kind: 'call' }>, scope: MathScope): MathValue {
  const [first, second, third] = expression.arguments;
  if (expression.name === 'METRICS') {
    if (first && first.kind !== 'text') throw invalid('METRICS takes a text, as in METRICS("errors")');
    return scope.metrics(first?.value);
  }
  if (!first) throw invalid(`${expression.name} needs an argument`);
  if (expression.name === 'PERIOD') {
    if (first.kind !== 'id') throw invalid('PERIOD takes the id of a metric');
    return scope.periodSeconds(first.id);
  }
  const value = evaluate(first, scope);
  switch (expression.name) {
    case 'ABS':
      return eachValue(value, Math.abs);
    case 'CEIL':
      return eachValue(value, Math.ceil);
    case 'FLOOR':
      return eachValue(value, Math.floor);
    case 'RATE':
      return eachSeries(value, rate);
    case 'SUM':
    case 'AVG':
    case 'MIN':
    case 'MAX':
      return aggregate(expression.name, value);
    case 'IF':
      return conditional(value, second && evaluate(second, scope), third && evaluate(third, scope));
    case 'FILL':
      return fill(value, second, scope);
  }
}

type Operation = (left: number, right: number) => number | undefined;

const operations: Readonly<Record<BinaryOperator, Operation>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  // 'If the value of a data point causes a function to attempt to divide by zero, the data point is dropped.'
  '/': (left, right) => (right === 0 ? undefined : left / right),
  '^': (left, right) => left ** right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
};

function binary(operator: BinaryOperator, left: MathValue, right: MathValue): MathValue {
  const apply = operations[operator];
  if (typeof left === 'number' && typeof right === 'number') {
    const value = apply(left, right);
    if (value === undefined) throw invalid('it divides a scalar by zero');
    return value;
  }
  if (isArray(left) && isArray(right)) throw invalid(`'${operator}' cannot take two arrays of time series`);
  if (isArray(left)) return left.map((series) => pairwise(apply, series, right as number | TimeSeries));
  if (isArray(right)) return right.map((series) => pairwise(apply, left, series));
  return pairwise(apply, left, right);
}

/** 'Missing values in a time series are treated as 0': a result stands wherever one of the two series has a value. */
function pairwise(apply: Operation, left: number | TimeSeries, right: number | TimeSeries): TimeSeries {
  const result = new Map<number, number>();
  for (const time of timesOf([left, right])) {
    const value = apply(at(left, time) ?? 0, at(right, time) ?? 0);
    if (value !== undefined && Number.isFinite(value)) result.set(time, value);
  }
  return result;
}

/** The page's section 'Using IF expressions'. */
function conditional(condition: MathValue, whenTrue?: MathValue, whenFalse?: MathValue): TimeSeries {
  if (
    whenTrue === undefined ||
    isArray(condition) ||
    isArray(whenTrue) ||
    (whenFalse !== undefined && isArray(whenFalse))
  ) {
    throw invalid('IF takes time series or numbers, not arrays of time series');
  }
  if (typeof condition === 'number') {
    const chosen = condition !== 0 ? whenTrue : whenFalse;
    if (typeof chosen === 'number') throw invalid('IF of three numbers gives no time series');
    return chosen ?? new Map();
  }
  const result = new Map<number, number>();
  for (const [time, truth] of condition) {
    const value = truth !== 0 ? (at(whenTrue, time) ?? 0) : whenFalse === undefined ? undefined : at(whenFalse, time);
    if (value !== undefined) result.set(time, value);
  }
  return result;
}

function aggregate(name: 'SUM' | 'AVG' | 'MIN' | 'MAX', value: MathValue): MathValue {
  if (typeof value === 'number') throw invalid(`${name} takes time series, not a number`);
  if (!isArray(value)) return reduce(name, [...value.values()]);
  const result = new Map<number, number>();
  for (const time of timesOf(value)) {
    const present = value.map((series) => series.get(time));
    // SUM and AVG count a missing value as 0 (the page says so for AVG); MIN and MAX look at values that are there (assumed).
    const values =
      name === 'SUM' || name === 'AVG'
        ? present.map((each) => each ?? 0)
        : present.filter((each) => each !== undefined);
    result.set(time, reduce(name, values));
  }
  return result;
}

function reduce(name: 'SUM' | 'AVG' | 'MIN' | 'MAX', values: readonly number[]): number {
  if (name === 'MIN') return Math.min(...values);
  if (name === 'MAX') return Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  return name === 'SUM' ? sum : values.length === 0 ? 0 : sum / values.length;
}

function fill(value: MathValue, filler: Expression | undefined, scope: MathScope): MathValue {
  if (filler?.kind === 'text' && filler.value === 'LINEAR') {
    throw new Unmodelled('FILL(…, LINEAR) is not modelled; modelled are a number, a time series and REPEAT.');
  }
  const repeat = filler?.kind === 'text' && filler.value === 'REPEAT';
  const other = repeat || !filler ? undefined : evaluate(filler, scope);
  if (other !== undefined && isArray(other))
    throw invalid('FILL takes a number, a time series or REPEAT as its filler');
  return eachSeries(value, (series) => {
    const result = new Map<number, number>();
    let last: number | undefined;
    for (const time of scope.grid) {
      last = series.get(time) ?? (repeat ? last : undefined);
      const filled = last ?? (other === undefined ? undefined : at(other, time));
      if (filled !== undefined) result.set(time, filled);
    }
    return result;
  });
}

/** Change per second from one data point to the next. */
function rate(series: TimeSeries): TimeSeries {
  const result = new Map<number, number>();
  let previous: readonly [number, number] | undefined;
  for (const point of [...series].sort(([a], [b]) => a - b)) {
    if (previous) result.set(point[0], (point[1] - previous[1]) / ((point[0] - previous[0]) / 1000));
    previous = point;
  }
  return result;
}

function at(value: number | TimeSeries, time: number): number | undefined {
  return typeof value === 'number' ? value : value.get(time);
}

function timesOf(values: readonly (number | TimeSeries)[]): number[] {
  const times = new Set<number>();
  for (const value of values) if (typeof value !== 'number') for (const time of value.keys()) times.add(time);
  return [...times].sort((a, b) => a - b);
}

function isArray(value: MathValue): value is readonly TimeSeries[] {
  return Array.isArray(value);
}

function seriesOf(value: MathValue): readonly TimeSeries[] {
  if (typeof value === 'number') throw invalid('an array holds time series, not numbers');
  return isArray(value) ? value : [value];
}

function eachSeries(value: MathValue, change: (series: TimeSeries) => TimeSeries): MathValue {
  if (typeof value === 'number') throw invalid('a time series is needed where a number came');
  return isArray(value) ? value.map(change) : change(value);
}

function eachValue(value: MathValue, change: (value: number) => number): MathValue {
  if (typeof value === 'number') return change(value);
  return eachSeries(value, (series) => new Map([...series].map(([time, each]) => [time, change(each)])));
}

function invalid(why: string): AwsError {
  return new AwsError('ValidationError', `Error in a metrics expression: ${why}.`);
}
