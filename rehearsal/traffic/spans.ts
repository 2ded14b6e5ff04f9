import type { ServedSpan } from './behaviour.ts';
import { type DataPlane, percents } from './data-plane.ts';

/** Who served each route since when. */
export class ServedSpans {
  readonly #spans: ServedSpan[] = [];

  /** Lengthens the last span of the service, or begins another where somebody else serves. */
  note(plane: DataPlane, from: number, to: number): void {
    const weights = percents(plane);
    const shares = plane.backends
      .filter(({ weight }) => weight > 0)
      .map(({ name, targets }) => ({
        backend: name,
        percent: weights[name] ?? 0,
        digests: [...new Set(targets.map(({ digest }) => digest))].sort(),
      }));
    const index = this.#spans.findLastIndex(({ service }) => service === plane.service);
    const last = this.#spans[index];
    if (last && last.to === from && JSON.stringify(last.shares) === JSON.stringify(shares)) {
      this.#spans[index] = { ...last, to };
    } else {
      this.#spans.push({ service: plane.service, from, to, shares });
    }
  }

  get all(): ServedSpan[] {
    return this.#spans.map((span) => ({ ...span }));
  }
}
