import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databaseSnapshotName, recoverySetId, snapshotTags } from '../../domain/recovery-set.ts';
import { type KnownSet, type ManualSnapshot, planSnapshotRetention } from '../../domain/retention.ts';
import type { Keep } from '../../domain/retention-quota.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 10, 2);
const environment = 'aeon';

function snapshotOf(set: KnownSet, database: string, state = 'complete'): ManualSnapshot {
  return {
    identifier: databaseSnapshotName(set.setId, database),
    status: 'available',
    createdAt: set.startedAt,
    tags: {
      [snapshotTags.environment]: environment,
      [snapshotTags.set]: set.setId,
      [snapshotTags.member]: database,
      [snapshotTags.state]: state,
    },
  };
}
function setAt(dueAt: number, changes: Partial<KnownSet> = {}): KnownSet {
  const setId = recoverySetId(environment, dueAt);
  return { setId, dueAt, startedAt: dueAt, state: 'verified', run: 'ended', databases: ['a'], ...changes };
}
const foreign = (index: number): ManualSnapshot => ({
  identifier: `theirs-${index}`,
  status: 'available',
  createdAt: start,
  tags: {},
});
const keep: Keep = { hourly: 48, daily: 30, weekly: 0, monthly: 0 };

describe('the retention planner', () => {
  it('keeps two days of hours and thirty days of aeon', () => {
    const sets = Array.from({ length: 40 * 24 }, (_, index) => setAt(start + index * hour));
    const snapshots = sets.map((set) => snapshotOf(set, 'a'));
    const now = start + 40 * 24 * hour;
    const plan = planSnapshotRetention({ now, environment, keep, quota: 1000, snapshots, sets });
    expect(plan.keep).toHaveLength(76);
    expect(plan.keep[0]?.set).toBe('aeon-20261112t0000z');
  });

  it('deletes nothing that another made, nor what only looks like ours', () => {
    const set = setAt(start);
    const alike = { ...snapshotOf(set, 'a'), tags: {} };
    const input = { now: start + 99 * hour, environment, keep, quota: 2, sets: [set], snapshots: [alike, foreign(1)] };
    const plan = planSnapshotRetention({ ...input, next: { dueAt: start + 99 * hour, snapshots: 1 } });
    expect(plan.delete).toEqual([]);
    expect(plan.mayCreate.allowed).toBe(false);
  });

  it('takes what a dead run left after six hours, not before, and nothing complete that no record speaks of', () => {
    const set = setAt(start, { state: 'taking', run: 'unknown' });
    const orphan = setAt(start + hour);
    const lost = setAt(start + 2 * hour);
    const snapshots = [snapshotOf(set, 'a', 'taking'), snapshotOf(orphan, 'a', 'taking'), snapshotOf(lost, 'a')];
    const at = (now: number) =>
      planSnapshotRetention({ now, environment, keep, quota: 100, sets: [set], snapshots }).delete;
    expect(at(start + 5 * hour)).toEqual([]);
    expect(at(start + 9 * hour).map(({ snapshot }) => snapshot)).toEqual(
      snapshots.slice(0, 2).map((one) => one.identifier),
    );
  });

  it('keeps the set proven last although a newer one was proven before it, and both', () => {
    const old = setAt(start, { provenAt: start + 900 * hour });
    const newer = setAt(start + hour, { provenAt: start + 800 * hour });
    const between = setAt(start + 2 * hour);
    const newest = setAt(start + 3 * hour);
    const sets = [old, newer, between, newest];
    const none = { hourly: 0, daily: 0, weekly: 0, monthly: 0 };
    const snapshots = sets.map((set) => snapshotOf(set, 'a'));
    const plan = planSnapshotRetention({
      now: start + 999 * hour,
      environment,
      keep: none,
      quota: 100,
      snapshots,
      sets,
    });
    expect(plan.delete.map(({ snapshot }) => snapshot)).toEqual(['mainstay-aeon-20261102t0200z-a']);
  });

  it('thins nothing where no thinning makes room', () => {
    const sets = [0, 1, 2].map((index) => setAt(start + index * hour));
    const snapshots = [
      ...sets.map((set) => snapshotOf(set, 'a')),
      ...Array.from({ length: 120 }, (_, i) => foreign(i)),
    ];
    const next = { dueAt: start + 3 * hour, snapshots: 1 };
    const plan = planSnapshotRetention({ now: next.dueAt, environment, keep, quota: 100, snapshots, sets, next });
    expect(plan.delete).toEqual([]);
    expect(plan.mayCreate.allowed).toBe(false);
  });
});

