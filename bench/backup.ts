import { parseArgs } from 'node:util';
import { assemblyOf } from '../bin/cli/assembly.ts';
import { platformNamed } from '../bin/cli/platforms.ts';
import { rehearseBackup } from '../rehearsal/scenarios/backup.ts';

/*
 * node --max-semi-space-size=96 bench/backup.ts [--days 5] [--everything]
 * Days of hourly recovery sets of aeon as `mainstay rehearse backup` rehearses them: seconds of this process's own CPU before the first day, in it, and in the last
 * days of the run, when V8 has compiled what runs often; and what 35 days would take. Wanted: 60 s for 35 days. `--days 35` measures them.
 */
const { values } = parseArgs({
  options: { days: { type: 'string', default: '5' }, everything: { type: 'boolean', default: false } },
});
const days = Math.max(3, Number(values.days));
const wantedSeconds = 60;
const dayMilliseconds = 86_400_000;

const platform = platformNamed('aeon');
const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
const start = seconds();
/** CPU at the start of each day. */
const marks: number[] = [];
let began = Number.NaN;
const { result, log } = await rehearseBackup({
  ...{ platform, days, faults: [], seed: 1, assemblyDirectory, everything: values.everything },
  watch({ at }) {
    if (Number.isNaN(began)) began = at;
    while (marks.length <= days && at >= began + marks.length * dayMilliseconds) marks.push(seconds());
  },
});
const total = seconds() - start;
const [first = start, second = start] = marks;
const half = Math.floor(days / 2);
const perDay = ((marks[days] ?? Number.NaN) - (marks[days - half] ?? Number.NaN)) / half;
const projected = days >= 35 ? (total * 35) / days : total + (35 - days) * perDay;
const violated = result.checkers.violated.map(({ checker, detail }) => `  ✘ ${checker}: ${detail}\n`);
process.stdout.write(
  [
    `${days} days: ${total.toFixed(1)} s of CPU (${(first - start).toFixed(1)} s of deployment, ${(second - first).toFixed(1)} s the first day), ${Math.round(process.resourceUsage().maxRSS / 1000)} MB at most`,
    `a day, in the last ${half}: ${perDay.toFixed(2)} s of CPU, ${Math.round(result.functionsInvoked / days)} invocations, ${Math.round(log.events.length / days)} events; virtual to CPU time ${Math.round(86_400 / perDay)} : 1`,
    `sets: ${result.hoursDue} due, ${result.setsMade} made, ${result.setsVerified} verified`,
    `35 days: ${projected.toFixed(0)} s (wanted ${wantedSeconds})`,
    '',
    ...violated,
  ].join('\n'),
);
process.exitCode = projected <= wantedSeconds && violated.length === 0 ? 0 : 1;

function seconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
