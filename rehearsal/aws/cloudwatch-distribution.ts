import { AwsError } from './service.ts';

/**
 * What one metric saw in a span of time. `values` are single observations with how often each came; without them (a
 * statistic set) percentiles and the trimmed statistics cannot be computed, as in CloudWatch.
 */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** `[value, times]`, in any order. */
  readonly values?: readonly (readonly [value: number, times: number])[];
}

/** The distribution of observations. Throws RangeError on an empty list. */
export function distributionOf(values: readonly (readonly [value: number, times: number])[]): Distribution {
  if (values.length === 0) throw new RangeError('distributionOf: no values came; at least one is needed');
  let count = 0;
  let sum = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (const [value, times] of values) {
    count += times;
    sum += value * times;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return { count, sum, minimum, maximum, values };
}

/** All of them as one; undefined when there are none. Values are lost when one of them has none. */
export function merge(distributions: readonly Distribution[]): Distribution | undefined {
  const [first, ...rest] = distributions;
  if (!first || rest.length === 0) return first;
  const merged = {
    count: distributions.reduce((total, each) => total + each.count, 0),
    sum: distributions.reduce((total, each) => total + each.sum, 0),
    minimum: Math.min(...distributions.map((each) => each.minimum)),
    maximum: Math.max(...distributions.map((each) => each.maximum)),
  };
  return distributions.every((each) => rawValues(each) !== undefined)
    ? { ...merged, values: distributions.flatMap((each) => rawValues(each) ?? []) }
    : merged;
}

/** A statistic of a distribution; undefined where CloudWatch would return no data point. */
export type Statistic = (distribution: Distribution) => number | undefined;

const simple: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => (count === 0 ? undefined : sum / count),
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/**
 * The statistic with CloudWatch's name: `Sum`, `p99.9`, `tm95`, `TC(0.005:0.030)`, `PR(:300)`, `WM(10%:90%)`, `IQM`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
 * Throws AwsError ValidationError for a name that CloudWatch does not know.
 */
export function statistic(name: string): Statistic {
  const known = simple[name] ?? read.get(name);
  if (known) return known;
  const statistic = readStatistic(name);
  read.set(name, statistic);
  return statistic;
}

/** Names that were read before: an alarm asks for the same one each minute. */
const read = new Map<string, Statistic>();

function readStatistic(name: string): Statistic {
  const percentile = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(name);
  if (percentile) return onValues((values) => percentileOf(values, Number(percentile[1])));
  if (name === 'IQM') return onValues((values) => trimmed('TM', values, { low: 25, high: 75, percent: true }));
  const short = /^(tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?)$/.exec(name);
  if (short) {
    const kind = String(short[1]).toUpperCase() as TrimmedKind;
    const high = Number(short[2]);
    return onValues((values) => trimmed(kind, values, { high, percent: true }));
  }
  const ranged = /^(TM|TC|TS|WM|PR)\((?:(\d+(?:\.\d+)?)(%?))?:(?:(\d+(?:\.\d+)?)(%?))?\)$/.exec(name);
  const bounds = ranged && boundsOf(ranged);
  if (!ranged || !bounds || (ranged[1] === 'PR' && bounds.percent)) {
    throw new AwsError(
      'ValidationError',
      `The statistic '${name}' is not one of CloudWatch's: SampleCount, Sum, Average, Minimum, Maximum, p0…p100, tm/tc/ts/wm with a ` +
        'percentage, TM/TC/TS/WM(low:high), PR(low:high), IQM.',
    );
  }
  return onValues((values) => trimmed(ranged[1] as TrimmedKind, values, bounds));
}

type TrimmedKind = 'TM' | 'TC' | 'TS' | 'WM' | 'PR';
type Values = readonly (readonly [value: number, times: number])[];

interface Bounds {
  readonly low?: number;
  readonly high?: number;
  readonly percent: boolean;
}

/** Both bounds are percentages or both are values; at least one is given. */
function boundsOf(match: RegExpExecArray): Bounds | undefined {
  const [, , low, lowPercent, high, highPercent] = match;
  if (low === undefined && high === undefined) return undefined;
  if (low !== undefined && high !== undefined && lowPercent !== highPercent) return undefined;
  return {
    ...(low === undefined ? {} : { low: Number(low) }),
    ...(high === undefined ? {} : { high: Number(high) }),
    percent: lowPercent === '%' || highPercent === '%',
  };
}

/**
 * Observations of a distribution. A statistic set counts as raw when all its observations are equal; metrics with negative
 * values have none of these statistics. Same page, 'Requirements to use percentiles …'.
 */
function rawValues(distribution: Distribution): Values | undefined {
  if (distribution.minimum < 0) return undefined;
  if (distribution.values) return distribution.values;
  return distribution.minimum === distribution.maximum ? [[distribution.minimum, distribution.count]] : undefined;
}

const sortedValues = new WeakMap<Distribution, Values>();

/** Sorts a distribution's values once, however many statistics are asked of it. */
function onValues(compute: (sorted: Values) => number | undefined): Statistic {
  return (distribution) => {
    let sorted = sortedValues.get(distribution);
    if (!sorted) {
      const raw = rawValues(distribution);
      if (!raw) return undefined;
      sorted = [...raw].sort((a, b) => a[0] - b[0]);
      sortedValues.set(distribution, sorted);
    }
    return compute(sorted);
  };
}

function countOf(values: Values): number {
  return values.reduce((total, [, times]) => total + times, 0);
}

/** The smallest observation that at least so many percent are not above (nearest rank; CloudWatch does not document its interpolation). */
function percentileOf(sorted: Values, percent: number): number | undefined {
  const rank = (percent / 100) * countOf(sorted);
  let seen = 0;
  for (const [value, times] of sorted) {
    seen += times;
    if (seen >= rank - 1e-9) return value;
  }
  return sorted.at(-1)?.[0];
}

function trimmed(kind: TrimmedKind, sorted: Values, bounds: Bounds): number | undefined {
  const kept =
    kind === 'WM' ? clamp(sorted, bounds) : bounds.percent ? keepByRank(sorted, bounds) : keepByValue(sorted, bounds);
  const count = countOf(kept);
  const sum = kept.reduce((total, [value, times]) => total + value * times, 0);
  if (kind === 'TC') return Math.round(count);
  if (kind === 'TS') return sum;
  if (kind === 'PR') return (100 * count) / countOf(sorted);
  return count === 0 ? undefined : sum / count;
}

/** Values above the lower bound (exclusive) up to the upper bound (inclusive): the page's note on fixed values. */
function keepByValue(
  sorted: Values,
  { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }: Bounds,
): Values {
  return sorted.filter(([value]) => value > low && value <= high);
}

/** Observations whose rank lies between two percentages; a bound inside an observation keeps the part of it that lies within (assumed). */
function keepByRank(sorted: Values, { low = 0, high = 100 }: Bounds): Values {
  const total = countOf(sorted);
  const from = (low / 100) * total;
  const to = (high / 100) * total;
  let seen = 0;
  const kept: [number, number][] = [];
  for (const [value, times] of sorted) {
    const inside = Math.min(seen + times, to) - Math.max(seen, from);
    if (inside > 0) kept.push([value, inside]);
    seen += times;
  }
  return kept;
}

/** Values outside the bounds count as the value at the bound. */
function clamp(sorted: Values, bounds: Bounds): Values {
  const edge = (bound: number | undefined) =>
    bound === undefined ? undefined : bounds.percent ? percentileOf(sorted, bound) : bound;
  const low = edge(bounds.low) ?? Number.NEGATIVE_INFINITY;
  const high = edge(bounds.high) ?? Number.POSITIVE_INFINITY;
  return sorted.map(([value, times]) => [Math.min(Math.max(value, low), high), times]);
}
