import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { answers, definitions, spoiltDefinitions } from '../test/asl/fuzz/arbitraries.ts';
import { checkDefinition } from '../test/asl/fuzz/check.ts';
import { inputs } from '../test/asl/fuzz/values.ts';

/*
 * node bench/asl-fuzz.ts [--seconds 60] [--seed N]
 * Random machines on random inputs for as long as told: each must be refused by name or end under an error name of AWS, twice
 * alike. A failure is shrunk and printed with its seed.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const until = performance.now() + Number(values.seconds) * 1000;
const counts = new Map<string, number>();
let seed = Number(values.seed);
while (performance.now() < until) {
  for (const machines of [definitions, spoiltDefinitions]) {
    await fc.assert(
      fc.asyncProperty(machines, inputs, answers, async (definition, input, answered) => {
        const outcome = await checkDefinition(definition, input, answered);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }),
      { seed, numRuns: 100, timeout: 60_000 },
    );
  }
  seed++;
}
const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
console.log(
  `${total} machines in ${values.seconds} s, seeds ${values.seed} to ${seed - 1}: ${JSON.stringify(Object.fromEntries(counts))}`,
);
