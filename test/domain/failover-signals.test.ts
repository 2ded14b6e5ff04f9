import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judged,
  type LastDecision,
  type Look,
  reaction,
  type WatchState,
  watched,
} from '../../domain/failover-signals.ts';
import type { LeaseRecord } from '../../domain/lease.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);
const lease = (renewedAt: number): LeaseRecord => ({
  epoch: 1,
  holder: 'us-east-1',
  until: at(renewedAt + 90).toISOString(),
  databases: ['aeon-dt'],
});
/** A look every 10 seconds from the loss of everything at 0 on, unless told. */
const look = (seconds: number, seen: Partial<Look> = {}): Look => ({
  at: at(seconds),
  public: seconds >= 35 ? 'down' : 'up',
  lease: lease(Math.min(seconds, -3)),
  beatenAt: at(Math.min(seconds, -1)),
  ...seen,
});
function whenSeen(looks: readonly Look[]): { state: WatchState; pattern: string } {
  let state: WatchState | undefined;
  for (const one of looks) state = watched(state, one);
  if (!state) throw new Error('no look');
  return { state, pattern: judged(state, looks.at(-1)?.public !== 'unknown').pattern };
}
const every10 = (to: number, seen: (seconds: number) => Partial<Look> = () => ({})) =>
  Array.from({ length: to / 10 + 1 }, (_, index) => look(index * 10, seen(index * 10)));

describe('a lost region', () => {
  it('is taken for lost once two signals are lost for 30 seconds', () => {
    // The lease is late from 17 s on, the stream from 9 s; together since 17.
    expect(whenSeen(every10(40)).pattern).toBe('passing');
    const at50 = whenSeen(every10(50));
    expect(at50.pattern).toBe('region-lost');
    expect(judged(at50.state, true)).toMatchObject({
      lost: ['public', 'lease', 'stream'],
      since: at(17).toISOString(),
    });
  });
  it('is a partition where the world still reaches the primary', () => {
    expect(whenSeen(every10(70, () => ({ public: 'up' }))).pattern).toBe('passing');
    expect(whenSeen(every10(80, () => ({ public: 'up' }))).pattern).toBe('partition');
  });
  it('is taken for lost where Route 53 could not be asked, for nobody may assume that the world reaches it', () => {
    expect(whenSeen(every10(50, () => ({ public: 'unknown' }))).pattern).toBe('region-lost');
  });
});

describe('one signal', () => {
  const well: Look = { at: at(0), public: 'up', lease: lease(0), beatenAt: at(0) };
  it.each<[string, (seconds: number) => Partial<Look>]>([
    ['a check that lies', () => ({ public: 'down' })],
    ['a guard that died', () => ({ lease: lease(-100) })],
    ['a stream that broke', () => ({ beatenAt: at(-100) })],
  ])('%s moves nothing, however long', (_, wrong) => {
    const looks = Array.from({ length: 60 }, (_, index) => ({
      ...well,
      at: at(index * 10),
      lease: lease(index * 10),
      beatenAt: at(index * 10),
      ...wrong(index * 10),
    }));
    expect(whenSeen(looks).pattern).toBe('one-signal');
  });
  it('that cannot be seen is none', () => {
    const { beatenAt: _, ...blind } = look(100, { public: 'down', lease: null });
    expect(whenSeen([blind, { ...blind, at: at(110) }]).pattern).toBe('one-signal');
  });
});

describe('flapping', () => {
  it('begins to count anew with each return', () => {
    const looks = every10(200, (seconds) =>
      seconds % 40 < 20
        ? { public: 'up', lease: lease(seconds), beatenAt: at(seconds) }
        : { public: 'down', lease: lease(seconds), beatenAt: at(seconds - 12) },
    );
    const seen = looks.map((_, index) => whenSeen(looks.slice(0, index + 1)).pattern);
    expect(new Set(seen)).toEqual(new Set(['well', 'passing']));
  });
  it('never comes to a loss unless the same two signals were lost in every look of the last 30 seconds', () => {
    const seldom = fc.integer({ min: 0, max: 3 }).map((drawn) => drawn === 0);
    const draw = fc.record({ public: seldom, lease: seldom, stream: seldom });
    let losses = 0;
    fc.assert(
      fc.property(fc.array(draw, { minLength: 1, maxLength: 30 }), (drawn) => {
        const last = (index: number, signal: 'lease' | 'stream') =>
          drawn.slice(0, index + 1).findLastIndex((one) => one[signal]) * 10;
        const looks = drawn.map(
          (one, index): Look => ({
            at: at(index * 10),
            public: one.public ? 'up' : 'down',
            lease: lease(last(index, 'lease')),
            beatenAt: at(last(index, 'stream')),
          }),
        );
        if (!['region-lost', 'partition'].includes(whenSeen(looks).pattern)) return;
        losses++;
        const lostThroughout = (['public', 'lease', 'stream'] as const).filter((signal) =>
          drawn.slice(-4).every((one) => !one[signal]),
        );
        expect(drawn.length).toBeGreaterThanOrEqual(4);
        expect(lostThroughout.length).toBeGreaterThanOrEqual(2);
      }),
      { seed: 11, numRuns: 3000 },
    );
    expect(losses).toBeGreaterThan(20);
  });
});

describe('what the watch does', () => {
  const lost = { pattern: 'region-lost', lost: ['lease', 'stream'] } as const;
  const around = { armed: true, witness: 'renews', epoch: 1, now: at(1000) } as const;
  const decided = (seconds: number, epoch = 1): LastDecision => ({
    at: at(seconds).toISOString(),
    epoch,
    outcome: 'refused',
  });
  it('starts the failover of a lost region', () => {
    expect(reaction(lost, around).do).toBe('start');
  });
  it('stays and tells in a partition with a witness; without one the primary has stopped, and the platform moves', () => {
    const partition = { ...lost, pattern: 'partition' } as const;
    expect(reaction(partition, around).do).toBe('tell');
    expect(reaction(partition, { ...around, witness: 'none' }).do).toBe('start');
  });
  it('starts in a partition where the lease has ended at the witness too, and stays where nobody can read it', () => {
    const partition = { ...lost, pattern: 'partition' } as const;
    expect(reaction(partition, { ...around, witness: 'ended' }).do).toBe('start');
    expect(reaction(partition, { ...around, witness: 'unknown' })).toEqual({
      do: 'tell',
      why: 'The regions do not hear each other. The world still reaches the primary; whether it renews at the witness can not be seen from here.',
    });
  });
  it('does not start where this region may not take over', () => {
    expect(reaction(lost, { ...around, armed: false }).do).toBe('tell');
  });
  it('holds to a decision of the same reign for 15 minutes', () => {
    expect(reaction(lost, { ...around, decided: decided(101) }).do).toBe('tell');
    expect(reaction(lost, { ...around, decided: decided(100) }).do).toBe('start');
    expect(reaction(lost, { ...around, decided: decided(101, 2) }).do).toBe('start');
  });
});
