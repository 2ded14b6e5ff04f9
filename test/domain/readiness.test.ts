import { describe, expect, it } from 'vitest';
import { blockingFaults, type PartSeen, readiness, readinessParts } from '../../domain/readiness.ts';

const now = new Date('2026-11-21T12:00:00Z');
const about = { environment: 'aeon', region: 'us-west-2', now };
const well: PartSeen[] = readinessParts.map((part) => ({ part, faults: [] }));
const having = (part: string, severity: 'blocks' | 'weighs') =>
  well.map((each) => (each.part === part ? { ...each, faults: [{ severity, what: 'It is gone.' }] } : each));

describe('readiness', () => {
  it('is 100 where every part was seen and is well', () => {
    expect(readiness(well, about)).toMatchObject({ score: 100, ready: true, faults: [], unseen: [] });
  });
  it('falls by a part that blocks, and by half of one that weighs', () => {
    expect(readiness(having('replica', 'blocks'), about)).toMatchObject({ score: 85, ready: false });
    expect(readiness(having('lag', 'weighs'), about)).toMatchObject({ score: 96, ready: true });
  });
  it('is not given to what nobody could look at', () => {
    const report = readiness(
      well.filter(({ part }) => part !== 'permissions'),
      about,
    );
    expect(report).toMatchObject({ score: 90, ready: false, unseen: ['permissions'] });
  });
});

describe('what speaks against a failover', () => {
  it('is each blocking fault of the last report', () => {
    expect(blockingFaults(readiness(having('keys', 'blocks'), about), now)).toEqual({
      blocking: ['keys: It is gone.'],
    });
    expect(blockingFaults(readiness(having('keys', 'weighs'), about), now)).toEqual({ blocking: [] });
  });
  it('is nothing that nobody has looked at, but it is said', () => {
    expect(blockingFaults(undefined, now)).toMatchObject({ blocking: [], remark: expect.any(String) });
    const old = readiness(having('keys', 'blocks'), { ...about, now: new Date('2026-11-19T23:00:00Z') });
    expect(blockingFaults(old, now)).toMatchObject({ blocking: [], remark: expect.stringContaining('37 hours') });
  });
});
