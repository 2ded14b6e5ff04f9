import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeVerdict, groupSteps, replicasWithin, type ServicePlan } from '../../domain/compute-scaling.ts';

const api: ServicePlan = { name: 'api', routed: true, nodeGroup: 'api', initial: 5, minimum: 3 };
const worker: ServicePlan = { name: 'worker', routed: false, nodeGroup: 'workers', initial: 5, minimum: 2 };
const group = { name: 'aeon-api', desired: 5, maximum: 100, minimum: 3, fallback: 'aeon-api-on-demand' };

describe('node groups', () => {
  const seen = (desired: number, readyNodes: number, issues: string[] = []) => [
    { name: 'aeon-api', desired, readyNodes, issues },
  ];
  it('are asked for what the definition wants, once', () => {
    expect(groupSteps([group], seen(3, 3), 0)).toEqual([{ name: 'aeon-api', desired: 5 }]);
    expect(groupSteps([group], seen(5, 3), 60)).toEqual([]);
  });
  it('without capacity get the rest of the fallback, after two minutes or when EKS says so', () => {
    expect(groupSteps([group], seen(5, 3), 120)).toEqual([{ name: 'aeon-api-on-demand', desired: 2 }]);
    expect(groupSteps([group], seen(5, 4, ['AsgInstanceLaunchFailures']), 10)).toEqual([
      { name: 'aeon-api-on-demand', desired: 1 },
    ]);
  });
  it('that have grown by themselves are not made smaller', () => {
    expect(groupSteps([group], seen(12, 12), 0)).toEqual([]);
  });
});

describe('services', () => {
  const plans = [api, worker];
  const seen = (apiPods: number, workerPods: number) => [
    { name: 'api', wanted: 5, readyPods: apiPods },
    { name: 'worker', wanted: 5, readyPods: workerPods },
  ];
  it('are ready with all their pods', () => {
    expect(computeVerdict(plans, seen(5, 5), false)).toEqual({ state: 'ready' });
    expect(computeVerdict(plans, seen(5, 4), false)).toEqual({ state: 'waiting' });
  });
  it('go on short when time is over, and never with a service that has none', () => {
    expect(computeVerdict(plans, seen(5, 1), true)).toEqual({ state: 'short', remarks: ['worker: 1 of 5 pods.'] });
    expect(computeVerdict(plans, seen(5, 0), true)).toEqual({ state: 'waiting' });
  });
  it('share what room there is: each its fewest in order, then more', () => {
    expect([...replicasWithin(plans, 4)]).toEqual([
      ['api', 3],
      ['worker', 1],
    ]);
    expect([...replicasWithin(plans, 6)]).toEqual([
      ['api', 4],
      ['worker', 2],
    ]);
    expect([...replicasWithin(plans, 100)]).toEqual([
      ['api', 5],
      ['worker', 5],
    ]);
  });
  it('never get more than the room', () => {
    fc.assert(
      fc.property(fc.nat(20), (room) => {
        const given = [...replicasWithin(plans, room).values()].reduce((sum, each) => sum + each, 0);
        expect(given).toBe(Math.min(room, 10));
      }),
      { seed: 2 },
    );
  });
});
