import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/* npm run bench: every figure that is promised, each measured in one process of its own. Ends with 1 when one does not hold. */
const benches: readonly (readonly [title: string, file: string, ...words: string[]])[] = [
  ['The judge against the rules that others use', 'judge.ts'],
  ['The functions', 'functions.ts'],
  ['One canary rehearsal', 'canary.ts'],
  ['The interpreter of state machines', 'asl.ts'],
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
