import { describe, expect, it } from 'vitest';
import {
  AlarmAlreadyFiring,
  AlarmsNotWatching,
  AlreadyReleased,
  EndStateNotExact,
  ImageBlocked,
  ImageLacksArchitecture,
  ImageNotReplicated,
  ImageNotScanned,
  ImageTooLarge,
  InvalidInput,
  ObjectChanged,
  PromotionAlreadyRunning,
  PromotionSuperseded,
  RouteChangedElsewhere,
  StableUnhealthy,
  TagAgainstConvention,
  TargetGroupsMissing,
  UnknownService,
  UnknownStrategy,
  UnknownTag,
} from '../../domain/errors.ts';
import type { Finding } from '../../domain/findings.ts';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import type { Image } from '../../domain/workflows/shared.ts';
import { checkImage } from '../../lambdas/canary/check-image.ts';
import { checkPlatform } from '../../lambdas/canary/check-platform.ts';
import { giveBack } from '../../lambdas/canary/give-back.ts';
import { lookAtPods } from '../../lambdas/canary/look-at-pods.ts';
import { promoteCanary } from '../../lambdas/canary/promote-canary.ts';
import { raiseCanary } from '../../lambdas/canary/raise-canary.ts';
import { readPlan } from '../../lambdas/canary/read-plan.ts';
import { resolveImage } from '../../lambdas/canary/resolve-image.ts';
import { restoreSlot } from '../../lambdas/canary/restore-slot.ts';
import { retireSlot } from '../../lambdas/canary/retire-slot.ts';
import { returnTraffic } from '../../lambdas/canary/return-traffic.ts';
import { shiftTraffic } from '../../lambdas/canary/shift-traffic.ts';
import { takeRelease } from '../../lambdas/canary/take-release.ts';
import type { ImageRegistry } from '../../lambdas/ports/aws.ts';
import { execution, held, image, newImage, oldImage, plan, request, World, watched, worker } from './world.ts';

describe('read-plan', () => {
  const parameters = {
    read: async (name: string) =>
      name === '/mainstay/aeon/services/aeon-dt-api/delivery'
        ? JSON.stringify(plan)
        : name === '/mainstay/aeon/services/aeon-dt-worker/delivery'
          ? JSON.stringify(worker)
          : undefined,
    readUnder: async () =>
      new Map([
        ['/mainstay/aeon/services/aeon-dt-api/delivery', '{}'],
        ['/mainstay/aeon/services/aeon-dt-api/release', '{}'],
        ['/mainstay/aeon/services/aeon-dt-worker/delivery', '{}'],
      ]),
  };
  const read = (input: unknown) => readPlan({ input, execution }, { environment: 'aeon', parameters });

  it("answers with the service's plan and what was asked for", async () => {
    const answer = await read({ service: 'aeon-dt-api', tag: 't', strategy: 'blue-green' });
    // Two steps of at most 600 s watched, 600 s held, 1,800 s asked and 600 s getting ready; twice 600 s of going back; half an hour.
    expect(answer).toEqual({
      plan,
      claimSeconds: 10_200,
      request: { tag: 't', strategy: 'blue-green', reason: '', requestedBy: '' },
    });
  });

  it('refuses an unknown service and lists the known ones', async () => {
    await expect(read({ service: 'nope', tag: 't' })).rejects.toThrow(UnknownService);
    await expect(read({ service: 'nope', tag: 't' })).rejects.toThrow("It has 'aeon-dt-api', 'aeon-dt-worker'");
  });

  it('refuses a service name that would be a path', async () => {
    await expect(read({ service: '../aeon/services/aeon-dt-api', tag: 't' })).rejects.toThrow(UnknownService);
  });

  it('refuses an unknown strategy, and one that a service without a route cannot have', async () => {
    await expect(read({ service: 'aeon-dt-api', tag: 't', strategy: 'yolo' })).rejects.toThrow(UnknownStrategy);
    await expect(read({ service: 'aeon-dt-worker', tag: 't', strategy: 'canary' })).rejects.toThrow(
      "Allowed by the platform's definition: 'rolling'",
    );
  });

  it('refuses a field that it does not know', async () => {
    await expect(read({ service: 'aeon-dt-api', tag: 't', force: true })).rejects.toThrow(InvalidInput);
  });
});

