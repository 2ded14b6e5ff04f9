/**
 * So many trials, of which so many hit, and the probability of a hit where nothing is wrong. One minute of one test:
 * errors of both versions (trials) of which the canary's (hits) at its share of the requests; or the canary's requests of
 * which errors, at the limit.
 */
export interface Trials {
  readonly trials: number;
  readonly hits: number;
  readonly probability: number;
}

/** Largest logarithm that is shown: e^700 is still a finite number. */
const logarithmMax = 700;

/**
 * Logarithm of the evidence (an e-value) that hits are likelier than they should be, after these minutes in their order.
 * For odds r times those of `probability` p, a minute's likelihood ratio is rʰ / (1 − p + p·r)ᵗ for h hits of t trials. The
 * evidence is the mean of its product over `oddsRatios`, and over the minute k in which the change began with weight
 * 1/(k(k+1)): a release that fails in its twentieth minute is then found as fast as one that fails in its first, for the
 * price of ln(420) = 6 more nats.
 *
 * While nothing is wrong this is a nonnegative (super)martingale that starts at 1, so by Ville's inequality the chance that it
 * ever reaches 1/α is at most α, however often one looks. That holds too when hits are drawn without putting back, as errors
 * among a minute's requests are (Hoeffding 1963, theorem 4). Ratios below 1 turn the question round: hits rarer than p.
 *
 * @see Robbins 1970, 'Statistical methods related to the law of the iterated logarithm'; arXiv 2205.14762
 */
export function logEvidence(minutes: readonly Trials[], oddsRatios: readonly number[]): number {
  const perRatio = oddsRatios.map((ratio) => {
    let begun = Number.NEGATIVE_INFINITY;
    minutes.forEach((minute, index) => {
      const weight = 1 / ((index + 1) * (index + 2));
      begun = logSum([begun, Math.log(weight)]) + logLikelihoodRatio(minute, ratio);
    });
    // The weights of the minutes still to come: their evidence is 1 so far.
    return logSum([begun, -Math.log(minutes.length + 1)]);
  });
  return logSum(perRatio) - Math.log(oddsRatios.length);
}

/** The same without the mixture over beginnings: for a question about all of these minutes together. */
export function logEvidenceThroughout(minutes: readonly Trials[], oddsRatios: readonly number[]): number {
  const perRatio = oddsRatios.map((ratio) =>
    minutes.reduce((sum, minute) => sum + logLikelihoodRatio(minute, ratio), 0),
  );
  return logSum(perRatio) - Math.log(oddsRatios.length);
}

/** The evidence itself, kept finite so that it can be written as JSON. */
export function evidenceOf(logarithm: number): number {
  return Math.exp(Math.min(logarithm, logarithmMax));
}

function logLikelihoodRatio({ trials, hits, probability }: Trials, ratio: number): number {
  return hits * Math.log(ratio) - trials * Math.log1p(probability * (ratio - 1));
}

/** ln Σ eˣ without overflow. */
function logSum(logarithms: readonly number[]): number {
  const largest = Math.max(...logarithms);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log(logarithms.reduce((sum, logarithm) => sum + Math.exp(logarithm - largest), 0));
}
