import { parseArgs } from 'node:util';
import { assemblyOf } from '../bin/cli/assembly.ts';
import { platformNamed } from '../bin/cli/platforms.ts';
import { parseFaults } from '../rehearsal/faults/catalogue.ts';
import { type CanaryRun, rehearseCanary } from '../rehearsal/scenarios/canary.ts';
import { parseRelease } from '../rehearsal/scenarios/releases.ts';

/*
 * node bench/canary.ts [--runs 5]
 * One rehearsal of a promotion of 31 virtual minutes after the synth: wall time (promised: 1.5 s), the same seed twice, and what such a promotion
 * would cost on AWS.
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });

/** us-east-1, November 2026: Step Functions Standard; Lambda arm64. */
const dollarsPerTransition = 25 / 1_000_000;
const dollarsPerInvocation = 0.2 / 1_000_000;
const dollarsPerGibibyteSecond = 0.0000133334;
const memoryGibibytes = 0.5;

const platform = platformNamed('aeon');
const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
const seconds: number[] = [];
let last: CanaryRun | undefined;
const hashes = new Set<string>();
for (let run = 0; run < Number(values.runs); run++) {
  const began = performance.now();
  last = await rehearseCanary({
    platform,
    stage: 'production',
    service: 'aeon-dt-api',
    release: parseRelease('healthy'),
    faults: parseFaults([]),
    seed: 1,
    assemblyDirectory,
  });
  seconds.push((performance.now() - began) / 1000);
  hashes.add(last.result.logSha256);
}
if (!last) throw new RangeError('--runs has to be at least 1');
const began = last.log.events.findIndex(({ kind }) => kind === 'scenario.began');
const promotion = last.log.events.slice(began);
const transitions = promotion.filter(({ kind }) => kind === 'state.entered').length;
const ended = promotion.filter(({ kind }) => kind === 'function.ended');
const billedSeconds = ended.reduce((sum, event) => sum + Number(event['milliseconds']), 0) / 1000;
const dollars =
  transitions * dollarsPerTransition +
  ended.length * dollarsPerInvocation +
  billedSeconds * memoryGibibytes * dollarsPerGibibyteSecond;
const sorted = seconds.toSorted((a, b) => a - b);
const wall = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
const virtual = last.result.virtualSeconds;

process.stdout.write(
  [
    `wall seconds of one rehearsal, median of ${seconds.length}: ${wall.toFixed(2)} (first ${seconds[0]?.toFixed(2)}; promised 1.5)`,
    `virtual seconds: ${virtual}; ${Math.round(virtual / wall)} times as fast as the world`,
    `logs of the same seed: ${hashes.size === 1 ? 'identical' : `${hashes.size} different ones`}`,
    `state transitions ${transitions}, invocations ${ended.length}, billed seconds ${billedSeconds.toFixed(1)} (of simulated latencies)`,
    `dollars a promotion: ${dollars.toFixed(4)}`,
    '',
  ].join('\n'),
);
process.exitCode = wall <= 1.5 && hashes.size === 1 ? 0 : 1;
