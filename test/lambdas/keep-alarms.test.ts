import { describe, expect, it } from 'vitest';
import { TargetGroupsMissing } from '../../domain/errors.ts';
import { keepAlarms } from '../../lambdas/alarms/keep-alarms.ts';
import { plan, World, watched, worker } from './world.ts';

const parameters = {
  read: async () => undefined,
  readUnder: async () =>
    new Map([
      ['/mainstay/aeon/services/aeon-dt-worker/delivery', JSON.stringify(worker)],
      ['/mainstay/aeon/services/aeon-dt-api/delivery', JSON.stringify(plan)],
      ['/mainstay/aeon/services/aeon-dt-api/release', '{}'],
    ]),
};
const keep = (world: World, input: { plan?: typeof plan } = {}) =>
  keepAlarms(input, { ...world, environment: 'aeon', parameters });

describe('keep-alarms', () => {
  it('keeps every routed service by schedule', async () => {
    const world = new World();
    const kept = await keep(world);
    expect(kept.watched).toBeNull();
    expect(kept.put).toHaveLength(6);
    expect(kept.put[0]).toBe('mainstay/aeon/aeon-dt-api/blue/errors');
  });

  it('leaves alarms alone that stand as they should', async () => {
    const world = new World();
    await keep(world);
    expect((await keep(world)).put).toEqual([]);
  });

  it('moves alarms when the controller made the target groups anew', async () => {
    const world = new World();
    await keep(world, { plan });
    world.bindings = world.bindings.map((binding) => ({
      ...binding,
      targetGroupArn: binding.targetGroupArn.replace('green/2222222222222222', 'green/3333333333333333'),
    }));
    const kept = await keep(world, { plan });
    expect(kept.put).toEqual([
      'mainstay/aeon/aeon-dt-api/green/errors',
      'mainstay/aeon/aeon-dt-api/green/latency',
      'mainstay/aeon/aeon-dt-api/all/errors',
      'mainstay/aeon/aeon-dt-api/all/latency',
    ]);
    expect(kept.watched).toEqual({
      ...watched,
      targetGroups: { ...watched.targetGroups, green: 'targetgroup/green/3333333333333333' },
    });
  });

  it('names a service whose target groups are not made yet by schedule, and refuses as a task', async () => {
    const world = new World();
    world.bindings = [];
    expect(await keep(world)).toEqual({ watched: null, put: [], waiting: ['aeon-dt-api'] });
    await expect(keep(world, { plan })).rejects.toThrow(TargetGroupsMissing);
  });
});
