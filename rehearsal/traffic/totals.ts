import type { ReleaseTotals } from './behaviour.ts';

/** What each release of each service did for its users. */
export class Totals {
  readonly #totals = new Map<
    string,
    { service: string; digest: string | undefined; requests: number; failed: number }
  >();

  count(service: string, digest: string | undefined, requests: number, failed: number): void {
    if (requests === 0) return;
    const key = `${service} ${digest ?? ''}`;
    const total = this.#totals.get(key) ?? { service, digest, requests: 0, failed: 0 };
    total.requests += requests;
    total.failed += failed;
    this.#totals.set(key, total);
  }

  get all(): ReleaseTotals[] {
    return [...this.#totals.values()].map((total) => ({ ...total }));
  }
}
