import { parseArgs } from 'node:util';
import { assemblyOf } from '../bin/cli/assembly.ts';
import { platformNamed } from '../bin/cli/platforms.ts';
import { createRehearsal } from '../rehearsal/rehearsal.ts';

/*
 * node bench/idle.ts [--days 3]
 * The deployed aeon with nothing but its schedules: seconds of CPU (this process's own, so that other work on the machine counts little) and megabytes
 * a virtual day, from the second day on, and what 35 days would take. Wanted: 25 s for 35 days.
 */
const { values } = parseArgs({ options: { days: { type: 'string', default: '3' } } });
const days = Math.max(2, Number(values.days));
const wantedSeconds = 25;

const assemblyDirectory = await assemblyOf(platformNamed('aeon'), 'production', undefined);
const { kernel, log, close } = await createRehearsal({
  assemblyDirectory,
  seed: 1,
  startsAt: Date.UTC(2026, 10, 2, 8),
  maximumEvents: 1_000_000_000,
  functionsKeepNothing: true,
});
const from = kernel.now();
let began = process.cpuUsage();
let heap = 0;
for (let day = 1; day <= days; day++) {
  await kernel.run({ until: from + day * 86_400_000 });
  if (day > 1) continue;
  began = process.cpuUsage();
  heap = process.memoryUsage().heapUsed;
}
const spent = process.cpuUsage(began);
const secondsPerDay = (spent.user + spent.system) / 1e6 / (days - 1);
const megabytesPerDay = (process.memoryUsage().heapUsed - heap) / 1e6 / (days - 1);
const invocations = log.events.filter(({ kind, at }) => kind === 'function.invoked' && at > from).length / days;
await close();
process.stdout.write(
  [
    `a day of schedules: ${secondsPerDay.toFixed(2)} s of CPU, ${Math.round(invocations)} invocations, ${megabytesPerDay.toFixed(1)} MB (garbage included)`,
    `35 days: ${(35 * secondsPerDay).toFixed(0)} s (wanted ${wantedSeconds})`,
    '',
  ].join('\n'),
);
process.exitCode = 35 * secondsPerDay <= wantedSeconds ? 0 : 1;
