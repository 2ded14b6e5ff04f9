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

  const missing = (weights: { blue: number; green: number }, ...indexes: number[]) => {
    const broken = structuredClone(route(weights)) as Loose;
    for (const index of indexes) broken.spec.rules[0].backendRefs[index].name = `nobody-${index}`;
    return broken;
  };

  it('reports a backend that does not exist, and gives its share to the others, as the real controller does', async () => {
    const world = await routed();
    world.cluster.apply(missing({ blue: 90, green: 10 }, 1), { manager: 'm' });
    await pass(world, 10);
    const [parent] = parentsOf(world);
    expect(conditionsOf(parent)).toEqual({ Accepted: 'True', ResolvedRefs: 'False' });
    expect(shifted(world).at(-1)?.['weights']).toEqual({ 'aeon-dt-api-blue': 100 });
  });

  it('answers 500 when no backend is left', async () => {
    const world = await routed();
    world.cluster.apply(missing({ blue: 90, green: 10 }, 0, 1), { manager: 'm' });
    await pass(world, 180);
    expect(world.traffic.totals().find(({ digest }) => digest === undefined)?.requests).toBeGreaterThan(5_000);
    expect(world.published.map(({ name }) => name)).toContain('HTTPCode_ELB_5XX_Count');
  });

  it('refuses a choice of subnets, since it would not stand in them', async () => {
    const world = createWorld();
    startController(world);
    const [gatewayClass, gateway] = routedObjects({ blue: 100, green: 0 }) as Loose[];
    const spec = { loadBalancerSubnets: [{ identifier: 'subnet-1' }] };
    const metadata = { name: 'chosen', namespace: 'aeon' };
    gateway.spec.infrastructure = {
      parametersRef: { group: 'gateway.k8s.aws', kind: 'LoadBalancerConfiguration', name: 'chosen' },
    };
    const chosen = { apiVersion: 'gateway.k8s.aws/v1', kind: 'LoadBalancerConfiguration', metadata, spec } as Loose;
    for (const object of [gatewayClass, chosen, gateway]) world.cluster.apply(object, { manager: 'm' });
    await expect(pass(world, 10)).rejects.toThrow('LoadBalancerConfiguration chosen chooses subnets');
  });

  it('refuses weights that a load balancer does not have', async () => {
    const world = await routed();
    world.cluster.apply(route({ blue: 1_000, green: 0 }), { manager: 'm' });
    await expect(pass(world, 10)).rejects.toThrow('aeon-dt-api-blue has weight 1000; beyond 999');
  });
});

describe('a route that no listener takes', () => {
  const attached = async (listener: object, spec: object) => {
    const world = await routed();
    const gateway = structuredClone(world.cluster.object('Gateway', 'aeon', 'gateway')) as Loose;
    const { apiVersion, kind, metadata } = gateway;
    const name = { name: metadata.name, namespace: metadata.namespace };
    const listeners = [{ name: 'http', protocol: 'HTTP', port: 80, ...listener }];
    world.cluster.apply(
      { apiVersion, kind, metadata: name, spec: { gatewayClassName: 'alb', listeners } },
      { manager: 'routed' },
    );
    const asked = structuredClone(route({ blue: 100, green: 0 })) as Loose;
    Object.assign(asked.spec, spec);
    world.cluster.apply(asked, { manager: 'm' });
    await pass(world, 150);
    const [{ conditions }] = parentsOf(world) as [Loose];
    const { status, reason } = conditions.find(({ type }: Loose) => type === 'Accepted');
    return { world, status, reason };
  };

  it.each([
    ['NoMatchingListenerHostname', { hostname: '*.example.com' }, { hostnames: ['api.example.org', 'example.com'] }],
    ['NoMatchingParent', {}, { parentRefs: [{ name: 'gateway', sectionName: 'https' }] }],
    ['NotAllowedByListeners', { allowedRoutes: { namespaces: { from: 'None' } } }, {}],
    ['NotAllowedByListeners', { allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } }, {}],
  ])('says %s, and its requests get the 404 of the listener', async (wanted, listener, spec) => {
    const { world, status, reason } = await attached(listener, spec);
    expect([status, reason]).toEqual(['False', wanted]);
    expect(world.published.map(({ name }) => name)).toContain('HTTPCode_ELB_4XX_Count');
    expect(world.published.map(({ name }) => name)).not.toContain('HTTPCode_ELB_5XX_Count');
  });

  it.each([
    [{ hostname: '*.example.com' }, { hostnames: ['api.example.com'] }],
    [{ hostname: 'api.example.com' }, { hostnames: ['*.example.com'] }],
    [{ hostname: 'api.example.com' }, {}],
    [{}, { hostnames: ['anything.example'], parentRefs: [{ name: 'gateway', sectionName: 'http', port: 80 }] }],
  ])('is not one whose hostnames meet the listener (%j, %j)', async (listener, spec) => {
    const { world, status } = await attached(listener, spec);
    expect(status).toBe('True');
    expect(world.published.map(({ name }) => name)).not.toContain('HTTPCode_ELB_4XX_Count');
  });
});