/** Null but once in so many times. */
function rarely<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const event = fc.record({
  jumpHours: fc.oneof(
    { weight: 20, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: -30, max: 900 }) },
  ),
  fails: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  proves: rarely(60, fc.nat(200)),
  uses: rarely(20, fc.nat(200)),
  foreign: fc.integer({ min: 0, max: 60 }),
  keep: rarely(60, fc.record({ hourly: fc.nat(60), daily: fc.nat(40), weekly: fc.nat(9), monthly: fc.nat(13) })),
});

describe('over years of clocks, gaps, failures and changed definitions', () => {
  it('no quota is passed, no last proof lost, nothing in use or of others goes', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 100, maxLength: 400 }),
        fc.constantFrom(['a'], ['a', 'b', 'c']),
        (events, databases) => {
          let now = start;
          let rules = keep;
          const sets = new Map<string, KnownSet>();
          let ours: ManualSnapshot[] = [];
          for (const one of events) {
            now += one.jumpHours * hour;
            rules = one.keep ?? rules;
            const due = Math.floor(now / hour) * hour;
            const others = Array.from({ length: one.foreign }, (_, index) => foreign(index));
            const known = sets.get(recoverySetId(environment, due));
            const next = { dueAt: due, snapshots: known ? 0 : databases.length };
            const all = [...ours, ...others];
            const plan = planSnapshotRetention({
              now,
              environment,
              keep: rules,
              quota: 100,
              snapshots: all,
              sets: [...sets.values()],
              next,
            });
            const gone = new Set(plan.delete.map(({ snapshot }) => snapshot));
            expect(others.some(({ identifier }) => gone.has(identifier))).toBe(false);
            const proven = [...sets.values()].filter(({ provenAt }) => provenAt !== undefined);
            const last = proven.toSorted((a, b) => (b.provenAt ?? 0) - (a.provenAt ?? 0))[0];
            const used = [...sets.values()].filter(({ inUseUntil }) => (inUseUntil ?? 0) > now);
            for (const set of [...(last ? [last] : []), ...used]) {
              for (const database of set.databases)
                expect(gone.has(databaseSnapshotName(set.setId, database))).toBe(false);
            }
            ours = ours.filter(({ identifier }) => !gone.has(identifier));
            for (const set of sets.values()) {
              if (set.databases.every((database) => gone.has(databaseSnapshotName(set.setId, database))))
                sets.delete(set.setId);
            }
            if (plan.mayCreate.allowed && !known) {
              const made = one.fails ? databases.slice(0, 1) : databases;
              const set = setAt(due, { databases, startedAt: now, state: one.fails ? 'failed' : 'verified' });
              sets.set(set.setId, set);
              ours.push(...made.map((database) => snapshotOf(set, database)));
              expect(ours.length + others.length).toBeLessThanOrEqual(100);
            }
            const whole = [...sets.values()].filter(({ state }) => state === 'verified');
            const provenOne = one.proves === null ? undefined : whole[one.proves % Math.max(1, whole.length)];
            if (provenOne) sets.set(provenOne.setId, { ...provenOne, provenAt: now + sets.size / 1000 });
            const usedOne = one.uses === null ? undefined : whole[one.uses % Math.max(1, whole.length)];
            if (usedOne)
              sets.set(usedOne.setId, { ...(sets.get(usedOne.setId) ?? usedOne), inUseUntil: now + 4 * hour });
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