describe('resolve-image', () => {
  const registry = { find: async (_repository: string, tag: string) => (tag === image.tag ? image : undefined) };
  const resolve = (tag: string) =>
    resolveImage({ plan, request: { ...request, tag } }, { registry: registry as unknown as ImageRegistry });

  it('answers with the digest and its reference', async () => {
    expect(await resolve(image.tag)).toEqual(image);
  });

  it('refuses a tag against the convention before the registry is asked', async () => {
    await expect(resolve('latest')).rejects.toThrow(TagAgainstConvention);
  });

  it('refuses a tag that no image has', async () => {
    await expect(resolve('aeon-dt-api-production-9.9.9-fffffff')).rejects.toThrow(UnknownTag);
  });
});

describe('check-image', () => {
  const registry = (options: {
    regions?: string[];
    status?: string;
    findings?: Finding[];
    /** The only region whose scan has the findings. */
    knownIn?: string;
    /** The region whose scan has not ended. */
    lateRegion?: string;
  }): ImageRegistry => ({
    find: async () => undefined,
    regionsOf: async () => options.regions ?? ['us-east-1', 'us-west-2', 'eu-west-1'],
    scanOf: async (region) => ({
      status: region === options.lateRegion ? 'PENDING' : (options.status ?? 'ACTIVE'),
      findings: (options.knownIn ?? region) === region ? (options.findings ?? []) : [],
    }),
  });
  const check = (options: Parameters<typeof registry>[0], own: Partial<Image> = {}) =>
    checkImage({ plan, image: { ...image, ...own } }, { registry: registry(options) });
  const critical: Finding = { id: 'CVE-1', severity: 'CRITICAL', fixAvailable: 'YES' };

  it('lets a sound image pass', async () => {
    expect(await check({})).toEqual({ ask: false, summary: '0 critical, 0 high, 0 medium findings' });
  });

  it('refuses one that a region lacks, and names the region', async () => {
    await expect(check({ regions: ['us-east-1', 'eu-west-1'] })).rejects.toThrow(ImageNotReplicated);
    await expect(check({ regions: ['us-east-1', 'eu-west-1'] })).rejects.toThrow("has not reached 'us-west-2'");
  });

  it('refuses one whose scan has not ended', async () => {
    await expect(check({ status: 'PENDING' })).rejects.toThrow(ImageNotScanned);
  });

  it('reads the scan of every region, because each knows its own', async () => {
    await expect(check({ lateRegion: 'us-west-2' })).rejects.toThrow('in us-west-2 has no finished scan');
    await expect(check({ findings: [critical], knownIn: 'eu-west-1' })).rejects.toThrow(ImageBlocked);
    expect((await check({ findings: [{ ...critical, severity: 'HIGH' }] })).summary).toBe(
      '0 critical, 1 high, 0 medium findings',
    );
  });

  it('refuses one that is larger than the definition allows, and says how large', async () => {
    await expect(check({}, { sizeBytes: 150_000_001 })).rejects.toThrow(ImageTooLarge);
    await expect(check({}, { sizeBytes: 150_000_001 })).rejects.toThrow('has 151 MB');
    await expect(check({}, { sizeBytes: 150_000_000 })).resolves.toMatchObject({ ask: false });
  });

  it('refuses one that is not built for every architecture of the definition', async () => {
    await expect(check({}, { architectures: ['amd64'] })).rejects.toThrow(ImageLacksArchitecture);
    await expect(check({}, { architectures: ['amd64'] })).rejects.toThrow("not built for 'arm64'");
    await expect(check({}, { architectures: null })).rejects.toThrow('it is a single image, no index');
  });

  it('takes a single image for the one architecture that is asked for', async () => {
    const one = { ...plan, image: { ...plan.image, architectures: ['amd64'] } };
    const single = { ...image, architectures: null };
    await expect(checkImage({ plan: one, image: single }, { registry: registry({}) })).resolves.toMatchObject({
      ask: false,
    });
  });

  it('refuses a critical finding with a fix, asks a person about one without', async () => {
    await expect(check({ findings: [critical] })).rejects.toThrow(ImageBlocked);
    expect((await check({ findings: [{ ...critical, fixAvailable: 'NO' }] })).ask).toBe(true);
  });
});

