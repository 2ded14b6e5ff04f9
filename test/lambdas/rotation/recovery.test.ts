import { describe, expect, it } from 'vitest';
import { cases, plans, secretName, worldOf } from './cases.ts';
import type { Trouble, World } from './world.ts';

const token = 'b'.repeat(36);
const troubles: readonly Trouble['how'][] = ['before', 'after', 'death'];

/** One AWSCURRENT that logs in, no AWSPENDING, at most one rollout, and no claim but that of one that runs. */
function expectWhole(world: World, about: string): void {
  const stages = world.stages(secretName);
  expect(stages['AWSPENDING'], about).toBeUndefined();
  expect([token, `${secretName}-v1`], about).toContain(stages['AWSCURRENT']);
  const isKey = world.valueAt(secretName, 'AWSCURRENT')?.['key'] !== undefined;
  expect(isKey || world.currentOpens(secretName), `${about}: AWSCURRENT opens`).toBe(true);
  const rolledOut = world.rollouts.has(`shop-${token}`);
  expect(rolledOut, `${about}: rolled out when, and only when, it is current`).toBe(stages['AWSCURRENT'] === token);
  if (!rolledOut) expect(world.claims, `${about}: no claim without a rollout`).toEqual([]);
}

/** Runs a rotation with one thing going wrong; false: there are not so many calls. */
async function troubled(which: keyof typeof plans, trouble: Trouble, attempts: number, transactional: boolean) {
  const world = worldOf(plans[which]);
  world.transactional = transactional;
  world.trouble = trouble;
  const done = await world.rotateAll(plans[which], token, attempts);
  return { world, done, happened: world.calls > trouble.call };
}

describe.each(cases)('%s: whatever call goes wrong', (which) => {
  it.each([true, false])(
    'Secrets Manager’s second attempt rotates (server with transactions: %s)',
    async (transactional) => {
      let calls = 0;
      for (const how of troubles) {
        for (let call = 0; ; call++) {
          const { world, done, happened } = await troubled(which, { call, how }, 2, transactional);
          if (!happened) break;
          calls++;
          expect(done, `${how} call ${call}`).toBe(true);
          expectWhole(world, `${how} call ${call}`);
          expect(world.stages(secretName)['AWSCURRENT']).toBe(token);
        }
      }
      expect(calls).toBeGreaterThan(40);
    },
  );

  it.each([true, false])(
    'without one the watchdog finishes or undoes it (server with transactions: %s)',
    async (transactional) => {
      const outcomes = new Set<string>();
      for (const how of troubles) {
        for (let call = 0; ; call++) {
          const { world, happened } = await troubled(which, { call, how }, 1, transactional);
          if (!happened) break;
          const { findings } = await world.watch();
          for (const { did } of findings) outcomes.add(did);
          expectWhole(world, `${how} call ${call}`);
          expect((await world.watch()).findings, `${how} call ${call}: nothing is left to do`).toEqual([]);
        }
      }
      expect([...outcomes]).toEqual(expect.arrayContaining(['finished', 'undone']));
    },
  );

  it('a watchdog that dies in the middle is followed by one that ends it', async () => {
    for (let first = 0; ; first++) {
      const { world, happened } = await troubled(which, { call: first, how: 'death' }, 1, true);
      if (!happened) break;
      for (let call = 0; ; call++) {
        const again = await troubled(which, { call: first, how: 'death' }, 1, true);
        again.world.trouble = { call: again.world.calls + call, how: 'death' };
        const before = again.world.calls;
        await again.world.watch().catch(() => undefined);
        if (again.world.calls - before <= call) break;
        again.world.trouble = undefined;
        await again.world.watch();
        expectWhole(again.world, `rotation died at ${first}, watchdog at ${call}`);
      }
      expect(world.calls).toBeGreaterThan(0);
    }
  });
});
