import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf, logEvidence, logEvidenceThroughout } from '../../domain/evidence.ts';

const odds = [1.5, 2.5, 5, 15];

describe('logEvidence', () => {
  it('is nothing before there is anything to see', () => {
    expect(logEvidence([], odds)).toBeCloseTo(0, 12);
    expect(logEvidence([{ trials: 0, hits: 0, probability: 0.1 }], odds)).toBeCloseTo(0, 12);
  });

  it('is the likelihood ratio of the one alternative, given even weight against no change, after one minute', () => {
    // 3 of 4 hits at probability 0.1 against odds 9 times as high (probability 0.5): 0.5⁴ / (0.1³ · 0.9) = 69.44; half of it, and half of 1.
    expect(evidenceOf(logEvidence([{ trials: 4, hits: 3, probability: 0.1 }], [9]))).toBeCloseTo(69.444 / 2 + 1 / 2, 2);
  });

  it('is the plain mean of the likelihood ratios when asked throughout', () => {
    // Odds 9: 69.44; odds 1: 1.
    expect(evidenceOf(logEvidenceThroughout([{ trials: 4, hits: 3, probability: 0.1 }], [9, 1]))).toBeCloseTo(
      35.222,
      2,
    );
  });

  it('finds a change in the twentieth minute almost as fast as one in the first', () => {
    const good = Array.from({ length: 19 }, () => ({ trials: 12, hits: 1, probability: 0.1 }));
    const bad = { trials: 23, hits: 12, probability: 0.1 };
    const atOnce = logEvidence([bad], odds);
    expect(logEvidence([...good, bad], odds)).toBeGreaterThan(atOnce - Math.log(420));
    // Without a beginning of its own the change would still be outweighed by what went before.
    expect(logEvidenceThroughout([...good, bad], odds)).toBeLessThan(atOnce - Math.log(420));
  });

  it('stays a number whatever is counted', () => {
    const minute = fc.record({
      trials: fc.nat(10_000_000),
      hits: fc.nat(10_000_000),
      probability: fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 60 }), (minutes) => {
        const evidence = evidenceOf(logEvidence(minutes, odds));
        expect(Number.isFinite(evidence)).toBe(true);
        expect(evidence).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