describe('check-platform', () => {
  const sound = (): World => {
    const world = new World();
    for (const alarm of serviceAlarms(plan, watched)) {
      world.alarmsStanding.set(alarm.name, { name: alarm.name, state: 'OK', configuration: JSON.stringify(alarm) });
    }
    return world;
  };
  const check = (world: World) => checkPlatform({ plan, image, execution }, world);

  it('lets a platform at rest pass', async () => {
    expect(await check(sound())).toEqual({ firstRelease: false, stableTag: 'aeon-dt-api-production-1.4.0-1234567' });
  });

  it('lets the holder itself pass', async () => {
    const world = sound();
    held(world);
    await expect(check(world)).resolves.toMatchObject({ firstRelease: false });
  });

  it.each([
    [
      'another promotion',
      PromotionAlreadyRunning,
      (world: World) => {
        held(world);
        const { promotion } = world.record;
        if (promotion) world.record = { ...world.record, promotion: { ...promotion, id: 'run-0' } };
      },
    ],
    [
      'the same digest as stable',
      AlreadyReleased,
      (world: World) => {
        world.record = { ...world.record, stableDigest: image.digest };
      },
    ],
    [
      'weights that are not at rest',
      RouteChangedElsewhere,
      (world: World) => {
        world.route.weights = { blue: 90, green: 10 };
      },
    ],
    [
      'too few stable pods ready',
      StableUnhealthy,
      (world: World) => {
        world.slots.blue.available = 3;
      },
    ],
    [
      'stable pods in a crash loop',
      StableUnhealthy,
      (world: World) => {
        world.pods.blue = [
          { name: 'p', image: oldImage, ready: false, restarts: 4, waitingReason: 'CrashLoopBackOff' },
        ];
      },
    ],
    [
      'an alarm that fires',
      AlarmAlreadyFiring,
      (world: World) => {
        const name = 'mainstay/aeon/aeon-dt-api/all/errors';
        const alarm = world.alarmsStanding.get(name);
        if (alarm) world.alarmsStanding.set(name, { ...alarm, state: 'ALARM' });
      },
    ],
    [
      'an alarm that is missing',
      AlarmsNotWatching,
      (world: World) => {
        world.alarmsStanding.delete('mainstay/aeon/aeon-dt-api/green/errors');
      },
    ],
    [
      'alarms on target groups that are gone',
      AlarmsNotWatching,
      (world: World) => {
        world.bindings = world.bindings.map((binding) => ({
          ...binding,
          targetGroupArn: binding.targetGroupArn.replace('blue/1111', 'blue/9999'),
        }));
      },
    ],
    [
      'a slot without a target group',
      TargetGroupsMissing,
      (world: World) => {
        world.bindings = world.bindings.slice(0, 1);
      },
    ],
    [
      'target groups behind no load balancer',
      TargetGroupsMissing,
      (world: World) => {
        world.loadBalancer = undefined;
      },
    ],
  ])('refuses %s', async (_case, error, spoil) => {
    const world = sound();
    spoil(world);
    await expect(check(world)).rejects.toThrow(error);
    expect(world.writes).toBe(0);
  });

  it('asks for no health before the first release', async () => {
    const world = new World();
    world.record = { epoch: 0, stableSlot: 'blue' };
    world.slots.blue.available = 0;
    expect(await check(world)).toEqual({ firstRelease: true, stableTag: null });
  });
});

