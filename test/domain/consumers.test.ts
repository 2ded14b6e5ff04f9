import { describe, expect, it } from 'vitest';
import { type ConsumerPod, decideRestart } from '../../domain/consumers.ts';

const now = new Date('2026-11-02T01:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const rollout = {
  image: 'image',
  replicas: 3,
  totalReplicas: 4,
  updatedReplicas: 1,
  readyReplicas: 3,
  availableReplicas: 3,
  observed: true,
};
const settled = { ...rollout, totalReplicas: 3, updatedReplicas: 3 };
const pod = (more: Partial<ConsumerPod>): ConsumerPod => ({
  name: 'api-1',
  image: 'image',
  ready: true,
  restarts: 0,
  createdAt: ago(30),
  ...more,
});
const times = { since: ago(300), now, readyTimeoutSeconds: 600 };

describe('a restarted consumer', () => {
  it('is ready once no pod of a former template is left', () => {
    expect(decideRestart(settled, [pod({}), pod({}), pod({})], times)).toEqual({
      state: 'ready',
      reason: '3 of 3 pods ready',
    });
    expect(decideRestart({ ...settled, observed: false }, [], times)).toMatchObject({ state: 'waiting' });
    expect(decideRestart({ ...settled, totalReplicas: 4 }, [pod({})], times)).toMatchObject({ state: 'waiting' });
    expect(decideRestart({ ...settled, availableReplicas: 2 }, [pod({})], times)).toMatchObject({ state: 'waiting' });
  });

  it('gets its time pod by pod: an hour is not too long for a hundred of them', () => {
    const hundred = { ...rollout, replicas: 100, totalReplicas: 101, updatedReplicas: 90 };
    const pods = [pod({ createdAt: ago(3600) }), pod({ ready: false, createdAt: ago(599) })];
    expect(decideRestart(hundred, pods, { ...times, since: ago(3600) })).toMatchObject({ state: 'waiting' });
  });

  it('is broken when one pod is not ready in its time', () => {
    const late = pod({ ready: false, createdAt: ago(600), unschedulable: '0/5 nodes are available' });
    expect(decideRestart(rollout, [pod({}), late], times)).toEqual({
      state: 'broken',
      reason: 'Pod api-1 is not ready within 600 s; 0/5 nodes are available.',
    });
  });

  it('is broken at once when a pod crashes again and again', () => {
    const crashes = pod({ ready: false, restarts: 2, waitingReason: 'CrashLoopBackOff' });
    expect(decideRestart(rollout, [crashes], times)).toMatchObject({ state: 'broken' });
  });

  it('is not broken by a pod that was killed and is ready again: that was not the secret', () => {
    const killed = pod({ restarts: 1, lastEndReason: 'OOMKilled' });
    expect(decideRestart(settled, [killed, pod({}), pod({})], times)).toMatchObject({ state: 'ready' });
    expect(decideRestart(rollout, [{ ...killed, ready: false }], times)).toMatchObject({ state: 'broken' });
  });

  it('is broken when no pod is replaced at all', () => {
    expect(decideRestart(rollout, [], times)).toMatchObject({ state: 'waiting' });
    expect(decideRestart(rollout, [], { ...times, since: ago(600) })).toMatchObject({
      state: 'broken',
      reason: 'No pod was replaced within 600 s.',
    });
  });

  it('without pods is ready: what starts later mounts what is current', () => {
    const idle = { ...settled, replicas: 0, totalReplicas: 0, updatedReplicas: 0, availableReplicas: 0 };
    expect(decideRestart(idle, [], { ...times, since: ago(900) })).toMatchObject({ state: 'ready' });
  });
});
