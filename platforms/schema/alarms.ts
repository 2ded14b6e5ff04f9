import { z } from 'zod';
import { severities } from '../../domain/names.ts';
import { name, percent, positive } from './basics.ts';

/** What an alarm watches. The unit of its threshold stands in the kind's name. */
export const metric = z.discriminatedUnion('kind', [
  /** Share of nodes that report DiskPressure: any above 0 is one. */
  z.strictObject({ kind: z.literal('nodes-under-disk-pressure-count') }),
  z.strictObject({ kind: z.literal('cluster-cpu-percent') }),
  z.strictObject({ kind: z.literal('service-error-percent'), service: name }),
  z.strictObject({ kind: z.literal('service-latency-milliseconds'), service: name, percentile: percent }),
  z.strictObject({ kind: z.literal('service-availability-percent'), service: name }),
  z.strictObject({ kind: z.literal('service-memory-percent'), service: name }),
  z.strictObject({ kind: z.literal('graph-query-milliseconds'), store: name }),
  z.strictObject({ kind: z.literal('replication-lag-seconds'), database: name }),
  z.strictObject({ kind: z.literal('database-connections-percent'), database: name }),
  z.strictObject({ kind: z.literal('database-slow-queries-count'), database: name }),
  z.strictObject({ kind: z.literal('cache-hit-percent'), store: name }),
  z.strictObject({ kind: z.literal('queue-depth-count'), store: name, queue: z.string().min(1) }),
  /** A metric that a service publishes itself. */
  z.strictObject({
    kind: z.literal('custom'),
    namespace: z.string().min(1),
    metricName: z.string().min(1),
    dimensions: z.record(z.string(), z.string()),
    statistic: z.string().min(1),
  }),
]);

export const alarm = z.strictObject({
  name,
  metric,
  comparison: z.enum(['above', 'below']),
  threshold: z.number(),
  /** How long the threshold must be passed without a break. */
  forMinutes: positive,
  severity: z.enum(severities),
  /** Unanswered for so long, it goes to the next person. */
  escalateAfterMinutes: positive.optional(),
});
