import { describe, expect, it } from 'vitest';
import { StandbyCannotFollow } from '../../domain/standby.ts';
import type { ImageRegistry } from '../../lambdas/ports/aws.ts';
import { followReleases } from '../../lambdas/standby/follow-releases.ts';
import { Crash, image, oldImage, plan, World } from './world.ts';

const release = { digest: image.digest, tag: image.tag, promotedAt: '2026-11-02T08:00:00.000Z' };
const path = '/mainstay/aeon/services/aeon-dt-api';

/** A standby that runs 1.4.0 and is told to run `told`; the region's registry holds what `find` says. */
function standby(world: World, told: string | undefined, find: ImageRegistry['find'] = async () => image) {
  const parameters = new Map([[`${path}/delivery`, JSON.stringify(plan)]]);
  if (told !== undefined) parameters.set(`${path}/release`, told);
  return {
    ...world,
    environment: 'aeon',
    parameters: { read: async (name: string) => parameters.get(name), readUnder: async () => parameters },
    registry: { find, regionsOf: async () => [], scanOf: async () => undefined },
  };
}

/** What, the parameter, what the region's registry holds under the tag, and what the refusal says. */
const refused: readonly [string, string, ImageRegistry['find'], string][] = [
  ['an image that has not arrived here', JSON.stringify(release), async () => undefined, 'is not there'],
  [
    'a tag that names another image here',
    JSON.stringify(release),
    async () => ({ ...image, digest: 'sha256:other' }),
    'is sha256:other',
  ],
  ['a parameter that holds no release', '{"digest":1}', async () => image, 'holds no release'],
  ['a parameter that holds no JSON', 'latest', async () => image, 'holds no release'],
];

describe('follow-releases', () => {
  it('puts the primary’s release in the place of the one before, and remembers that one', async () => {
    const world = new World();
    expect(await followReleases(standby(world, JSON.stringify(release)))).toEqual({
      changed: ['aeon-dt-api'],
      unreleased: [],
      held: [],
    });
    expect(world.slots.blue).toMatchObject({ image: image.reference, replicas: 5, epoch: 2 });
    expect(world.record).toEqual({
      epoch: 2,
      stableSlot: 'blue',
      stableDigest: 'sha256:new',
      stableTag: image.tag,
      previous: { slot: 'blue', digest: 'sha256:old', tag: 'aeon-dt-api-production-1.4.0-1234567' },
    });
  });

  it('starts the fewest replicas of the definition with the first release, and takes none away later', async () => {
    const world = new World();
    world.record = { epoch: 0, stableSlot: 'blue' };
    world.slots.blue.replicas = 0;
    await followReleases(standby(world, JSON.stringify(release)));
    expect(world.slots.blue.replicas).toBe(plan.replicas.minimum);
    world.slots.blue.replicas = 7;
    await followReleases(standby(world, JSON.stringify(release)));
    expect(world.slots.blue.replicas).toBe(7);
  });

  it('changes nothing when it is delivered again', async () => {
    const world = new World();
    await followReleases(standby(world, JSON.stringify(release)));
    const before = [world.state(), world.writes];
    expect((await followReleases(standby(world, JSON.stringify(release)))).changed).toEqual([]);
    expect([world.state(), world.writes]).toEqual(before);
  });

  it.each([1, 2])('is finished by the next run when it ends after write %i', async (crashAfter) => {
    const whole = new World();
    whole.slots.blue.replicas = 0;
    await followReleases(standby(whole, JSON.stringify(release)));
    const world = new World();
    world.slots.blue.replicas = 0;
    world.crashAfter = crashAfter;
    await expect(followReleases(standby(world, JSON.stringify(release)))).rejects.toThrow(Crash);
    world.crashAfter = undefined;
    await followReleases(standby(world, JSON.stringify(release)));
    expect(world.state()).toEqual(whole.state());
  });

  it('decides anew when something else changed the Deployment meanwhile', async () => {
    const world = new World();
    world.meanwhile = () => {
      world.slots.blue.version++;
    };
    await followReleases(standby(world, JSON.stringify(release)));
    expect(world.slots.blue.image).toBe(image.reference);
  });

  it('leaves a service alone that a promotion holds here: a failover has made this the primary', async () => {
    const world = new World();
    const promotion = { id: 'run-1' } as NonNullable<World['record']['promotion']>;
    world.record = { ...world.record, promotion };
    expect((await followReleases(standby(world, JSON.stringify(release)))).held).toEqual(['aeon-dt-api']);
    expect(world.slots.blue.image).toBe(oldImage);
  });

  it('waits for the first release', async () => {
    const world = new World();
    expect((await followReleases(standby(world, undefined))).unreleased).toEqual(['aeon-dt-api']);
    expect(world.writes).toBe(0);
  });

  it.each(refused)('refuses %s, names it, and goes on running what it runs', async (_what, told, find, reason) => {
    const world = new World();
    const attempt = followReleases(standby(world, told, find));
    await expect(attempt).rejects.toThrow(StandbyCannotFollow);
    await expect(attempt).rejects.toThrow(reason);
    expect(world.slots.blue.image).toBe(oldImage);
    expect(world.writes).toBe(0);
  });
});
