import { describe, expect, it } from 'vitest';
import { databaseStep, lostInZone, silentSeconds } from '../../domain/database-failover.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);
const step = (
  seconds: number,
  seen: { status?: string; multipleZones?: boolean; beats?: boolean } = {},
  forced = false,
) =>
  databaseStep({
    seen: { status: 'available', multipleZones: true, beats: false, ...seen },
    since: at(0),
    forced,
    now: at(seconds),
    secondsMax: 90,
  });

describe('a database that does not answer', () => {
  it('is moved at once where RDS says that all is well', () => {
    expect(step(0)).toMatchObject({ do: 'force' });
  });
  it('is not told twice, and not while RDS is at it', () => {
    expect(step(40, {}, true)).toMatchObject({ do: 'wait' });
    expect(step(40, { status: 'rebooting' })).toMatchObject({
      do: 'wait',
      waitSeconds: 5,
      why: "RDS says 'rebooting'.",
    });
  });
  it('in one zone can only be restarted', () => {
    expect(step(20, { multipleZones: false })).toMatchObject({ do: 'reboot' });
  });
  it('is done with a beat, even after the time', () => {
    expect(step(300, { beats: true })).toEqual({ do: 'done' });
  });
  it("is a person's after the time", () => {
    expect(step(90)).toMatchObject({ do: 'give-up' });
  });
});

it('counts silence from the first failure in a row', () => {
  expect(silentSeconds(undefined, at(0))).toBeUndefined();
  expect(silentSeconds(at(0), at(31))).toBe(31);
});

it('loses nothing as long as the beat of before is there', () => {
  expect(lostInZone('a', at(0), at(2)).seconds).toBe(0);
  expect(lostInZone('a', at(10), at(2)).seconds).toBe(8);
  expect(lostInZone('a', undefined, at(2)).seconds).toBe(0);
});
