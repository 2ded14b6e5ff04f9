import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recoverySetId } from '../../domain/recovery-set.ts';
import {
  type KeptVolumeSnapshot,
  planVolumeRetention,
  type SetStanding,
  type VolumeRetentionInput,
} from '../../domain/volume-retention.ts';

const hour = 3_600_000;
const begin = Date.UTC(2026, 10, 1);
const stores = [{ store: 'graph', retentionDays: 1, intervalMinutes: 60 }];

/** The snapshot of the n-th hour. */
function snapshot(index: number, more: Partial<KeptVolumeSnapshot> = {}): KeptVolumeSnapshot {
  const dueAt = begin + index * hour;
  return {
    snapshotId: `snap-${index}`,
    setId: recoverySetId('aeon', dueAt),
    member: 'graph/0',
    state: 'completed',
    startedAt: new Date(dueAt + 60_000),
    ...more,
  };
}

function set(index: number, more: Partial<SetStanding> = {}): SetStanding {
  const dueAt = begin + index * hour;
  return { setId: recoverySetId('aeon', dueAt), dueAt, state: 'verified', ...more };
}

function planned(input: Partial<VolumeRetentionInput>): readonly string[] {
  const now = begin + 1000 * hour;
  const plan = planVolumeRetention({ now, environment: 'aeon', stores, snapshots: [], sets: [], ...input });
  return plan.map(({ snapshotId }) => snapshotId).toSorted();
}

const hours = (count: number) => Array.from({ length: count }, (_, index) => snapshot(index));

describe('volumes', () => {
  it('keep as many snapshots as their days hold, the newest', () => {
    expect(planned({ snapshots: hours(24) })).toEqual([]);
    expect(planned({ snapshots: hours(26) })).toEqual(['snap-0', 'snap-1']);
  });

  it('lose nothing to a clock that jumps ahead, or to a gap of a year', () => {
    expect(planned({ snapshots: hours(24), now: begin + 9000 * hour })).toEqual([]);
    expect(planned({ snapshots: [...hours(24), snapshot(9000)], now: begin + 9001 * hour })).toEqual(['snap-0']);
  });

  it('keep what was proven last, what was proven of the newest, and what a restore uses', () => {
    const sets = [
      set(0, { provenAt: begin + 200 * hour }),
      set(1, { provenAt: begin + 100 * hour }),
      set(2, { inUseUntil: begin + 1001 * hour }),
      set(3, { inUseUntil: begin + 999 * hour }),
      set(29),
    ];
    expect(planned({ snapshots: hours(30), sets })).toEqual(['snap-3', 'snap-4', 'snap-5']);
  });

  it('leave what is not ours, by environment or store', () => {
    const foreign = hours(30).map((one) => ({ ...one, setId: one.setId.replace('aeon', 'other') }));
    expect(planned({ snapshots: foreign })).toEqual([]);
    expect(planned({ snapshots: hours(30).map((one) => ({ ...one, member: 'search/0' })) })).toEqual([]);
  });

  it('lose what failed, what was made twice, and what a failed set left, six hours later', () => {
    const snapshots = [
      snapshot(0),
      snapshot(1, { state: 'error' }),
      snapshot(2),
      snapshot(2, { snapshotId: 'snap-2-again', startedAt: new Date(begin + 3 * hour) }),
      snapshot(3),
    ];
    const sets = [set(0, { state: 'failed' }), set(2), set(3)];
    expect(planned({ snapshots, sets })).toEqual(['snap-0', 'snap-1', 'snap-2-again']);
    expect(planned({ snapshots, sets, now: begin + 6 * hour })).toEqual([]);
  });

  it('count each volume by itself', () => {
    const second = hours(25).map((one) => ({ ...one, member: 'graph/1', snapshotId: `${one.snapshotId}-1` }));
    expect(planned({ snapshots: [...hours(24), ...second] })).toEqual(['snap-0-1']);
  });

  it('always keep the newest usable one, whatever the clock, the gaps and the records', () => {
    const one = fc.record({
      index: fc.nat(60),
      state: fc.constantFrom('completed', 'pending', 'error'),
      late: fc.nat(5),
    });
    const standing = fc.record({
      index: fc.nat(60),
      state: fc.constantFrom('complete', 'verified', 'failed', 'taking', 'deleting'),
      proven: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one), fc.array(standing), fc.nat(10_000), (made, records, after) => {
        const snapshots = made.map(({ index, state, late }, number) =>
          snapshot(index, { snapshotId: `s${number}`, state, startedAt: new Date(begin + (index + late) * hour) }),
        );
        const sets = [
          ...new Map(
            records.map(({ index, state, proven }) => [
              index,
              set(index, { state, ...(proven ? { provenAt: begin + index * hour } : {}) }),
            ]),
          ).values(),
        ];
        const going = new Set(planned({ snapshots, sets, now: begin + after * hour }));
        const bad = new Set(
          sets.filter(({ state }) => state === 'failed' || state === 'taking').map(({ setId }) => setId),
        );
        const usable = snapshots.filter(({ state, setId }) => state === 'completed' && !bad.has(setId));
        const kept = usable.filter(({ snapshotId }) => !going.has(snapshotId));
        if (usable.length > 0) expect(kept.length).toBeGreaterThan(0);
        const newestOf = (some: readonly KeptVolumeSnapshot[]) =>
          some
            .map(({ setId }) => setId)
            .toSorted()
            .at(-1);
        expect(newestOf(kept)).toBe(newestOf(usable));
      }),
    );
  });
});
