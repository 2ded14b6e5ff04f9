import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answersSince,
  type Follower,
  failbackObstacles,
  logPosition,
  nextLookSeconds,
  type OtherRegion,
  quiesceStep,
  rebuildStep,
  staleInstanceName,
  switchObstacles,
  windowAt,
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
    ['can not be asked whether it is fenced', { unseen: ['aeon-dt'] }],
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

describe('a standby that is built anew', () => {
  const step = (own?: Parameters<typeof rebuildStep>[0]) => rebuildStep(own, 'arn:of:the-primary').do;
  it('keeps what has the name and does not follow, and builds under the free name', () => {
    expect(step({ status: 'available' })).toBe('set-aside');
    expect(step({ status: 'available', sourceOf: 'arn:of:another' })).toBe('set-aside');
    expect(step()).toBe('build');
    expect(step({ status: 'available', sourceOf: 'arn:of:the-primary' })).toBe('done');
  });
  it('waits while RDS works, and gives up what does not come back by itself', () => {
    expect(step({ status: 'renaming' })).toBe('wait');
    expect(step({ status: 'backing-up' })).toBe('wait');
    expect(step({ status: 'creating', sourceOf: 'arn:of:the-primary' })).toBe('wait');
    expect(step({ status: 'failed', sourceOf: 'arn:of:the-primary' })).toBe('give-up');
  });
  it('names its evidence by the reign', () => {
    expect([staleInstanceName('aeon-dt', 2), staleInstanceName('aeon-dt', 2, 3)]).toEqual([
      'aeon-dt-stale-2',
      'aeon-dt-stale-2-3',
    ]);
  });
});

describe('the window of the switch', () => {
  const window = { weekday: 'sunday', startsAtUtc: '04:00', durationMinutes: 60 };
  const sunday = (time: string) => new Date(`2026-11-22T${time}Z`);
  it('is open from its minute to its end, and always where there is none', () => {
    expect(windowAt(window, sunday('03:59:59'))).toEqual({ open: false, inSeconds: 1 });
    expect(windowAt(window, sunday('04:00:00'))).toEqual({ open: true, inSeconds: 0 });
    expect(windowAt(window, sunday('04:59:59')).open).toBe(true);
    expect(windowAt(window, sunday('05:00:00'))).toEqual({ open: false, inSeconds: 7 * 86_400 - 3600 });
    expect(windowAt(null, sunday('12:00:00')).open).toBe(true);
  });
  it('goes over midnight and the end of the week', () => {
    const late = { weekday: 'saturday', startsAtUtc: '23:30', durationMinutes: 60 };
    expect(windowAt(late, sunday('00:29:59')).open).toBe(true);
    expect(windowAt(late, sunday('00:30:00')).open).toBe(false);
  });
  it('is refused where it is no moment of a week', () => {
    expect(() => windowAt({ ...window, weekday: 'someday' }, sunday('04:00:00'))).toThrow(RangeError);
  });
  it('is looked for seldom while it is far, and each minute from a quarter of an hour before', () => {
    expect(nextLookSeconds(86_400)).toBe(3600);
    expect(nextLookSeconds(3000)).toBe(3000 - 900);
    expect(nextLookSeconds(900)).toBe(60);
    expect(nextLookSeconds(1)).toBe(60);
  });
});

describe('a region that answers', () => {
  const minutes = (...of: readonly number[]) => of.map((minute) => at(-60 * minute));
  it('does so since the first minute after the last gap', () => {
    expect(answersSince(minutes(1, 2, 3, 4), at(0))).toEqual(at(-240));
    expect(answersSince(minutes(4, 1, 2, 8, 9), at(0))).toEqual(at(-240));
    expect(answersSince(minutes(1, 3, 5), at(0))).toEqual(at(-300));
  });
  it('does not where the last minutes are missing', () => {
    expect(answersSince(minutes(4, 5, 6), at(0))).toBeUndefined();
    expect(answersSince([], at(0))).toBeUndefined();
  });
});
