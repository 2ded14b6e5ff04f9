import { databaseSnapshotName, recoverySetId, snapshotTags } from '../domain/recovery-set.ts';
import { type KnownSet, type ManualSnapshot, planSnapshotRetention } from '../domain/retention.ts';

/* node bench/retention.ts: a year of hourly plans for one database, promised within 5 s, and a day for 100 and 1,000. Ends with 1 when missed. */
const hour = 3_600_000;
const keep = { hourly: 48, daily: 30, weekly: 0, monthly: 0 };

function plansFor(hours: number, databases: readonly string[], quota: number): { seconds: number; peak: number } {
  const environment = 'aeon';
  let sets: KnownSet[] = [];
  let snapshots: ManualSnapshot[] = [];
  let peak = 0;
  const began = performance.now();
  for (let index = 0; index < hours; index++) {
    const now = Date.UTC(2026, 0, 1) + index * hour;
    const next = { dueAt: now, snapshots: databases.length };
    const plan = planSnapshotRetention({ now, environment, keep, quota, snapshots, sets, next });
    const gone = new Set(plan.delete.map(({ snapshot }) => snapshot));
    const kept = new Set(plan.keep.map(({ set }) => set));
    snapshots = snapshots.filter(({ identifier }) => !gone.has(identifier));
    sets = sets.filter(({ setId }) => kept.has(setId));
    const setId = recoverySetId(environment, now);
    sets.push({ setId, dueAt: now, startedAt: now, state: 'verified', run: 'ended', databases });
    for (const member of databases) {
      const tags = {
        [snapshotTags.environment]: environment,
        [snapshotTags.set]: setId,
        [snapshotTags.member]: member,
      };
      snapshots.push({ identifier: databaseSnapshotName(setId, member), status: 'available', createdAt: now, tags });
    }
    peak = Math.max(peak, snapshots.length);
  }
  return { seconds: (performance.now() - began) / 1000, peak };
}

const named = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);
const year = plansFor(365 * 24, ['aeon-dt'], 100);
process.stdout.write(`A year, 1 database: ${year.seconds.toFixed(2)} s, at most ${year.peak} of 100 snapshots\n`);
for (const count of [100, 1000]) {
  const { seconds, peak } = plansFor(24, named(count), count * 78 + 10);
  process.stdout.write(
    `A day, ${count} databases: ${seconds.toFixed(2)} s, at most ${peak} of ${count * 78 + 10} snapshots\n`,
  );
}
process.exitCode = year.seconds <= 5 && year.peak <= 100 ? 0 : 1;
