import { assemblyOf } from '../bin/cli/assembly.ts';
import { platformNamed } from '../bin/cli/platforms.ts';
import { callFates, sweepRotations } from '../rehearsal/scenarios/rotation-sweep.ts';

/*
 * Each call of a rotation fails once, in each of four ways, on the synthesized app of aeon: what is asked of AWS, and every message to the
 * server. Afterwards the watchdog has looked. Every rotation has to end with exactly one AWSCURRENT that logs in, no AWSPENDING and no claim.
 * Words: fates, all of them where none is given.
 */
const platform = platformNamed('aeon');
const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
const fates = callFates.filter((fate) => process.argv.length < 3 || process.argv.slice(2).includes(fate));

process.stdout.write('| secret | the call | calls | ended whole |\n|---|---|---:|---:|\n');
let missed = 0;
for (const [secret, users] of [
  ['aeon-dt-postgres', 'alternating'],
  ['aeon-dt-heartbeat', 'single'],
] as const) {
  for (const fate of fates) {
    let calls = 0;
    let whole = 0;
    for await (const swept of sweepRotations({ platform, secret, seed: 1, assemblyDirectory }, fate)) {
      calls++;
      if (swept.whole) whole++;
      else process.stderr.write(`${secret}: ${swept.index} ${swept.call} ${fate}: ${swept.detail}\n`);
    }
    missed += calls - whole;
    process.stdout.write(`| ${secret} (${users}) | ${fate} | ${calls} | ${((100 * whole) / calls).toFixed(1)} % |\n`);
  }
}
process.stdout.write(missed === 0 ? '\nThe figure holds: 100 %.\n' : `\n${missed} rotations did not end whole.\n`);
process.exitCode = missed === 0 ? 0 : 1;
