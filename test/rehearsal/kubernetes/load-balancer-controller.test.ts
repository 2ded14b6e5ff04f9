import { describe, expect, it } from 'vitest';
import {
  createWorld,
  deployment,
  digestA,
  digestB,
  type Loose,
  pass,
  route,
  routedObjects,
  startController,
} from './world.ts';

async function routed(weights = { blue: 100, green: 0 }, options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  const states = startController(world);
  for (const object of routedObjects(weights)) world.cluster.apply(object, { manager: 'm' });
  world.cluster.apply(deployment('aeon-dt-api-blue', 3), { manager: 'm' });
  world.cluster.apply(deployment('aeon-dt-api-green', 0, digestB), { manager: 'm' });
  await pass(world, 180);
  world.traffic.begin();
  return { ...world, states };
}

const conditionsOf = (object: Loose) =>
  Object.fromEntries(object.conditions.map(({ type, status }: Loose) => [type, status]));
const parentsOf = (world: Awaited<ReturnType<typeof routed>>): Loose[] =>
  (world.cluster.object('HTTPRoute', 'aeon', 'aeon-dt-api')?.status?.['parents'] ?? []) as Loose[];
const shifted = (world: Awaited<ReturnType<typeof routed>>) =>
  world.log.events.filter(({ kind }) => kind === 'traffic.shifted');

describe('the load balancer controller', () => {
  it('makes a load balancer, a target group and a binding for each Service, and says so in the status', async () => {
    const world = await routed();
    expect(conditionsOf(world.cluster.object('Gateway', 'aeon', 'gateway')?.status)).toEqual({
      Accepted: 'True',
      Programmed: 'True',
    });
    const [parent] = parentsOf(world);
    expect(conditionsOf(parent)).toEqual({ Accepted: 'True', ResolvedRefs: 'True' });
    const bindings = world.cluster
      .objects('TargetGroupBinding', 'aeon')
      .map(({ spec }) => (spec as Loose).serviceRef.name);
    expect(bindings.sort()).toEqual(['aeon-dt-api-blue', 'aeon-dt-api-green']);
    expect([...world.states.values()]).toEqual(['healthy', 'healthy', 'healthy']);
    expect(world.cluster.objects('TargetGroupBinding', 'aeon')[0]?.metadata.name).toMatch(
      /^k8s-aeon-aeondtap-[0-9a-f]{10}$/,
    );
  });

  it('has the weights obeyed a few seconds after the route asks for them', async () => {
    const world = await routed();
    const before = world.kernel.now();
    world.cluster.apply(route({ blue: 90, green: 10 }), { manager: 'm' });
    await pass(world, 10);
    const last = shifted(world).at(-1);
    expect(last?.['weights']).toEqual({ 'aeon-dt-api-blue': 90, 'aeon-dt-api-green': 10 });
    expect((last?.at ?? 0) - before).toBe(3_000);
  });

  it('answers 503 itself for the share of a backend without targets', async () => {
    const world = await routed();
    world.cluster.apply(route({ blue: 90, green: 10 }), { manager: 'm' });
    await pass(world, 240);
    const minute = world.log.events.findLast(
      (event) => event.kind === 'traffic.minute' && event['backend'] === 'aeon-dt-api-green',
    );
    expect(minute?.['errors']).toBe(minute?.['requests']);
    const names = new Set(world.published.filter(({ at }) => at > 0).map(({ name }) => name));
    expect(names).toContain('HTTPCode_ELB_5XX_Count');
    const green = world.published.filter(({ dimensions }) => dimensions['TargetGroup']?.endsWith('/2'));
    expect(green).toEqual([]);
  });

  it('answers 500 when all weights are 0', async () => {
    const world = await routed();
    world.cluster.apply(route({ blue: 0, green: 0 }), { manager: 'm' });
    await pass(world, 120);
    expect(world.traffic.totals().find(({ digest }) => digest === undefined)?.requests).toBeGreaterThan(5_000);
  });

  it('loses no request in a rolling update whose pods serve on while they are deregistered', async () => {
    const world = await routed();
    const rolling = { spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, minReadySeconds: 10 } };
    world.traffic.setBehaviour(digestA, { errorRate: 0 });
    world.traffic.setBehaviour(digestB, { errorRate: 0 });
    world.cluster.apply(deployment('aeon-dt-api-blue', 3, digestB, rolling), { manager: 'm' });
    await pass(world, 300);
    expect(world.traffic.totals().reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
    expect(world.traffic.plane('us-east-1', 'aeon-dt-api')?.backends[0]?.targets.map(({ digest }) => digest)).toEqual([
      digestB,
      digestB,
      digestB,
    ]);
  });

  it('loses requests in the same update when pods close at once', async () => {
    const world = await routed();
    const abrupt = {
      container: { lifecycle: {} },
      spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    };
    world.traffic.setBehaviour(digestA, { errorRate: 0 });
    world.traffic.setBehaviour(digestB, { errorRate: 0 });
    world.cluster.apply(deployment('aeon-dt-api-blue', 3, digestA, abrupt), { manager: 'm' });
    await pass(world, 120);
    world.cluster.apply(deployment('aeon-dt-api-blue', 3, digestB, abrupt), { manager: 'm' });
    await pass(world, 300);
    expect(world.traffic.totals().reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThan(100);
    expect(world.published.some(({ name }) => name === 'TargetConnectionErrorCount')).toBe(true);
  });

  it('reports a backend that does not exist', async () => {
    const world = await routed();
    const broken = structuredClone(route({ blue: 100, green: 0 })) as Loose;
    broken.spec.rules[0].backendRefs[1].name = 'nobody';
    world.cluster.apply(broken, { manager: 'm' });
    await pass(world, 10);
    const [parent] = parentsOf(world);
    expect(conditionsOf(parent)['ResolvedRefs']).toBe('False');
  });
});