describe('take-release', () => {
  it('replaces in place at the first release, with the replicas that the definition begins with', async () => {
    const world = new World();
    world.record = { epoch: 0, stableSlot: 'blue' };
    world.slots.blue = { ...world.slots.blue, image: 'pause', replicas: 0 };
    const hold = await takeRelease({ plan, image, request, execution }, world);
    expect(hold).toMatchObject({ strategy: 'rolling', canarySlot: 'blue', stableSlot: 'blue', epoch: 1 });
    expect(world.record.promotion).toMatchObject({ stableReplicas: 5, before: { image: 'pause', replicas: 0 } });
  });

  it('lets one of two executions have the service', async () => {
    const world = new World();
    const other = { name: 'run-2', arn: 'arn:run-2' };
    const results = await Promise.allSettled([
      takeRelease({ plan, image, request, execution }, world),
      takeRelease({ plan, image, request, execution: other }, world),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toBeInstanceOf(PromotionAlreadyRunning);
  });
});

describe('shift-traffic', () => {
  it('gives the canary its share', async () => {
    const world = new World();
    const input = held(world);
    const answer = await shiftTraffic({ ...input, weightPercent: 10, fromPercent: 0, step: 0 }, world);
    expect(world.route).toMatchObject({ weights: { blue: 90, green: 10 }, epoch: 2 });
    expect(answer).toEqual({
      shiftedAt: '2026-11-02T09:00:00.000Z',
      waitSeconds: 60,
      weights: { blue: 90, green: 10 },
    });
  });

  it('refuses a route that somebody changed', async () => {
    const world = new World();
    const input = held(world);
    world.route.weights = { blue: 50, green: 50 };
    await expect(shiftTraffic({ ...input, weightPercent: 25, fromPercent: 10, step: 0 }, world)).rejects.toThrow(
      RouteChangedElsewhere,
    );
    expect(world.writes).toBe(0);
  });

  it('writes nothing once a rollback has taken the service over', async () => {
    const world = new World();
    const input = held(world);
    world.record = { ...world.record, epoch: 3 };
    await expect(shiftTraffic({ ...input, weightPercent: 10, fromPercent: 0, step: 0 }, world)).rejects.toThrow(
      PromotionSuperseded,
    );
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
  });

  it('is fenced when a rollback takes over between its reading and its writing', async () => {
    const world = new World();
    const input = held(world);
    world.meanwhile = () => {
      world.record = { ...world.record, epoch: 3 };
      // What return-traffic leaves: the same weights, a later epoch, a new version.
      world.route = { ...world.route, epoch: 3, version: world.route.version + 1 };
    };
    await expect(shiftTraffic({ ...input, weightPercent: 10, fromPercent: 0, step: 0 }, world)).rejects.toThrow(
      PromotionSuperseded,
    );
    expect(world.route).toMatchObject({ weights: { blue: 100, green: 0 }, epoch: 3 });
  });

  it('decides again when the route changed in a way that does not matter', async () => {
    const world = new World();
    const input = held(world);
    world.meanwhile = () => {
      world.route = { ...world.route, version: world.route.version + 1 };
    };
    await shiftTraffic({ ...input, weightPercent: 10, fromPercent: 0, step: 0 }, world);
    expect(world.route.weights).toEqual({ blue: 90, green: 10 });
  });
});

describe('raise-canary', () => {
  it('never takes replicas away that the autoscaler added', async () => {
    const world = new World();
    const input = held(world);
    Object.assign(world.slots.green, { image: newImage, replicas: 9, epoch: 2 });
    expect(await raiseCanary({ ...input, weightPercent: 10 }, world)).toMatchObject({ replicas: 9 });
    expect(world.slots.green.replicas).toBe(9);
  });

  it('writes the epoch even when the slot holds the image, so that a late retiring is fenced', async () => {
    const world = new World();
    const input = held(world);
    Object.assign(world.slots.green, { image: newImage, replicas: 5, epoch: 1 });
    const retiringVersion = String(world.slots.green.version);
    await raiseCanary({ ...input, weightPercent: 100 }, world);
    await expect(world.cluster.writeReplicas(plan, 'green', 0, retiringVersion)).rejects.toThrow(ObjectChanged);
  });

  it('gives up after a few tries when the Deployment never stands still', async () => {
    const world = new World();
    const input = held(world);
    const restless = {
      ...world.cluster,
      writeImage: async () => {
        throw new ObjectChanged('again');
      },
    };
    await expect(raiseCanary({ ...input, weightPercent: 10 }, { ...world, cluster: restless })).rejects.toThrow(
      ObjectChanged,
    );
  });
});

describe('look-at-pods', () => {
  const since = '2026-11-02T09:00:00.000Z';

  it('says what is missing until the time is over, then that it is broken', async () => {
    const world = new World();
    const input = held(world);
    Object.assign(world.slots.green, { image: newImage, replicas: 3, available: 1 });
    expect(await lookAtPods({ ...input, role: 'canary', since }, world)).toMatchObject({
      state: 'waiting',
      reason: '1 of 3 pods ready',
    });
    world.now += 600_000;
    expect(await lookAtPods({ ...input, role: 'canary', since }, world)).toMatchObject({
      state: 'broken',
      reason: 'Not ready within 600 s: 1 of 3 pods ready.',
    });
  });
});

describe('promote-canary', () => {
  it('swaps the roles and keeps what was stable as the previous release', async () => {
    const world = new World();
    const input = held(world);
    world.route.weights = { blue: 0, green: 100 };
    await promoteCanary(input, world);
    expect(world.record).toMatchObject({
      stableSlot: 'green',
      stableDigest: 'sha256:new',
      previous: { slot: 'blue', digest: 'sha256:old' },
      promotion: { phase: 'retiring' },
    });
  });

  it('refuses while stable still has traffic', async () => {
    const world = new World();
    const input = held(world);
    world.route.weights = { blue: 50, green: 50 };
    await expect(promoteCanary(input, world)).rejects.toThrow(RouteChangedElsewhere);
  });
});

describe('return-traffic and restore-slot', () => {
  it('restore exactly what was before, also from a route that somebody else owns now', async () => {
    const world = new World();
    const before = world.slots.green.image;
    const input = held(world);
    Object.assign(world.slots.green, { image: newImage, replicas: 5, available: 5 });
    world.slots.blue.replicas = 3;
    world.route = { ...world.route, weights: { blue: 50, green: 50 }, owner: 'kubectl-edit' };
    await returnTraffic({ ...input, execution, reason: 'worse' }, world);
    await restoreSlot(input, world);
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
    expect(world.slots.green).toMatchObject({ image: before, replicas: 0 });
    expect(world.slots.blue).toMatchObject({ image: oldImage, replicas: 5 });
    expect(world.record.promotion).toMatchObject({ phase: 'rolling-back', rollback: { reason: 'worse' } });
    await expect(giveBack({ ...input, expected: 'restored' }, world)).resolves.toEqual({ given: true });
  });

  it('swap the roles back when the promotion never learned that it had swapped them', async () => {
    const world = new World();
    const older = { slot: 'green' as const, digest: 'sha256:older', tag: 'older' };
    world.record = { ...world.record, previous: older };
    const input = held(world);
    world.route.weights = { blue: 0, green: 100 };
    await promoteCanary(input, world);
    await returnTraffic({ ...input, execution, reason: 'its answers were lost' }, world);
    expect(world.record).toMatchObject({ stableSlot: 'blue', stableDigest: 'sha256:old', previous: older });
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
  });

  it('put the image back in place and leave the replicas to the autoscaler', async () => {
    const world = new World();
    const input = held(world, 'rolling');
    Object.assign(world.slots.blue, { image: newImage, replicas: 7 });
    await returnTraffic({ ...input, execution, reason: 'worse' }, world);
    await restoreSlot(input, world);
    expect(world.slots.blue).toMatchObject({ image: oldImage, replicas: 7 });
    expect(world.route.weights).toEqual({ blue: 100, green: 0 });
  });
});

describe('retire-slot', () => {
  it('keeps the image for a rollback', async () => {
    const world = new World();
    await retireSlot(held(world), world);
    expect(world.slots.blue).toMatchObject({ image: oldImage, replicas: 0 });
  });

  it('has nothing to retire where the image was replaced in place', async () => {
    const world = new World();
    expect(await retireSlot(held(world, 'rolling'), world)).toEqual({ retired: null });
    expect(world.slots.blue.replicas).toBe(5);
  });
});

describe('give-back', () => {
  it.each([
    [
      'the weights',
      (world: World) => {
        world.route.weights = { blue: 90, green: 10 };
      },
    ],
    [
      "the slot's image",
      (world: World) => {
        world.slots.green.image = newImage;
      },
    ],
    [
      "the slot's replicas",
      (world: World) => {
        world.slots.green.replicas = 1;
      },
    ],
  ])('keeps holding the service when %s are not as before', async (_what, spoil) => {
    const world = new World();
    const input = held(world);
    spoil(world);
    await expect(giveBack({ ...input, expected: 'restored' }, world)).rejects.toThrow(EndStateNotExact);
    expect(world.record.promotion).toBeDefined();
  });

  it('is refused to a promotion that a rollback took over', async () => {
    const world = new World();
    const input = held(world);
    world.record = { ...world.record, epoch: 3 };
    await expect(giveBack({ ...input, expected: 'restored' }, world)).rejects.toThrow(PromotionSuperseded);
  });
});
