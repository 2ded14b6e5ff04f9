import { describe, expect, it } from 'vitest';
import { type ReleaseRecord, taken } from '../../domain/release.ts';
import { findRollback } from '../../domain/rollback.ts';

const promotedBad: ReleaseRecord = {
  epoch: 7,
  stableSlot: 'green',
  stableDigest: 'sha256:bad',
  stableTag: 'bad',
  previous: { slot: 'blue', digest: 'sha256:good', tag: 'good' },
};
/** Ada goes back to the previous release; `arn:ada` runs. */
const goingBack = taken(promotedBad, {
  id: 'ada',
  executionArn: 'arn:ada',
  strategy: 'blue-green',
  canarySlot: 'blue',
  digest: 'sha256:good',
  tag: 'good',
  image: 'r@sha256:good',
  startedAt: '2026-11-02T09:00:00Z',
  stableReplicas: 5,
  before: { image: 'r@sha256:good', replicas: 0 },
  goesBack: true,
});
const alarm = {
  kind: 'alarm',
  alarmName: 'mainstay/aeon/aeon-dt-api/all/errors',
  reason: 'too many',
  time: '2026-11-02T09:00:30Z',
} as const;
const person = { kind: 'person', reason: 'hurry', requestedBy: 'bob' } as const;

describe('while a person goes back to the previous release', () => {
  it('an alarm of the release that is being left changes nothing', () => {
    expect(findRollback(goingBack, alarm, 'arn:other', true)).toEqual({
      action: 'nothing',
      reason: 'arn:ada goes back to good already.',
    });
  });

  it('an alarm changes nothing even when nobody can say whether the return still runs', () => {
    expect(findRollback(goingBack, alarm, 'arn:other', false).action).toBe('nothing');
  });

  it('a second person finds that it is under way', () => {
    expect(findRollback(goingBack, person, 'arn:other', true).action).toBe('nothing');
  });

  it('a second person takes it over when the first return died', () => {
    expect(findRollback(goingBack, person, 'arn:other', false).action).toBe('take-over');
  });

  it('the return itself, delivered again, goes on', () => {
    expect(findRollback(goingBack, person, 'arn:ada', false).action).toBe('resume');
  });

  it('an alarm still rolls an ordinary promotion back', () => {
    const { goesBack: _back, ...hold } = goingBack.promotion ?? { goesBack: true };
    const promoting = { ...goingBack, promotion: hold } as ReleaseRecord;
    expect(findRollback(promoting, alarm, 'arn:other', true).action).toBe('take-over');
  });
});
