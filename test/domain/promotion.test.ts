import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hangs, type PromotionSoFar, promotionStep } from '../../domain/promotion.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);
const replica = (status: string) => ({ status, sourceOf: 'arn:aws:rds:us-east-1:111111111111:db:aeon-aeon-dt' });
const step = (fields: Partial<PromotionSoFar>) =>
  promotionStep({ seen: replica('available'), since: at(0), shareSeconds: 420, now: at(5), ...fields });

describe('a promotion', () => {
  it('is asked for once the replica is at rest, and is done when it is none any more', () => {
    expect(step({})).toEqual({ do: 'promote' });
    expect(step({ seen: { status: 'modifying' }, askedAt: at(0) })).toMatchObject({ do: 'wait', waitSeconds: 10 });
    expect(step({ seen: { status: 'available' }, askedAt: at(0) })).toEqual({ do: 'done' });
  });
  it('of one that was promoted by an earlier delivery is done, also while its first backup runs', () => {
    expect(step({ seen: { status: 'available' } })).toEqual({ do: 'done' });
    expect(step({ seen: { status: 'backing-up' } })).toEqual({ do: 'done' });
    expect(step({ seen: { status: 'rebooting' } })).toMatchObject({ do: 'wait' });
  });
  it('waits for a backup, and says so when that takes too long', () => {
    expect(step({ seen: replica('backing-up') })).toMatchObject({
      do: 'wait',
      tell: false,
      why: expect.stringContaining('backing-up'),
    });
    expect(step({ seen: replica('backing-up'), now: at(421) })).toMatchObject({ do: 'wait', tell: true });
  });
  it('waits a minute for what has come and is not replayed, and not longer', () => {
    expect(step({ toReplay: 4096 })).toMatchObject({ do: 'wait' });
    expect(step({ toReplay: 0 })).toEqual({ do: 'promote' });
    expect(step({ toReplay: 4096, now: at(60) })).toEqual({ do: 'promote' });
  });
  it('is asked for again where the call was lost, not while it may only be slow to show', () => {
    expect(step({ askedAt: at(0), now: at(19) })).toMatchObject({ do: 'wait' });
    expect(step({ askedAt: at(0), now: at(20) })).toEqual({ do: 'promote' });
  });
  it.each(['failed', 'incompatible-restore', 'deleting', 'stopped'])(
    'of a replica that is %s is given up for the newest set',
    (status) => {
      expect(step({ seen: replica(status) })).toMatchObject({ do: 'restore', why: expect.stringContaining(status) });
    },
  );
  it('without a replica is a restore', () => {
    expect(step({ seen: undefined })).toMatchObject({ do: 'restore' });
  });
  it('hangs at half as long again as its share', () => {
    expect(hangs({ since: at(0), now: at(630), shareSeconds: 420 })).toBe(false);
    expect(hangs({ since: at(0), now: at(631), shareSeconds: 420 })).toBe(true);
  });
  it('is never asked for of what is busy, lost or nobody’s copy', () => {
    const statuses = fc.constantFrom(
      'available',
      'backing-up',
      'modifying',
      'rebooting',
      'failed',
      'storage-optimization',
      'upgrading',
    );
    fc.assert(
      fc.property(
        statuses,
        fc.boolean(),
        fc.integer({ min: 0, max: 2000 }),
        fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined }),
        (status, copy, seconds, asked) => {
          const given = asked === undefined ? {} : { askedAt: at(asked) };
          const next = step({ seen: copy ? replica(status) : { status }, now: at(seconds), ...given });
          if (next.do !== 'promote') return;
          expect(copy).toBe(true);
          expect(['available', 'storage-optimization']).toContain(status);
        },
      ),
      { seed: 5 },
    );
  });
});
