import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Follower,
  failbackObstacles,
  logPosition,
  type OtherRegion,
  quiesceStep,
  switchObstacles,
} from '../../domain/failback.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);
const other = (fields: Partial<OtherRegion> = {}): OtherRegion => ({
  name: 'us-east-1',
  answersSince: at(-3600),
  epoch: 2,
  writable: [],
  working: [],
  ...fields,
});

describe('going back', () => {
  it('begins to a region that has answered for an hour, knows the reign and is fenced', () => {
    expect(failbackObstacles(other(), { epoch: 2 }, at(0))).toEqual([]);
  });
  it.each<[string, Partial<OtherRegion>]>([
    ['has answered for less than an hour', { answersSince: at(-3599) }],
    ['does not answer', { answersSince: undefined as never }],
    ['believes in a former reign', { epoch: 1 }],
    ['still lets the application write', { writable: ['aeon-dt'] }],
    ['works on something', { working: ["a rotation holds 'database/aeon-dt'"] }],
  ])('not to one that %s', (_, fields) => {
    expect(failbackObstacles(other(fields), { epoch: 2 }, at(0))).toHaveLength(1);
  });
});

describe('the switch', () => {
  const follower = (fields: Partial<Follower> = {}): Follower => ({
    database: 'aeon-dt',
    status: 'available',
    isReplica: true,
    lagSeconds: 2,
    followsSince: at(-600),
    ...fields,
  });
  it('is made in its window with a replica that has followed for ten minutes', () => {
    expect(switchObstacles([follower()], true, [], at(0))).toEqual([]);
  });
  it.each<[string, Partial<Follower>]>([
    ['that is none', { isReplica: false }],
    ['that is created', { status: 'creating' }],
    ['of which nobody knows', { lagSeconds: undefined as never }],
    ['behind', { lagSeconds: 6 }],
    ['that follows since a moment ago', { followsSince: at(-599) }],
  ])('not to a replica %s', (_, fields) => {
    expect(switchObstacles([follower(fields)], true, [], at(0))).toHaveLength(1);
  });
  it('not outside its window, and not with a blocking fault', () => {
    expect(switchObstacles([follower()], false, ['keys: gone.'], at(0))).toEqual([
      'keys: gone.',
      'It is not the time for it.',
    ]);
  });
});

describe('writes that stand still', () => {
  const step = (replayed: string | undefined, seconds: number) =>
    quiesceStep({ last: '16/B374D848', replayed, since: at(0), now: at(seconds) });
  it('end in a promotion only when all is replayed', () => {
    expect(step('16/B374D848', 5).do).toBe('promote');
    expect(step('16/B374D847', 5).do).toBe('wait');
    expect(step(undefined, 5).do).toBe('wait');
    expect(step('17/0', 5).do).toBe('promote');
  });
  it('come back after a minute', () => {
    expect(step('16/B374D847', 60).do).toBe('let-in-again');
  });
  it('positions compare as numbers, not as text', () => {
    expect(logPosition('9/0') < logPosition('10/0')).toBe(true);
    expect(() => logPosition('x')).toThrow(RangeError);
    const half = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(half, half, (high, low) => {
        expect(logPosition(`${high.toString(16)}/${low.toString(16)}`)).toBe(BigInt(high) * 4294967296n + BigInt(low));
      }),
    );
  });
});
