import { describe, expect, it } from 'vitest';
import { admitsRange } from '../../../rehearsal/kubernetes/network-policies.ts';
import { createWorld, deployment, type Loose, pass, routedObjects, startController } from './world.ts';

const policy = (name: string, spec: object): Loose => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'aeon' },
  spec,
});
const denyAll = policy('deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const allow = (from: object[], ports: object[] = []) =>
  policy('allow', { podSelector: { matchLabels: { app: 'api' } }, ingress: [{ from, ports }] });
const block = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, ...(except.length > 0 ? { except } : {}) } });
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'api-1', namespace: 'aeon', labels: { app: 'api' } },
  spec: { containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }] },
} as Loose;

describe('a pod takes connections from a range', () => {
  it.each([
    ['where no policy selects it', []],
    ['where a policy is about egress alone', [policy('out', { podSelector: {}, policyTypes: ['Egress'] })]],
    ['where the policy is of another namespace', [{ ...denyAll, metadata: { name: 'deny-all', namespace: 'other' } }]],
    ['that a rule covers, whatever another policy denies', [denyAll, allow([block('10.0.0.0/16')])]],
    ['where a rule names nobody', [allow([])]],
    ['on a port by its name', [allow([block('10.0.1.0/24')], [{ port: 'http', protocol: 'TCP' }])]],
    ['on a port within a span', [allow([block('10.0.1.0/24')], [{ port: 8000, endPort: 8100 }])]],
    ['beside an exception', [allow([block('10.0.0.0/16', '10.0.2.0/24')])]],
  ])('%s', (_, policies) => {
    expect(admitsRange(policies, pod, 8080, '10.0.1.0/24')).toBe(true);
  });

  it.each([
    ['that no rule covers', [denyAll]],
    ['that is wider than the rule', [allow([block('10.0.1.0/25')])]],
    ['that is an exception', [allow([block('10.0.0.0/16', '10.0.1.128/25')])]],
    ['that stands for no pod', [allow([{ podSelector: {} }])]],
    ['on another port', [allow([block('10.0.1.0/24')], [{ port: 9090 }])]],
    ['over another protocol', [allow([block('10.0.1.0/24')], [{ port: 8080, protocol: 'UDP' }])]],
  ])('but not from one %s', (_, policies) => {
    expect(admitsRange(policies, pod, 8080, '10.0.1.0/24')).toBe(false);
  });
});

describe('a load balancer that network policies lock out', () => {
  /** `policies` before the pods; the gateway's load balancer stands in 10.0.11.0/24. */
  async function routed(policies: readonly Loose[], enforced = true) {
    const world = createWorld();
    world.cluster.enforcesNetworkPolicies = enforced;
    const states = startController(world);
    for (const object of [...policies, ...routedObjects({ blue: 100, green: 0 })])
      world.cluster.apply(object, { manager: 'm' });
    world.cluster.apply(deployment('aeon-dt-api-blue', 3), { manager: 'm' });
    await pass(world, 180);
    world.traffic.begin();
    return { world, states: () => [...states.values()] };
  }
  const gateway = policy('gateway', {
    podSelector: {},
    ingress: [{ from: [block('10.0.11.0/24')], ports: [{ port: 8080 }] }],
  });

  it('finds every target unhealthy', async () => {
    const { states } = await routed([denyAll]);
    expect(states()).toEqual(['unhealthy', 'unhealthy', 'unhealthy']);
  });

  it('finds them healthy once a policy lets it in', async () => {
    const { world, states } = await routed([denyAll]);
    world.cluster.apply(gateway, { manager: 'm' });
    await pass(world, 60);
    expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
  });

  it('loses every request when it is locked out later, though it goes on trying', async () => {
    const { world, states } = await routed([denyAll, gateway]);
    expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
    world.cluster.remove('NetworkPolicy', 'aeon', 'gateway');
    await pass(world, 120);
    expect(states()).toEqual(['unhealthy', 'unhealthy', 'unhealthy']);
    const minute = world.log.events.findLast(({ kind }) => kind === 'traffic.minute');
    expect(minute?.['errors']).toBe(minute?.['requests']);
  });

  it('is not locked out where the add-on does not enforce policies', async () => {
    const { states } = await routed([denyAll], false);
    expect(states()).toEqual(['healthy', 'healthy', 'healthy']);
  });
});
