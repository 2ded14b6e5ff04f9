import { describe, expect, it } from 'vitest';
import {
  AlreadyReleased,
  PromotionAlreadyRunning,
  PromotionSuperseded,
  ReleaseRecordMissing,
  UnknownStrategy,
} from '../../domain/errors.ts';
import {
  givenBack,
  holdOf,
  imageWithDigest,
  parseReleaseRecord,
  promoted,
  type ReleaseRecord,
  replicasFor,
  requireFree,
  requireHeld,
  rollingBack,
  stepsFor,
  strategyFor,
  taken,
} from '../../domain/release.ts';
import { plan, worker } from '../lambdas/world.ts';

const rest: ReleaseRecord = { epoch: 4, stableSlot: 'blue', stableDigest: 'sha256:old', stableTag: 'old' };
const held = taken(rest, {
  id: 'run-1',
  executionArn: 'arn:run-1',
  strategy: 'canary',
  canarySlot: 'green',
  digest: 'sha256:new',
  tag: 'new',
  image: 'r@sha256:new',
  startedAt: '2026-11-02T09:00:00Z',
  stableReplicas: 5,
  before: { image: 'r@sha256:older', replicas: 0 },
});
const mine = { id: 'run-1', epoch: 5 };

describe('the release record', () => {
  it.each([
    ['no key', undefined],
    ['no JSON', '{'],
    ['another shape', '{"epoch": "one"}'],
    ['an unknown field', '{"epoch":0,"stableSlot":"blue","colour":"red"}'],
  ])('with %s is refused', (_case, text) => {
    expect(() => parseReleaseRecord(text, plan)).toThrow(ReleaseRecordMissing);
  });

  it('as the platform makes it is one before the first release', () => {
    expect(parseReleaseRecord('{"epoch":0,"stableSlot":"blue"}', plan)).toEqual({ epoch: 0, stableSlot: 'blue' });
  });
});

describe('taking a release', () => {
  it('raises the epoch and leaves the rest', () => {
    expect(held).toMatchObject({
      epoch: 5,
      stableSlot: 'blue',
      stableDigest: 'sha256:old',
      promotion: { phase: 'promoting' },
    });
    expect(holdOf(held, plan)).toMatchObject({ ...mine, stableSlot: 'blue', canarySlot: 'green', steps: plan.steps });
  });

  it('is open to its holder and to nobody else', () => {
    const wanted = { digest: 'sha256:new', tag: 'new' };
    expect(() => requireFree(held, 'api', { ...wanted, id: 'run-1' })).not.toThrow();
    expect(() => requireFree(held, 'api', { ...wanted, id: 'run-2' })).toThrow(PromotionAlreadyRunning);
    expect(() => requireFree(rest, 'api', { ...wanted, id: 'run-2' })).not.toThrow();
    expect(() => requireFree(rest, 'api', { ...wanted, digest: 'sha256:old', id: 'run-2' })).toThrow(AlreadyReleased);
  });

  it('is rolling for the first release and where there is no route', () => {
    expect(strategyFor({ epoch: 0, stableSlot: 'blue' }, plan, 'blue-green')).toBe('rolling');
    expect(strategyFor(rest, plan, undefined)).toBe('canary');
    expect(strategyFor(rest, plan, 'blue-green')).toBe('blue-green');
    expect(strategyFor(rest, worker, undefined)).toBe('rolling');
    expect(() => strategyFor(rest, worker, 'canary')).toThrow(UnknownStrategy);
  });

  it('watches as long as the longest step where traffic does not rise by steps', () => {
    expect(stepsFor('blue-green', plan)).toEqual([{ weightPercent: 100, watchSeconds: 600 }]);
    expect(stepsFor('rolling', worker)).toEqual([{ weightPercent: 100, watchSeconds: 600 }]);
  });
});

describe('replicas for a share', () => {
  it.each([
    [10, 5, 3],
    [50, 20, 10],
    [25, 21, 6],
    [100, 5, 5],
    [100, 200, 100],
  ])('%i %% of %i stable replicas: %i', (weightPercent, stable, expected) => {
    expect(replicasFor(weightPercent, stable, plan)).toBe(expected);
  });
});

describe('holding', () => {
  it('is told apart by id and epoch', () => {
    expect(requireHeld(held, mine, 'api').canaryTag).toBe('new');
    expect(() => requireHeld(held, { ...mine, epoch: 4 }, 'api')).toThrow(PromotionSuperseded);
    expect(() => requireHeld(held, { ...mine, id: 'run-0' }, 'api')).toThrow(PromotionSuperseded);
    expect(() => requireHeld(rest, mine, 'api')).toThrow(PromotionSuperseded);
  });
});

describe('promoting', () => {
  const after = promoted(held, mine, 'api', '2026-11-02T09:31:00Z');

  it('swaps the roles, and keeps what was stable', () => {
    expect(after).toMatchObject({
      epoch: 5,
      stableSlot: 'green',
      stableDigest: 'sha256:new',
      previous: { slot: 'blue', digest: 'sha256:old', tag: 'old' },
    });
  });

  it('twice is promoting once', () => {
    expect(promoted(after, mine, 'api', '2026-11-02T09:32:00Z')).toBe(after);
  });

  it('leaves no previous release after the first', () => {
    const { stableDigest: _digest, stableTag: _tag, ...first } = held;
    expect(promoted(first, mine, 'api', '2026-11-02T09:31:00Z').previous).toBeUndefined();
  });

  it('leaves no previous release after going back to one', () => {
    const back: ReleaseRecord = {
      ...held,
      ...(held.promotion ? { promotion: { ...held.promotion, goesBack: true } } : {}),
    };
    expect(promoted(back, mine, 'api', '2026-11-02T09:31:00Z').previous).toBeUndefined();
  });

  it('can be undone while it is held, to the letter', () => {
    const older = { slot: 'green' as const, digest: 'sha256:older', tag: 'older' };
    const withOlder = { ...held, previous: older };
    const rollback = { executionArn: 'arn:run-1', reason: 'r', startedAt: '2026-11-02T09:32:00Z' };
    const undone = rollingBack(promoted(withOlder, mine, 'api', '2026-11-02T09:31:00Z'), mine, 'api', rollback);
    expect(undone).toEqual(rollingBack(withOlder, mine, 'api', rollback));
  });
});

describe('giving back', () => {
  it('leaves the record as at rest', () => {
    expect(givenBack(held, mine, 'api')).toEqual({ ...rest, epoch: 5 });
  });

  it('twice does nothing, also when the next promotion has it by then', () => {
    expect(givenBack(rest, mine, 'api')).toBeUndefined();
    expect(givenBack({ ...held, epoch: 6 }, { id: 'run-0', epoch: 5 }, 'api')).toBeUndefined();
  });

  it('is refused when a rollback took the promotion over', () => {
    expect(() => givenBack({ ...held, epoch: 6 }, mine, 'api')).toThrow(PromotionSuperseded);
  });
});

describe('an image at another digest', () => {
  it.each(['r.example:5000/aeon/api@sha256:old', 'r.example:5000/aeon/api:1.2.3', 'r.example:5000/aeon/api'])(
    '%s',
    (image) => {
      expect(imageWithDigest(image, 'sha256:new')).toBe('r.example:5000/aeon/api@sha256:new');
    },
  );
});
