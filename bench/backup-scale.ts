import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { BackupSettings } from '../domain/backups.ts';
import { databaseInstanceName } from '../domain/databases.ts';
import { lateAfterMinutes } from '../domain/recovery-set-schedule.ts';
import { quotaNeed } from '../domain/retention-quota.ts';
import { copyEveryNeeded } from '../domain/snapshot-copies.ts';
import { type Hour, hour, until } from './backup-scale/hour.ts';
import { account, here, rdsWith, there } from './backup-scale/simulated-rds.ts';
import { emptyStores } from './backup-scale/tasks.ts';

/*
 * node bench/backup-scale.ts [--sizes 1,10,100,240,1000] [--hours 7] [--kept 4] [--standing 0] [--verbose]
 * Hourly sets of platforms of so many databases: virtual minutes until they are complete, and verified where they are copied; calls by operation, and
 * by database. So many sets are kept, so that later hours thin; `standing`: as many more stand as somebody else's, and are listed. Promised: complete
 * before the alarm for a late set, whatever the copies of another do; copies through before those of the next copied set begin; calls that grow as
 * databases do. Ends with 1 when one does not hold.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1,10,100,240,1000' },
    hours: { type: 'string', default: '7' },
    kept: { type: 'string', default: '4' },
    standing: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
  },
});

/** us-east-1, November 2026, as in bench/canary.ts; what DynamoDB, S3 and SSM cost beside is not counted. */
const dollarsPerTransition = 25 / 1_000_000;
const dollarsPerInvocation = 0.2 / 1_000_000;
const dollarsPerGibibyteSecond = 0.0000133334;
const memoryGibibytes = 0.5;
const hourMilliseconds = 3_600_000;
const hours = Number(values.hours);

interface Measured {
  readonly databases: number;
  readonly copyEvery: number;
  readonly hours: readonly Hour[];
  readonly completeMinutes: readonly number[];
  readonly verifiedMinutes: readonly number[];
  readonly recordBytes: number;
  readonly cpuSeconds: number;
}

/** Every copied set's index divides by copyEvery: the first hour is one. */
function firstDue(copyEvery: number): number {
  const hoursSince1970 = Math.ceil(Date.UTC(2026, 10, 21, 1) / hourMilliseconds / copyEvery) * copyEvery;
  return hoursSince1970 * hourMilliseconds;
}

async function measured(databases: number): Promise<Measured> {
  const began = process.cpuUsage();
  const copyEvery = copyEveryNeeded(databases, 60);
  const standing = Number(values.standing) * databases;
  const keep = { hourly: Number(values.kept), daily: 0, weekly: 0, monthly: 0 };
  const settings: BackupSettings = {
    account,
    regions: [here, there],
    everyMinutes: 60,
    startsAtUtc: '00:00',
    copiedToStandby: true,
    copyEvery,
    keep,
    manualSnapshotQuota: Math.max(100, quotaNeed(keep, databases, 0).needed + standing),
    volumes: [],
  };
  const names = Array.from({ length: databases }, (_, index) => `d${String(index).padStart(4, '0')}`);
  const dueAt = firstDue(copyEvery);
  const instances = names.map((name) => databaseInstanceName('aeon', name));
  const { rehearsal, rds, keys } = await rdsWith(instances, settings.manualSnapshotQuota, dueAt - hourMilliseconds);
  const { kernel } = rehearsal;
  for (const region of [here, there]) rds.addForeignSnapshots(region, standing);
  const world = { ...emptyStores(), rehearsal, settings, databases: names, keys };
  const runs: Promise<Hour>[] = [];
  for (let index = 0; index < hours; index++) {
    await kernel.run({ until: dueAt + index * hourMilliseconds });
    runs.push(hour(world));
  }
  const done = await until(kernel, Promise.all(runs));
  const records = (await world.records.list(here)).sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
  const minutesOf = (at: string | undefined, due: string) =>
    at === undefined ? Number.NaN : (Date.parse(at) - Date.parse(due)) / 60_000;
  const used = process.cpuUsage(began);
  return {
    databases,
    copyEvery,
    hours: done,
    completeMinutes: records.map((record) => minutesOf(record.completedAt, record.dueAt)),
    verifiedMinutes: records
      .filter((record) => record.copies[there])
      .map((record) => minutesOf(record.copies[there]?.verifiedAt, record.dueAt)),
    recordBytes: Math.max(...records.map((record) => gzipSync(JSON.stringify(record)).byteLength)),
    cpuSeconds: (used.user + used.system) / 1e6,
  };
}

