import { parseArgs } from 'node:util';
import { compare, shortfalls, tableOf } from './judge/table.ts';

/*
 * node bench/judge.ts [--runs 2000] [--seed 1]
 * The judge against the rules of Argo Rollouts, CloudWatch alarms, Flagger and Kayenta on the same seeded traces. Prints a table in
 * Markdown; ends with 1 when the figures that docs/reference/judge.md promises don't hold.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
});
const options = { runs: Number(values.runs), seed: Number(values.seed) };
if (!Number.isInteger(options.runs) || options.runs < 1 || !Number.isInteger(options.seed)) {
  process.stderr.write(`--runs ${values.runs} --seed ${values.seed}: allowed are whole numbers, runs of 1 or more.\n`);
  process.exit(2);
}
const outcomes = compare(options);
const missed = shortfalls(outcomes, 'Mainstay');
process.stdout.write(
  `Rolled back, and median seconds until then. ${options.runs} runs of 30 minutes, seed ${options.seed}; 100 requests/s, 10 % canary; limit 1 % errors.\n\n${tableOf(outcomes)}\n`,
);
process.stdout.write(missed.length === 0 ? '\nAll promised figures hold.\n' : `\nMissed: ${missed.join('; ')}\n`);
process.exitCode = missed.length === 0 ? 0 : 1;
