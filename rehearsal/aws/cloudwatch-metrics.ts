import { type Distribution, merge, type Statistic } from './cloudwatch-distribution.ts';

/** What identifies a metric within a region. Another set of dimensions is another metric: CloudWatch never adds them up. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** When: `at` is the time the data is about, `visibleAt` when queries and alarms first see it; both default to now. Milliseconds since 1970. */
export interface MetricTimes {
  readonly at?: number;
  readonly visibleAt?: number;
}

/** A data point of a statistic: the start of its period and the value. */
export type DataPoint = readonly [startsAt: number, value: number];

/** The shortest span that is kept apart. High-resolution metrics (under a minute) are not modelled. */
export const resolutionMilliseconds = 60_000;

interface Arrival {
  readonly visibleAt: number;
  readonly distribution: Distribution;
}

/** What arrived for one minute, and the merge of what was visible of it when it was asked for last. */
interface Minute {
  readonly arrivals: Arrival[];
  visible: number;
  merged: Distribution | undefined;
}

class MetricSeries {
  readonly metric: MetricIdentity;
  /** By the number of the minute since 1970: a small integer, which a map finds faster than a time in milliseconds. */
  readonly #minutes = new Map<number, Minute>();
  newestAt = Number.NEGATIVE_INFINITY;

  constructor(metric: MetricIdentity) {
    this.metric = metric;
  }

  add(minute: number, arrival: Arrival): void {
    const index = minute / resolutionMilliseconds;
    const known = this.#minutes.get(index);
    if (known) known.arrivals.push(arrival);
    else this.#minutes.set(index, { arrivals: [arrival], visible: 0, merged: undefined });
    this.newestAt = Math.max(this.newestAt, minute);
  }

  minute(minute: number, now: number): Distribution | undefined {
    const known = this.#minutes.get(minute / resolutionMilliseconds);
    if (!known) return undefined;
    const { arrivals } = known;
    // What was visible stays so: asked at each evaluation of each alarm, and nearly always all there.
    if (known.visible === arrivals.length) return known.merged;
    const visible = arrivals.filter((arrival) => arrival.visibleAt <= now);
    if (visible.length === 0) return undefined;
    if (known.visible === visible.length) return known.merged;
    const merged = merge(visible.map((arrival) => arrival.distribution));
    known.merged = merged;
    known.visible = visible.length;
    return merged;
  }

  between(from: number, to: number, now: number): Distribution | undefined {
    if (to - from === resolutionMilliseconds) return this.minute(from, now);
    const minutes: Distribution[] = [];
    for (let minute = from; minute < to; minute += resolutionMilliseconds) {
      const distribution = this.minute(minute, now);
      if (distribution) minutes.push(distribution);
    }
    return merge(minutes);
  }
}

/** The metrics of all regions, minute by minute. */
export class MetricStore {
  readonly #regions = new Map<string, Map<string, MetricSeries>>();
  readonly #now: () => number;
  #arrived: (region: string, key: string) => void = () => {};

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Calls the listener for each data point, with its region and `metricKey`. There is one listener: another takes its place. */
  subscribe(listener: (region: string, key: string) => void): void {
    this.#arrived = listener;
  }

  /** What was seen in the minute of `times.at`; adds to what is there already. */
  putDistribution(region: string, metric: MetricIdentity, distribution: Distribution, times: MetricTimes = {}): void {
    const minute = floorTo(times.at ?? this.#now(), resolutionMilliseconds);
    const metrics = this.#regions.get(region) ?? new Map<string, MetricSeries>();
    this.#regions.set(region, metrics);
    const key = metricKey(metric);
    const series = metrics.get(key) ?? new MetricSeries(metric);
    metrics.set(key, series);
    series.add(minute, { visibleAt: times.visibleAt ?? this.#now(), distribution });
    this.#arrived(region, key);
  }

  /**
   * One value for each period that starts in [from, to) and has data that is visible now. Periods start at `from` and are
   * `periodMilliseconds` long, a multiple of a minute; `from` lies on a minute.
   */
  query(region: string, metric: MetricIdentity, statistic: Statistic, span: QuerySpan): DataPoint[] {
    const series = this.#regions.get(region)?.get(metricKey(metric));
    if (!series) return [];
    const now = this.#now();
    const points: DataPoint[] = [];
    for (let start = span.from; start < span.to; start += span.periodMilliseconds) {
      const distribution = series.between(start, start + span.periodMilliseconds, now);
      const value = distribution && statistic(distribution);
      if (value !== undefined) points.push([start, value]);
    }
    return points;
  }

  /** What was seen in the minute that starts then and is visible now. */
  distribution(region: string, metric: MetricIdentity, minute: number): Distribution | undefined {
    return this.#regions.get(region)?.get(metricKey(metric))?.minute(minute, this.#now());
  }

  /** Whether the metric ever got a data point, visible or still on its way. */
  has(region: string, metric: MetricIdentity): boolean {
    return this.#regions.get(region)?.has(metricKey(metric)) === true;
  }

  /** Whether the metric got a data point for a time at or after `since`, visible or still on its way. */
  hasDataSince(region: string, metric: MetricIdentity, since: number): boolean {
    return (this.#regions.get(region)?.get(metricKey(metric))?.newestAt ?? Number.NEGATIVE_INFINITY) >= since;
  }

  /** All metrics of a region that ever got data, in the order of their first data point. */
  metrics(region: string): MetricIdentity[] {
    return [...(this.#regions.get(region)?.values() ?? [])].map((series) => series.metric);
  }
}

export interface QuerySpan {
  readonly from: number;
  readonly to: number;
  readonly periodMilliseconds: number;
}

const keys = new WeakMap<MetricIdentity, string>();

/** One text per metric: dimensions in any order are the same metric. */
export function metricKey(metric: MetricIdentity): string {
  const known = keys.get(metric);
  if (known !== undefined) return known;
  const dimensions = Object.entries(metric.dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify([metric.namespace, metric.name, dimensions]);
  keys.set(metric, key);
  return key;
}

export function floorTo(time: number, step: number): number {
  return Math.floor(time / step) * step;
}
