import { loadBalancerMetricDelayMilliseconds } from '../aws/durations.ts';
import type { EventLog } from '../kernel/log.ts';
import type { Backend, DataPlane } from './data-plane.ts';
import type { MetricPublisher } from './publisher.ts';

type Histogram = readonly (readonly [value: number, times: number])[];

/** What one target group saw in the running minute. */
interface BackendMinute {
  readonly plane: DataPlane;
  readonly backend: Backend;
  requests: number;
  targetErrors: number;
  connectionErrors: number;
  /** Answered by the load balancer: there was no target. */
  refused: number;
  /** Seconds → times. */
  readonly latencies: Map<number, number>;
}

interface LoadBalancerMinute {
  readonly plane: DataPlane;
  requests: number;
  /** 5xx of its own. */
  loadBalancerErrors: number;
  /** 4xx of its own: no rule of the listener fits. */
  unrouted: number;
}

/**
 * Books of the running minute, closed into CloudWatch's AWS/ApplicationELB metrics and the log.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html: nothing is reported without requests;
 * counts of HTTP codes and errors only when they are not zero; RequestCount counts requests for which a target was chosen;
 * HTTPCode_ELB_* has no target group dimension.
 */
export class MinuteBooks {
  readonly #now: () => number;
  readonly #log: EventLog;
  readonly #metrics: () => MetricPublisher;
  readonly #backends = new Map<string, BackendMinute>();
  readonly #loadBalancers = new Map<string, LoadBalancerMinute>();

  constructor(options: {
    readonly now: () => number;
    readonly log: EventLog;
    readonly metrics: () => MetricPublisher;
  }) {
    this.#now = options.now;
    this.#log = options.log;
    this.#metrics = options.metrics;
  }

  /** Requests that targets answered. */
  served(
    plane: DataPlane,
    backend: Backend,
    seen: { requests: number; errors: number; latencySeconds: Histogram },
  ): void {
    const minute = this.#backend(plane, backend);
    minute.requests += seen.requests;
    minute.targetErrors += seen.errors;
    for (const [value, times] of seen.latencySeconds)
      minute.latencies.set(value, (minute.latencies.get(value) ?? 0) + times);
    this.#loadBalancer(plane).requests += seen.requests;
  }

  /** Requests whose target refused the connection: 502 from the load balancer. */
  unconnected(plane: DataPlane, backend: Backend, count: number): void {
    const minute = this.#backend(plane, backend);
    minute.requests += count;
    minute.connectionErrors += count;
    const whole = this.#loadBalancer(plane);
    whole.requests += count;
    whole.loadBalancerErrors += count;
  }

  /** Requests for which there was no target (503), no backend at all (500) or no rule (404). */
  refused(plane: DataPlane, backend: Backend | undefined, count: number, status = 503): void {
    if (backend) this.#backend(plane, backend).refused += count;
    if (status >= 500) this.#loadBalancer(plane).loadBalancerErrors += count;
    else this.#loadBalancer(plane).unrouted += count;
  }

  /** Publishes the minute that has just ended. */
  close(): void {
    const minuteStart = Math.floor((this.#now() - 1) / 60_000) * 60_000;
    for (const minute of this.#backends.values()) this.#publishBackend(minute, minuteStart);
    for (const minute of this.#loadBalancers.values()) {
      const dimensions = { LoadBalancer: minute.plane.loadBalancer };
      this.#count(minute.plane, 'RequestCount', dimensions, minute.requests, minuteStart);
      this.#count(minute.plane, 'HTTPCode_ELB_5XX_Count', dimensions, minute.loadBalancerErrors, minuteStart);
      this.#count(minute.plane, 'HTTPCode_ELB_4XX_Count', dimensions, minute.unrouted, minuteStart);
    }
    this.#backends.clear();
    this.#loadBalancers.clear();
  }

  #publishBackend(minute: BackendMinute, at: number): void {
    const { plane, backend, requests, targetErrors, connectionErrors, refused } = minute;
    const dimensions = { LoadBalancer: plane.loadBalancer, TargetGroup: backend.targetGroup };
    this.#count(plane, 'RequestCount', dimensions, requests, at);
    this.#count(plane, 'HTTPCode_Target_2XX_Count', dimensions, requests - targetErrors - connectionErrors, at);
    this.#count(plane, 'HTTPCode_Target_5XX_Count', dimensions, targetErrors, at);
    this.#count(plane, 'TargetConnectionErrorCount', dimensions, connectionErrors, at);
    const latencies = [...minute.latencies].sort(([a], [b]) => a - b);
    const count = latencies.reduce((sum, [, times]) => sum + times, 0);
    const minimum = latencies[0]?.[0];
    const maximum = latencies.at(-1)?.[0];
    if (minimum !== undefined && maximum !== undefined) {
      const sum = latencies.reduce((total, [value, times]) => total + value * times, 0);
      this.#metrics().putDistribution(
        plane.region,
        { namespace: 'AWS/ApplicationELB', name: 'TargetResponseTime', dimensions },
        { count, sum, minimum, maximum, values: latencies },
        this.#times(at),
      );
    }
    const p95 = percentile(latencies, count, 0.95);
    this.#log.write('traffic.minute', {
      service: plane.service,
      region: plane.region,
      backend: backend.name,
      targetGroup: backend.targetGroup,
      requests: requests + refused,
      errors: targetErrors + connectionErrors + refused,
      p95Milliseconds: p95 === undefined ? undefined : Math.round(p95 * 1000),
    });
  }

  #count(
    plane: DataPlane,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    count: number,
    at: number,
  ): void {
    if (count <= 0) return;
    this.#metrics().putDistribution(
      plane.region,
      { namespace: 'AWS/ApplicationELB', name, dimensions },
      { count, sum: count, minimum: 1, maximum: 1 },
      this.#times(at),
    );
  }

  #times(at: number): { at: number; visibleAt: number } {
    return { at, visibleAt: this.#now() + loadBalancerMetricDelayMilliseconds };
  }

  #backend(plane: DataPlane, backend: Backend): BackendMinute {
    const key = `${plane.loadBalancer} ${backend.targetGroup}`;
    let minute = this.#backends.get(key);
    if (!minute) {
      minute = { plane, backend, requests: 0, targetErrors: 0, connectionErrors: 0, refused: 0, latencies: new Map() };
      this.#backends.set(key, minute);
    }
    return minute;
  }

  #loadBalancer(plane: DataPlane): LoadBalancerMinute {
    let minute = this.#loadBalancers.get(plane.loadBalancer);
    if (!minute) {
      minute = { plane, requests: 0, loadBalancerErrors: 0, unrouted: 0 };
      this.#loadBalancers.set(plane.loadBalancer, minute);
    }
    return minute;
  }
}

function percentile(sorted: Histogram, count: number, share: number): number | undefined {
  let seen = 0;
  for (const [value, times] of sorted) {
    seen += times;
    if (seen >= share * count) return value;
  }
  return undefined;
}
