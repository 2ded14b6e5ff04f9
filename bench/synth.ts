import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * node bench/synth.ts
 * How long a synth of aeon takes, all its regions, in a process of its own and with the functions bundled (the shortest of
 * three without CloudFormation's validation and cdk-nag, of two with them: what else the machine does only adds), and how large the largest template is. Promised, on two cores: at
 * most 6 s and 20 s; under 450 resources and 900 KB.
 */
const secondsMax = { without: 6, with: 20 } as const;
const resourcesMax = 450;
const bytesMax = 900_000;
const repeats = { without: 3, with: 2 } as const;

const directory = mkdtempSync(join(tmpdir(), 'mainstay-synth-'));
const app = join(import.meta.dirname, '..', 'bin', 'app.ts');
const kept = [join('functions', 'sources'), 'modules'].map((path) =>
  join(import.meta.dirname, '..', '.mainstay', path),
);
const rows: string[] = [];
let missed = 0;

for (const validation of ['without', 'with'] as const) {
  const seconds = Math.min(...Array.from({ length: repeats[validation] }, () => synthSeconds(validation === 'with')));
  if (seconds > secondsMax[validation]) missed++;
  rows.push(`| a synth ${validation} validation | ${seconds.toFixed(1)} s | ${secondsMax[validation]} s |`);
}
const templates = readdirSync(directory)
  .filter((name) => name.endsWith('.template.json'))
  .map((name) => join(directory, name));
const resources = Math.max(
  ...templates.map((file) => Object.keys(JSON.parse(readFileSync(file, 'utf8'))['Resources'] ?? {}).length),
);
const bytes = Math.max(...templates.map((file) => statSync(file).size));
if (resources >= resourcesMax) missed++;
if (bytes >= bytesMax) missed++;
rows.push(`| resources of the largest of ${templates.length} templates | ${resources} | under ${resourcesMax} |`);
rows.push(`| bytes of the largest template | ${bytes} | under ${bytesMax} |`);
rmSync(directory, { recursive: true });

process.stdout.write(`| | measured | promised |\n|---|---:|---:|\n${rows.join('\n')}\n\n`);
process.stdout.write(missed === 0 ? 'All four hold.\n' : `${missed} of 4 do not hold.\n`);
process.exitCode = missed === 0 ? 0 : 1;

/** Wall time of the whole process, as somebody waits for it. */
function synthSeconds(validation: boolean): number {
  // As after a clone: bundles of unchanged sources and the compiled library are kept otherwise, and a synth takes half the time.
  for (const path of kept) rmSync(path, { recursive: true, force: true });
  const environment = { ...process.env, CDK_OUTDIR: directory, CDK_VALIDATION: String(validation) };
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [app, '-c', 'platform=aeon'], {
    env: environment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The synth ended with ${status}: ${stderr}`);
  return (performance.now() - began) / 1000;
}
