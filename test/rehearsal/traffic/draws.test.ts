import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../rehearsal/kernel/random.ts';
import { binomial, lognormalHistogram, poisson } from '../../../rehearsal/traffic/draws.ts';

const random = () => new RandomStream(7, 'draws');
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

describe('counts', () => {
  it.each([0.3, 20, 500])('of a Poisson process with mean %d have that mean and variance', (expected) => {
    const stream = random();
    const drawn = Array.from({ length: 20_000 }, () => poisson(stream, expected));
    expect(Math.abs(mean(drawn) / expected - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance(drawn) / expected - 1)).toBeLessThan(0.06);
  });

  it.each([
    [10, 0.2],
    [6_000, 0.002],
    [6_000, 0.05],
    [1_000, 0.97],
  ])('of %d trials at %d have the binomial mean and variance', (trials, probability) => {
    const stream = random();
    const drawn = Array.from({ length: 20_000 }, () => binomial(stream, trials, probability));
    const expected = trials * probability;
    expect(Math.abs(mean(drawn) / expected - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance(drawn) / (expected * (1 - probability)) - 1)).toBeLessThan(0.06);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(trials);
  });

  it('are 0 where nothing can happen and all where everything does', () => {
    expect([
      poisson(random(), 0),
      binomial(random(), 0, 0.5),
      binomial(random(), 9, 0),
      binomial(random(), 9, 1),
    ]).toEqual([0, 0, 0, 9]);
  });
});

describe('latencies', () => {
  it('keep their number, and the percentiles of the lognormal distribution', () => {
    const histogram = lognormalHistogram(random(), 200_000, 80, 0.5);
    expect(histogram.reduce((sum, [, times]) => sum + times, 0)).toBe(200_000);
    const percentile = (share: number) => {
      let seen = 0;
      for (const [value, times] of histogram) {
        seen += times;
        if (seen >= share * 200_000) return value;
      }
      return Number.NaN;
    };
    // 80·e^(0.5·z) at z = 0, 1.645 and 2.326.
    expect(percentile(0.5)).toBeGreaterThan(76);
    expect(percentile(0.5)).toBeLessThan(84);
    expect(percentile(0.95)).toBeGreaterThan(173);
    expect(percentile(0.95)).toBeLessThan(191);
    expect(percentile(0.99)).toBeGreaterThan(243);
    expect(percentile(0.99)).toBeLessThan(269);
  });
});
