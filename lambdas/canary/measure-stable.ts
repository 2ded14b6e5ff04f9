import type { MeasureStableInput, MeasureStableOutput } from '../../domain/workflows/canary-promotion.ts';
import type { Metrics } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { heldRecord } from './fenced.ts';

const minutes = 10;
const minuteMilliseconds = 60_000;

/**
 * What is slow: the 99th percentile of the stable version in the ten minutes before, as the median of its minutes' percentiles, so
 * that one bad minute does not move it.
 */
export async function measureStable(
  input: MeasureStableInput,
  { cluster, metrics, clock }: { cluster: ReleaseCluster; metrics: Metrics; clock: Clock },
): Promise<MeasureStableOutput> {
  await heldRecord(cluster, input);
  const to = Math.floor(clock.now().getTime() / minuteMilliseconds) * minuteMilliseconds;
  const query = {
    id: 'p99',
    metric: 'TargetResponseTime',
    statistic: 'p99',
    loadBalancer: input.watched.loadBalancer,
    targetGroup: input.watched.targetGroups[input.hold.stableSlot],
  };
  const series = await metrics.read([query], new Date(to - minutes * minuteMilliseconds), new Date(to));
  const seconds = [...(series.get('p99')?.values() ?? [])].sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)];
  return { slowThresholdMilliseconds: median === undefined ? null : Math.max(1, Math.round(median * 1000)) };
}