const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, one) => sum + one, 0);
const plain = (number: number, digits = 1): string =>
  number.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: 0 });

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${plain(count)}`)
    .join(', ');
}

function dollarsOf({ transitions, invocations, billedSeconds }: Hour): number {
  return (
    transitions * dollarsPerTransition +
    total(invocations) * dollarsPerInvocation +
    billedSeconds * memoryGibibytes * dollarsPerGibibyteSecond
  );
}

function told({ databases, copyEvery, hours: runs, ...of }: Measured): string {
  const lines = runs.map((run, index) => {
    const copied = index % copyEvery === 0;
    const { error = '', cause = '' } = run.result;
    return [
      `  hour ${index}, ${copied ? 'copied' : 'not copied'}: ${run.result.status}${error && ` (${error}: ${cause.slice(0, 200)})`}, over after ${plain(run.minutes)} min; ` +
        `${plain(total(run.invocations))} functions, ${plain(run.transitions)} transitions, ${plain(total(run.calls))} calls, $${dollarsOf(run).toFixed(4)}; ` +
        `${plain(run.retries)} failed tasks`,
      `    a database: ${plain(total(run.calls) / databases, 2)} calls, ${plain(total(run.invocations) / databases, 2)} functions, ${plain(run.transitions / databases, 2)} transitions`,
      ...(values.verbose || copied || index === runs.length - 1 ? [`    ${listed(run.calls)}`] : []),
      ...(values.verbose
        ? [
            `    functions: ${listed(run.invocations)}`,
            `    longest seconds: ${[...run.longest].map(([name, seconds]) => `${name} ${seconds.toFixed(0)}`).join(', ')}`,
          ]
        : []),
    ].join('\n');
  });
  return [
    `${plain(databases)} databases, each ${copyEvery === 1 ? '' : `${copyEvery}th `}set copied: complete after ${of.completeMinutes.map((one) => plain(one)).join(', ')} min; verified after ${of.verifiedMinutes.map((one) => plain(one)).join(', ')} min; record ${plain(of.recordBytes / 1000)} kB of 400; ${of.cpuSeconds.toFixed(1)} s of CPU`,
    ...lines,
    '',
  ].join('\n');
}

/** What is promised and did not hold. */
function missed({ databases, copyEvery, hours: runs, completeMinutes, verifiedMinutes }: Measured): string[] {
  const on = `${databases} databases: `;
  return [
    ...(runs.every(({ result }) => result.status === 'SUCCEEDED') ? [] : [`${on}an hour failed`]),
    ...(completeMinutes.every((one) => one <= lateAfterMinutes)
      ? []
      : [`${on}complete after more than ${lateAfterMinutes} min`]),
    ...(verifiedMinutes.every((one, index) => one - (completeMinutes[index * copyEvery] ?? 0) <= copyEvery * 60)
      ? []
      : [`${on}copies longer than ${copyEvery} h`]),
  ];
}

const results: Measured[] = [];
for (const size of values.sizes.split(',').map(Number)) {
  const result = await measured(size);
  results.push(result);
  process.stdout.write(`${told(result)}\n`);
}
/** Of the last hour that is copied, which thins as well: what a database adds must not grow with their number. */
const perDatabase = results.map(({ databases, copyEvery, hours: runs }) => {
  const last = runs.findLast((_, index) => index % copyEvery === 0);
  return total(last?.calls ?? new Map()) / databases;
});
const grows = perDatabase.some((calls, index) => index > 0 && calls > (perDatabase[index - 1] ?? 0) * 1.05);
const failures = [...results.flatMap(missed), ...(grows ? ['calls grow faster than databases'] : [])];
process.stdout.write(failures.length === 0 ? 'All holds.\n' : `Missed: ${failures.join('; ')}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
