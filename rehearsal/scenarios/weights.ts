import type { RehearsalEvent } from '../kernel/log.ts';
import type { WeightAt } from './result.ts';

/**
 * The new release's share of the requests over a run, as the load balancer obeys it. For a release that is rolled in place, and for
 * a service without a route: the share of the ready pods that run it.
 */
export class WeightMeter {
  readonly #service: string;
  readonly #region: string;
  readonly #canaryBackend: string | undefined;
  readonly #digests: ReadonlySet<string>;
  readonly #startedAt: number;
  readonly #readyPods = new Map<string, boolean>();
  readonly #weights: WeightAt[] = [{ atSeconds: 0, canaryPercent: 0 }];

  /** `canaryBackend`: the slot that the release is shifted to; undefined where pods are counted instead. */
  constructor(options: {
    readonly service: string;
    /** Where the promotion runs: the standby has pods of the same names. */
    readonly region: string;
    readonly canaryBackend: string | undefined;
    readonly digests: ReadonlySet<string>;
    readonly startedAt: number;
    /** Pods of the service that are ready when the promotion starts. */
    readonly readyPods: readonly string[];
  }) {
    this.#service = options.service;
    this.#region = options.region;
    this.#canaryBackend = options.canaryBackend;
    this.#digests = options.digests;
    this.#startedAt = options.startedAt;
    for (const pod of options.readyPods) this.#readyPods.set(pod, false);
  }

  seen(event: RehearsalEvent): void {
    if (event.at < this.#startedAt || ('region' in event && event['region'] !== this.#region)) return;
    if (this.#canaryBackend !== undefined) {
      if (event.kind !== 'traffic.shifted' || event['service'] !== this.#service) return;
      this.#add(event.at, (event['weights'] as Record<string, number>)[this.#canaryBackend] ?? 0);
    } else if (event.kind === 'pod.changed' && String(event['pod']).startsWith(`${this.#service}-`)) {
      this.#countPods(event);
    }
  }

  #countPods(event: RehearsalEvent): void {
    const pod = String(event['pod']);
    if (event['ready'] === true) this.#readyPods.set(pod, this.#digests.has(String(event['digest'])));
    else this.#readyPods.delete(pod);
    if (this.#readyPods.size === 0) return;
    const released = [...this.#readyPods.values()].filter((runsRelease) => runsRelease).length;
    this.#add(event.at, Math.round((100 * released) / this.#readyPods.size));
  }

  #add(at: number, canaryPercent: number): void {
    if (this.#weights.at(-1)?.canaryPercent === canaryPercent) return;
    this.#weights.push({ atSeconds: (at - this.#startedAt) / 1000, canaryPercent });
  }

  get weights(): readonly WeightAt[] {
    return this.#weights;
  }
}
