import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answers, definitions, spoiltDefinitions } from './fuzz/arbitraries.ts';
import { checkDefinition } from './fuzz/check.ts';
import { inputs } from './fuzz/values.ts';

// Bounded here; bench/asl-fuzz.ts goes on for as long as it is told.
const bounds = { numRuns: 150, seed: 20261120 };

describe('any machine on any input', () => {
  it('is refused by name, or ends under an error name of AWS, twice alike', async () => {
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(definitions, inputs, answers, async (definition, input, answered) => {
        const outcome = await checkDefinition(definition, input, answered);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }),
      bounds,
    );
    // The machines reach every kind of ending: a generator that is always refused would prove nothing.
    expect(outcomes.get('SUCCEEDED')).toBeGreaterThan(10);
    expect(outcomes.get('FAILED')).toBeGreaterThan(10);
    expect(outcomes.get('refused')).toBeGreaterThan(10);
  });

  it('spoilt in one place is refused by name, or still ends', async () => {
    await fc.assert(
      fc.asyncProperty(spoiltDefinitions, inputs, answers, async (definition, input, answered) => {
        await checkDefinition(definition, input, answered);
      }),
      bounds,
    );
  });
});
