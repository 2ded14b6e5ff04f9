import { describe, expect, it } from 'vitest';
import { cases, plans, secretName, worldOf } from './cases.ts';
import type { Trouble } from './world.ts';

const token = 'e'.repeat(36);
const first = `${secretName}-v1`;

describe.each(cases)('%s: undone', (which) => {
  const plan = plans[which];

  it('the version before is current and opens, the other has no stage; again it changes nothing', async () => {
    const world = worldOf(plan);
    await world.rotateAll(plan, token);
    for (let delivery = 0; delivery < 2; delivery++) {
      expect(await world.undo(plan, token, first)).toEqual({ currentVersionId: first });
      expect(world.stages(secretName)).toEqual({ AWSCURRENT: first });
      expect(world.passwords.get('shop')).toBe('hush-first');
    }
    // A late delivery of the rotation brings nothing back.
    await expect(world.step(plan, 'finishSecret', token)).rejects.toMatchObject({ name: 'RotationNotPending' });
  });

  it('whatever call goes wrong, the second delivery ends it', async () => {
    for (const how of ['before', 'after', 'death'] as Trouble['how'][]) {
      for (let call = 0; ; call++) {
        const world = worldOf(plan);
        await world.rotateAll(plan, token);
        const begun = world.calls;
        world.trouble = { call: begun + call, how };
        await world.undo(plan, token, first).catch(() => undefined);
        if (world.calls - begun <= call) break;
        world.trouble = undefined;
        await world.undo(plan, token, first);
        expect(world.stages(secretName), `${how} ${call}`).toEqual({ AWSCURRENT: first });
        expect(world.opens({ user: 'shop', password: 'hush-first' }), `${how} ${call}`).toBe(true);
      }
    }
  });

  it('is refused where something newer is current, or nothing is left to go back to', async () => {
    const world = worldOf(plan);
    await world.rotateAll(plan, token);
    world.endRollouts();
    await world.rotateAll(plan, 'f'.repeat(36));
    await expect(world.undo(plan, token, first)).rejects.toMatchObject({ name: 'RotationSuperseded' });
    await expect(world.undo(plan, 'f'.repeat(36), 'never')).rejects.toMatchObject({ name: 'PreviousVersionGone' });
    expect(world.stages(secretName)).toEqual({ AWSCURRENT: 'f'.repeat(36), AWSPREVIOUS: token });
  });
});

describe('of two users', () => {
  it('the one before is not touched, unless somebody took its login away', async () => {
    const world = worldOf(plans.alternating);
    await world.rotateAll(plans.alternating, token);
    world.prepared = [];
    await world.undo(plans.alternating, token, first);
    expect(world.prepared).toEqual([]);
    const again = worldOf(plans.alternating);
    await again.rotateAll(plans.alternating, token);
    again.passwords.set('shop', 'changed by somebody');
    await again.undo(plans.alternating, token, first);
    expect([again.prepared, again.opens({ user: 'shop', password: 'hush-first' })]).toEqual([
      ['shop_clone', 'shop'],
      true,
    ]);
  });
});
