import { describe, expect, it } from 'vitest';
import type { FailoverService } from '../../../domain/failover-plan.ts';
import { scaleCompute } from '../../../lambdas/failover/scale-compute.ts';
import type { ServiceSize, ServingPod } from '../../../lambdas/ports/serving.ts';
import { plan, run, TestClock } from './world.ts';

const service = (name: string, initial: number, minimum: number, order: number): FailoverService => ({
  ...{ name, routed: true, nodeGroup: 'api', initial, minimum, order, namespace: 'aeon' },
});
const api = service('api', 5, 3, 0);
const graph = service('graph', 3, 3, 1);

/** A cluster whose group takes so many pods; what does not fit is unschedulable. */
class SmallCluster {
  readonly clock = new TestClock();
  readonly sizes = new Map<string, ServiceSize>([
    ['api', { replicas: 3, floor: 3 }],
    ['graph', { replicas: 3, floor: 3 }],
  ]);
  readonly desired = new Map([
    ['api', 2],
    ['api-on-demand', 0],
  ]);
  readonly unreleased = new Set<string>();
  readonly calls: string[] = [];
  busy = false;
  room = 100;

  async see(of: FailoverService | string) {
    return typeof of === 'string' ? this.#group(of) : this.#service(of);
  }
  async resize(of: FailoverService | string, to: ServiceSize | number) {
    const size = typeof to === 'number' ? to : `${to.replicas}/${to.floor}`;
    this.calls.push(`${typeof of === 'string' ? of : of.name} ${size}`);
    if (typeof to !== 'number') this.sizes.set(typeof of === 'string' ? of : of.name, to);
    else if (!this.busy && typeof of === 'string') this.desired.set(of, to);
    return !this.busy;
  }
  #group(name: string) {
    const desired = this.desired.get(name);
    return desired === undefined ? undefined : { name, desired, issues: [] };
  }
  #service({ name }: FailoverService) {
    let left = this.room;
    for (const [each, { replicas }] of this.sizes) {
      const placed = Math.max(0, Math.min(left, replicas));
      if (each === name) {
        const pods = Array.from({ length: replicas }, (_, index): ServingPod => {
          const pod = { name: `${name}-${index}`, image: 'i', restarts: 0 };
          if (index < placed) return { ...pod, ready: true, node: `n${index}` };
          return { ...pod, ready: false, unschedulable: '0/2 nodes are available' };
        });
        return { ...this.sizes.get(name), pods, released: !this.unreleased.has(name) };
      }
      left -= placed;
    }
    return undefined;
  }
}

function scaling(cluster: SmallCluster, fallback = true) {
  const group = { name: 'api', desired: 4, maximum: 6, minimum: 2, ...(fallback && { fallback: 'api-on-demand' }) };
  const ports = { plan: { ...plan, nodeGroups: [group] }, services: [api, graph], groups: cluster, cluster };
  return (at: number, to: 'serve' | 'stand-by' = 'serve') => {
    cluster.clock.seconds = at;
    return scaleCompute({ run, since: run.startedAt, to }, { ...ports, clock: cluster.clock } as never);
  };
}

describe('scale-compute', () => {
  it('asks for what serves, once, and is ready when the pods are', async () => {
    const cluster = new SmallCluster();
    const scale = scaling(cluster);
    expect(await scale(0)).toMatchObject({ state: 'waiting', waitSeconds: 10 });
    expect(cluster.calls).toEqual(['api 4', 'api 5/5']);
    expect(await scale(10)).toMatchObject({ state: 'ready', remarks: [] });
    expect(cluster.calls).toHaveLength(2);
  });
  it('makes nothing smaller that its autoscaler has made larger', async () => {
    const cluster = new SmallCluster();
    cluster.sizes.set('api', { replicas: 20, floor: 3 });
    await scaling(cluster)(0);
    expect(cluster.sizes.get('api')).toEqual({ replicas: 20, floor: 5 });
    await scaling(cluster)(300);
    expect(cluster.sizes.get('api'), 'also when time is over').toEqual({ replicas: 20, floor: 5 });
  });
  it('asks the fallback for what is missing where nodes do not come', async () => {
    const cluster = new SmallCluster();
    cluster.room = 6;
    const scale = scaling(cluster);
    await scale(0);
    await scale(110);
    expect(cluster.desired.get('api-on-demand')).toBe(0);
    await scale(120);
    expect(cluster.desired.get('api-on-demand')).toBeGreaterThan(0);
  });
  it('shares out the room that there is, in the order of the definition, and says what is short', async () => {
    const cluster = new SmallCluster();
    cluster.room = 6;
    const scale = scaling(cluster, false);
    await scale(0);
    expect(await scale(240)).toMatchObject({ state: 'waiting' });
    expect(cluster.sizes.get('api')?.replicas).toBe(3);
    expect(cluster.sizes.get('graph')?.replicas).toBe(3);
    expect(await scale(250), 'what was shared out is not asked for again').toMatchObject({ state: 'waiting' });
    expect(cluster.sizes.get('api')).toEqual({ replicas: 3, floor: 3 });
    expect(await scale(300)).toMatchObject({ state: 'short', remarks: ['api: 3 of 5 pods.'] });
  });
  it('waits for a service without any pod as long as its share, and names it then', async () => {
    const cluster = new SmallCluster();
    cluster.room = 5;
    const scale = scaling(cluster, false);
    await scale(0);
    cluster.room = 0;
    expect(await scale(300)).toMatchObject({ state: 'waiting' });
    expect(await scale(420)).toMatchObject({
      state: 'short',
      remarks: ['api: no pod is ready.', 'graph: no pod is ready.'],
    });
  });
  it('leaves alone what was never released here', async () => {
    const cluster = new SmallCluster();
    cluster.unreleased.add('api');
    expect(await scaling(cluster)(0)).toMatchObject({ state: 'ready', remarks: ['api: never released here.'] });
    expect(cluster.calls).toEqual(['api 4']);
  });
  it('goes back to what a standby has', async () => {
    const cluster = new SmallCluster();
    const scale = scaling(cluster);
    await scale(0);
    cluster.desired.set('api-on-demand', 1);
    expect(await scale(60, 'stand-by')).toEqual({ state: 'ready', waitSeconds: 0, remarks: [] });
    expect(cluster.sizes.get('api')).toEqual({ replicas: 3, floor: 3 });
    expect([...cluster.desired]).toEqual([
      ['api', 2],
      ['api-on-demand', 0],
    ]);
    const calls = cluster.calls.length;
    await scale(70, 'stand-by');
    expect(cluster.calls, 'delivered again it finds what is').toHaveLength(calls);
  });
  it('says of a group that still grows that it could not be made smaller', async () => {
    const cluster = new SmallCluster();
    const scale = scaling(cluster);
    await scale(0);
    cluster.busy = true;
    expect((await scale(10, 'stand-by')).remarks).toEqual(['api could not be made smaller: it still grows.']);
  });
});
