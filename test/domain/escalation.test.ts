import { describe, expect, it } from 'vitest';
import { type Firing, firstLook, secondLook } from '../../domain/escalation.ts';

const critical = 'arn:aws:sns:us-east-1:111111111111:mainstay-aeon-critical';
const since = new Date('2026-11-02T09:00:00.437Z');
const firing: Firing = {
  arn: 'arn:aws:cloudwatch:us-east-1:111111111111:alarm:mainstay-aeon-undelivered',
  state: 'ALARM',
  since,
  reason: 'Threshold Crossed',
  description: 'An event did not reach its workflow',
  tells: [critical],
};
const delays = { minutes: 15, minutesByAlarm: { 'mainstay-aeon-replication-lag': 5 } };

describe('the first look', () => {
  it('waits as long as the alarm may stand unanswered', () => {
    expect(firstLook('mainstay-aeon-undelivered', firing, critical, delays)).toEqual({
      escalates: true,
      since: '2026-11-02T09:00:00.437Z',
      waitSeconds: 900,
    });
    expect(firstLook('mainstay-aeon-replication-lag', firing, critical, delays)).toMatchObject({ waitSeconds: 300 });
  });

  it.each([
    ['an alarm that tells another topic', { ...firing, tells: [critical.replace('aeon-critical', 'aeon-warning')] }],
    ['one of another environment', { ...firing, tells: [critical.replace('aeon-critical', 'aeon-staging-critical')] }],
    ['one that is over', { ...firing, state: 'OK' }],
    ['one that is gone', undefined],
  ])('asks nobody about %s', (_case, seen) => {
    expect(firstLook('mainstay-aeon-undelivered', seen, critical, delays).escalates).toBe(false);
  });
});

describe('the second look', () => {
  const began = since.toISOString();

  it('escalates what fires on and nobody answered for', () => {
    expect(secondLook(firing, began)).toBe('escalated');
  });

  it('leaves it to who answered', () => {
    expect(secondLook({ ...firing, acknowledgedBy: 'ada' }, began)).toBe('acknowledged');
  });

  it.each([
    ['stopped', { ...firing, state: 'OK' }],
    ['stopped and began anew, which has a watch of its own', { ...firing, since: new Date('2026-11-02T09:10:00Z') }],
    ['was deleted', undefined],
  ])('is over when the alarm %s', (_case, seen) => {
    expect(secondLook(seen, began)).toBe('over');
  });
});
