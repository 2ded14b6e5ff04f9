import { describe, expect, it } from 'vitest';
import { PromotionAlreadyRunning, WorkInProgress } from '../../domain/errors.ts';
import { type InterlockSubject, promotionClaimSeconds } from '../../domain/interlock.ts';
import { claimWork } from '../../lambdas/interlock/claim-work.ts';
import { releaseWork } from '../../lambdas/interlock/release-work.ts';
import { MemoryInterlock } from './memory-interlock.ts';
import { plan, worker } from './world.ts';

const subjects: InterlockSubject[] = ['service/aeon-dt-api', 'database/aeon-dt'];
const ports = () => ({ interlock: new MemoryInterlock({ now: () => new Date(Date.UTC(2026, 10, 2, 9)) }) });
const wanted = (work: 'promotion' | 'rotation', holder: string) => ({ work, holder, subjects, forSeconds: 600 });

describe('claim-work', () => {
  it('answers until when the claim binds, and delivered twice claims once', async () => {
    const world = ports();
    const first = await claimWork(wanted('rotation', 'a'), world);
    expect(first).toEqual({ until: '2026-11-02T09:10:00.000Z' });
    expect(await claimWork(wanted('rotation', 'a'), world)).toEqual(first);
    expect(await world.interlock.list()).toHaveLength(2);
  });

  it.each([
    ['a promotion that meets a promotion is refused at once', 'promotion', 'promotion', PromotionAlreadyRunning],
    ['a promotion that meets a rotation may wait', 'promotion', 'rotation', WorkInProgress],
    ['a rotation that meets a promotion may wait', 'rotation', 'promotion', WorkInProgress],
  ] as const)('%s', async (_case, work, other, error) => {
    const world = ports();
    await claimWork(wanted(other, 'other'), world);
    await expect(claimWork(wanted(work, 'mine'), world)).rejects.toThrow(error);
    await expect(claimWork(wanted(work, 'mine'), world)).rejects.toThrow(/other/);
  });
});

describe('release-work', () => {
  it("gives back all that the holder has, and nobody else's; delivered twice it finds that done", async () => {
    const world = ports();
    await claimWork(wanted('rotation', 'a'), world);
    await claimWork({ ...wanted('promotion', 'b'), subjects: ['service/aeon-dt-worker'] }, world);
    expect(await releaseWork({ holder: 'a' }, world)).toEqual({ released: subjects });
    expect(await releaseWork({ holder: 'a' }, world)).toEqual({ released: [] });
    expect(await world.interlock.list()).toMatchObject([{ holder: 'b' }]);
  });
});

describe("a promotion's hour", () => {
  it('is never before the end of the longest way that it can go', () => {
    const asked = plan.inconclusive.holdSeconds + plan.inconclusive.timeoutSeconds;
    const longest = plan.steps.reduce((sum, step) => sum + step.watchSeconds + asked + plan.readyTimeoutSeconds, 0);
    expect(promotionClaimSeconds(plan)).toBeGreaterThan(longest + 2 * plan.readyTimeoutSeconds);
    // Without steps of its own it is watched for ten minutes.
    expect(promotionClaimSeconds(worker)).toBeGreaterThan(600 + asked + 3 * plan.readyTimeoutSeconds);
  });
});
