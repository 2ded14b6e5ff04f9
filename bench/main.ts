import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/* npm run bench: every figure that is promised, each measured in one process of its own. Ends with 1 when one does not hold. */
const benches: readonly (readonly [title: string, file: string, ...words: string[]])[] = [
  ['The judge against the rules that others use', 'judge.ts'],
  ['The functions', 'functions.ts'],
  ['A synth of aeon', 'synth.ts'],
  ['One canary rehearsal', 'canary.ts'],
  ['Days of schedules', 'idle.ts'],
  ['Days of hourly backups', 'backup.ts'],
  ['The interpreter of state machines', 'asl.ts'],
  ['Rotations on a real PostgreSQL under continuous logins', 'rotation.ts'],
  ['Each call of a rotation fails once', 'rotation-calls.ts'],
  ['A year of thinning snapshots', 'retention.ts'],
  ['Hourly sets of up to 1,000 databases', 'backup-scale.ts'],
  ['Restores of a real PostgreSQL that is written all the time', 'manifest.ts'],
];

let missed = 0;
for (const [title, file, ...words] of benches) {
  const path = join(import.meta.dirname, file);
  if (!existsSync(path)) continue;
  process.stdout.write(`\n## ${title}\n\n`);
  const { status } = spawnSync(process.execPath, [path, ...words], { stdio: 'inherit' });
  if (status !== 0) missed++;
}
process.stdout.write(missed === 0 ? '\nAll figures hold.\n' : `\n${missed} of the benches above missed a figure.\n`);
process.exitCode = missed === 0 ? 0 : 1;
