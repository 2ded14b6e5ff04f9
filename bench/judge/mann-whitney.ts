/** Shift of one sample against another, with its confidence interval. */
export interface ShiftInterval {
  readonly estimate: number;
  readonly lower: number;
}

/** Quantile of the standard normal for a two-sided interval of 98 %. */
const quantile98 = 2.3263478740408408;

/**
 * Asymptotic Mann-Whitney interval of the shift between two samples, with ties and continuity corrected, as R's wilcox.test reckons
 * it: the shifts at which the standardised rank sum equals a quantile, found by halving. Undefined when all values are equal.
 * Only the lower end is needed here.
 */
export function mannWhitneyInterval(
  sample: readonly number[],
  reference: readonly number[],
): ShiftInterval | undefined {
  const all = [...sample, ...reference];
  if (all.every((value) => value === all[0])) return undefined;
  const least = Math.min(...sample) - Math.max(...reference);
  const most = Math.max(...sample) - Math.min(...reference);
  const root = (quantile: number) => {
    const excess = (shift: number) => standardisedRankSum(sample, reference, shift) - quantile;
    if (excess(least) <= 0) return least;
    if (excess(most) >= 0) return most;
    let [low, high] = [least, most];
    // The same tolerance as R's: 1e-4.
    while (high - low > 1e-4) {
      const middle = (low + high) / 2;
      if (excess(middle) > 0) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return { estimate: root(0), lower: root(quantile98) };
}

function standardisedRankSum(sample: readonly number[], reference: readonly number[], shift: number): number {
  const values = [
    ...sample.map((value) => ({ value: value - shift, ofSample: true })),
    ...reference.map((value) => ({ value, ofSample: false })),
  ].toSorted((a, b) => a.value - b.value);
  const [m, n] = [sample.length, reference.length];
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < values.length; ) {
    let end = start;
    while (end < values.length && values[end]?.value === values[start]?.value) end++;
    const tied = values.slice(start, end);
    rankSum += tied.filter((entry) => entry.ofSample).length * ((start + 1 + end) / 2);
    ties += tied.length ** 3 - tied.length;
    start = end;
  }
  const difference = rankSum - (m * (m + 1)) / 2 - (m * n) / 2;
  const variance = ((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1)));
  return variance <= 0 ? 0 : (difference - Math.sign(difference) * 0.5) / Math.sqrt(variance);
}
