import type { Distribution } from '../aws/cloudwatch-distribution.ts';
import type { MetricIdentity, MetricTimes } from '../aws/cloudwatch-metrics.ts';

/** Where Elastic Load Balancing publishes: the simulated service `cloudwatch`. */
export interface MetricPublisher {
  putDistribution(region: string, metric: MetricIdentity, distribution: Distribution, times?: MetricTimes): void;
}
