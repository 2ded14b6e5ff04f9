import { describe, expect, it } from 'vitest';
import { AwsUnavailable } from '../../../domain/errors.ts';
import { rotationSteps } from '../../../domain/rotation.ts';
import { type Case, cases, plans, secretName, worldOf } from './cases.ts';
import type { World } from './world.ts';

const token = 'a'.repeat(36);

/** What a finished rotation looks like, whatever happened on the way. */
function expectRotated(world: World, which: Case): void {
  expect(world.stages(secretName)).toEqual({ AWSCURRENT: token, AWSPREVIOUS: `${secretName}-v1` });
  if (which !== 'keys') expect(world.currentOpens(secretName)).toBe(true);
  expect([...world.rollouts.values()].map(({ request }) => request)).toEqual([
    { secret: 'shop', versionId: token, previousVersionId: `${secretName}-v1` },
  ]);
}

describe.each(cases)('%s: a rotation', (which) => {
  const plan = plans[which];

  it('ends with the new version current, its rollout started and its claims held', async () => {
    const world = worldOf(plan);
    expect(await world.rotateAll(plan, token)).toBe(true);
    expectRotated(world, which);
    expect(new Set(world.claims.map(({ holder }) => holder))).toEqual(new Set([`${secretName}/${token}`]));
  });

  it.each(rotationSteps)('finds its work done when %s is delivered again', async (step) => {
    const world = worldOf(plan);
    world.announce(secretName, token);
    for (const each of rotationSteps) {
      await world.step(plan, each, token);
      if (each !== step) continue;
      const before = { passwords: new Map(world.passwords), stages: world.stages(secretName) };
      await world.step(plan, step, token);
      expect({ passwords: world.passwords, stages: world.stages(secretName) }).toEqual(before);
    }
    expectRotated(world, which);
  });

  it.each(rotationSteps)('that is long done is not touched by a late delivery of %s', async (step) => {
    const world = worldOf(plan);
    await world.rotateAll(plan, token);
    const passwords = new Map(world.passwords);
    const claims = [...world.claims];
    const prepared = [...world.prepared];
    world.now += 60_000;
    await world.step(plan, step, token);
    expect(world.passwords).toEqual(passwords);
    expect([world.claims, world.prepared]).toEqual([claims, prepared]);
    expect(world.stages(secretName)).toEqual({ AWSCURRENT: token, AWSPREVIOUS: `${secretName}-v1` });
  });
});

describe('of two users', () => {
  it('the one that has become current is not prepared again, though its rotation has not ended', async () => {
    const world = worldOf(plans.alternating);
    world.announce(secretName, token);
    for (const step of ['createSecret', 'setSecret', 'testSecret'] as const)
      await world.step(plans.alternating, step, token);
    await world.secretVersions.moveStage(secretName, 'AWSCURRENT', { to: token, from: `${secretName}-v1` });
    await world.step(plans.alternating, 'setSecret', token);
    expect(world.prepared).toEqual(['shop_clone']);
  });
});

describe('a move of AWSCURRENT whose answer is lost', () => {
  it.each(cases)('is found done in the same delivery: %s', async (which) => {
    const world = worldOf(plans[which]);
    const { moveStage } = world.secretVersions;
    Object.assign(world.secretVersions, {
      moveStage: async (...given: Parameters<typeof moveStage>) => {
        await moveStage(...given);
        throw new AwsUnavailable('no answer');
      },
    });
    expect(await world.rotateAll(plans[which], token)).toBe(true);
    expectRotated(world, which);
  });
});
