import type { RandomStream } from '../kernel/random.ts';

/** Above this mean a count is drawn from the normal approximation, whose error is then far below the counts' own spread. */
const normalFromMean = 60;

/** A Poisson count: events at this mean number. */
export function poisson(random: RandomStream, mean: number): number {
  if (!(mean > 0)) return 0;
  if (mean > normalFromMean) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  // Knuth: multiply uniforms until they fall below e^-mean.
  const limit = Math.exp(-mean);
  let product = random.uniform();
  let count = 0;
  while (product > limit) {
    product *= random.uniform();
    count++;
  }
  return count;
}

/** How many of `trials` succeed, each with this probability. */
export function binomial(random: RandomStream, trials: number, probability: number): number {
  if (trials <= 0 || probability <= 0) return 0;
  if (probability >= 1) return trials;
  if (probability > 0.5) return trials - binomial(random, trials, 1 - probability);
  const mean = trials * probability;
  if (mean > normalFromMean) {
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - probability)) * random.normal());
    return Math.min(trials, Math.max(0, drawn));
  }
  // The gaps between successes are geometric: as many draws as there are successes.
  const logarithm = Math.log(1 - probability);
  let count = 0;
  let position = 0;
  for (;;) {
    position += Math.floor(Math.log(1 - random.uniform()) / logarithm) + 1;
    if (position > trials) return count;
    count++;
  }
}

/**
 * The lognormal distribution in 96 steps of its logarithm from -4 to +4 sigma: the middle of each step and its probability.
 * A step is 1/12 sigma, so a percentile is off by at most 4 % at a sigma of 0.5.
 */
const steps = 96;
const reach = 4;
const standardSteps: readonly { readonly z: number; readonly probability: number }[] = Array.from(
  { length: steps },
  (_, index) => {
    const low = -reach + (2 * reach * index) / steps;
    const high = -reach + (2 * reach * (index + 1)) / steps;
    return { z: (low + high) / 2, probability: normalBelow(high) - normalBelow(low) };
  },
);

/** Draws `count` latencies as [value, times], value in the unit of the median. */
export function lognormalHistogram(
  random: RandomStream,
  count: number,
  median: number,
  sigma: number,
): (readonly [value: number, times: number])[] {
  const drawn: [number, number][] = [];
  let left = count;
  let probabilityLeft = standardSteps.reduce((sum, { probability }) => sum + probability, 0);
  for (const { z, probability } of standardSteps) {
    if (left === 0) break;
    const times = binomial(random, left, Math.min(1, probability / probabilityLeft));
    probabilityLeft -= probability;
    left -= times;
    if (times > 0) drawn.push([median * Math.exp(sigma * z), times]);
  }
  if (left > 0) drawn.push([median * Math.exp(sigma * reach), left]);
  return drawn;
}

/** Standard normal distribution function, Abramowitz and Stegun 26.2.17 (error < 7.5e-8). */
function normalBelow(z: number): number {
  if (z < 0) return 1 - normalBelow(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return 1 - density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
}
