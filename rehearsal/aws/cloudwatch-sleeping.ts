import { type MetricIdentity, metricKey } from './cloudwatch-metrics.ts';

interface Sleeper {
  readonly alarm: { readonly region: string };
  readonly metrics: readonly MetricIdentity[];
  sleepsSince: number | undefined;
}

/**
 * Alarms whose metrics are silent and which have said so. Another evaluation would find the same, minute by minute, until a data point arrives or
 * somebody sets the state: four of five alarms of aeon at rest, and each evaluation is an event of the kernel.
 */
export class SleepingAlarms<T extends Sleeper> {
  readonly #byMetric = new Map<string, Set<T>>();

  /** `since`: when the evaluation was due that found nothing new. */
  add(alarm: T, since: number): void {
    alarm.sleepsSince = since;
    for (const place of placesOf(alarm)) {
      const known = this.#byMetric.get(place);
      if (known) known.add(alarm);
      else this.#byMetric.set(place, new Set([alarm]));
    }
  }

  remove(alarm: T): void {
    if (alarm.sleepsSince === undefined) return;
    alarm.sleepsSince = undefined;
    for (const place of placesOf(alarm)) this.#byMetric.get(place)?.delete(alarm);
  }

  /** Those that look at the metric, in the order in which they fell asleep. */
  of(region: string, key: string): readonly T[] {
    const sleeping = this.#byMetric.get(placeOf(region, key));
    return sleeping?.size ? [...sleeping] : [];
  }
}

function placesOf({ alarm, metrics }: Sleeper): string[] {
  return metrics.map((metric) => placeOf(alarm.region, metricKey(metric)));
}

function placeOf(region: string, key: string): string {
  return `${region}/${key}`;
}
