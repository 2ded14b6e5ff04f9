import { failoverMetrics } from '../../domain/failover-settings.ts';
import type { Judgement } from '../../domain/failover-signals.ts';
import { signals } from '../../domain/failover-signals.ts';
import type { RoundSeen } from '../guard/guard-primary.ts';
import type { Clock } from '../ports/clock.ts';
import type { TrafficSwitch } from '../ports/serving.ts';
import { cloudWatchMeasurements } from './measurements.ts';

type Figure = {
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: 'Count' | 'None';
};

/** The metrics' period is a minute; what is the same within one is written once. */
const againMilliseconds = 50_000;

/** Metrics of a failover in one region. What is written again and again is written when it changes, else once a minute. */
export function failoverFigures(region: string, environment: string, clock: Clock) {
  const measurements = cloudWatchMeasurements(region);
  const of = (metric: string, value: number, more: Readonly<Record<string, string>> = {}): Figure => {
    const unit = metric === failoverMetrics.silentDatabases ? 'Count' : 'None';
    return { metric, value, unit, dimensions: { Environment: environment, ...more } };
  };
  const put = (figures: readonly Figure[]) => measurements.put(failoverMetrics.namespace, figures);
  const last = { text: '', at: Number.NEGATIVE_INFINITY };
  const onceAMinute = async (figures: readonly Figure[]) => {
    const text = JSON.stringify(figures);
    const now = clock.now().getTime();
    if (figures.length === 0 || (text === last.text && now - last.at < againMilliseconds)) return;
    await put(figures);
    Object.assign(last, { text, at: now });
  };
  const trafficSwitch: TrafficSwitch = { show: (figure) => put([of(failoverMetrics.serves, figure)]) };
  return {
    trafficSwitch,
    /** Of a guard's round. */
    guarded: (seen: RoundSeen | { readonly state: 'lone' }) => {
      if (seen.state === 'lone') return onceAMinute([of(failoverMetrics.stale, 0), of(failoverMetrics.noStandby, 1)]);
      return onceAMinute([
        of(failoverMetrics.guarded, seen.renewed.length > 0 ? 1 : 0),
        of(failoverMetrics.stale, seen.state === 'stale' ? 1 : 0),
        of(failoverMetrics.silentDatabases, seen.silent.length),
      ]);
    },
    /** Of a look of the watch. */
    watched: ({ lost, pattern }: Judgement) =>
      onceAMinute([
        ...signals.map((signal) => of(failoverMetrics.lost, lost.includes(signal) ? 1 : 0, { Signal: signal })),
        of(failoverMetrics.regionLost, pattern === 'region-lost' ? 1 : 0),
      ]),
  };
}
