import { describe, expect, it } from 'vitest';
import { kindNamed } from '../../../rehearsal/kubernetes/kinds.ts';
import { createWorld, deployment, digestB, pass } from './world.ts';

const status = (world: ReturnType<typeof createWorld>, name = 'api') =>
  world.cluster.object('Deployment', 'aeon', name)?.status as Record<string, unknown>;
const reason = (world: ReturnType<typeof createWorld>, type: string) =>
  (status(world)['conditions'] as { type: string; reason: string }[]).find((condition) => condition.type === type)
    ?.reason;

describe('a Deployment', () => {
  it('becomes available after scheduling, image pull, start and the first good readiness probe', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 3), { manager: 'm' });
    await pass(world, 5);
    expect(status(world)).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3 });
    expect(status(world)['readyReplicas']).toBeUndefined();
    await pass(world, 10);
    expect(status(world)).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(reason(world, 'Progressing')).toBe('NewReplicaSetAvailable');
  });

  it('rolls a new image without ever having fewer ready pods than maxUnavailable leaves', async () => {
    const world = createWorld();
    const rolling = { spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } };
    world.cluster.apply(deployment('api', 3, undefined, rolling), { manager: 'm' });
    await pass(world, 30);
    world.cluster.apply(deployment('api', 3, digestB, rolling), { manager: 'm' });
    let lowest = 3;
    for (let second = 0; second < 120; second++) {
      await pass(world, 1);
      lowest = Math.min(lowest, Number(status(world)['readyReplicas'] ?? 0));
    }
    expect(lowest).toBe(3);
    expect(status(world)).toMatchObject({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
    expect(new Set(world.cluster.pods.all.map(({ digest }) => digest))).toEqual(new Set([digestB]));
    expect(world.cluster.object('Deployment', 'aeon', 'api')?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '2',
    });
  });

  it('keeps the old pods and reports the deadline when the new image crashes', async () => {
    const world = createWorld();
    world.traffic.setBehaviour(digestB, { crash: 'loop' });
    const spec = { spec: { progressDeadlineSeconds: 60 } };
    world.cluster.apply(deployment('api', 4, undefined, spec), { manager: 'm' });
    await pass(world, 30);
    world.cluster.apply(deployment('api', 4, digestB, spec), { manager: 'm' });
    await pass(world, 120);
    expect(status(world)['readyReplicas']).toBe(3);
    expect(reason(world, 'Progressing')).toBe('ProgressDeadlineExceeded');
    const crashing = world.log.events.filter(
      (event) => event.kind === 'pod.changed' && event['status'] === 'CrashLoopBackOff',
    );
    expect(crashing.map((event) => event['reason'])).toContain('back-off 20s restarting failed container');
  });

  it('that is paused is not modelled', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 1, undefined, { spec: { paused: true } }), { manager: 'm' });
    await expect(pass(world, 5)).rejects.toThrow('does not model paused Deployments; aeon/api is one');
  });

  it('cannot pull an image that the registry does not have', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 1, `sha256:${'c'.repeat(64)}`), { manager: 'm' });
    await pass(world, 20);
    const [runtime] = world.cluster.pods.all;
    expect(runtime?.ready).toBe(false);
    expect(world.log.events.some((event) => event['status'] === 'ErrImagePull')).toBe(true);
    expect(world.log.events.some((event) => event['status'] === 'ImagePullBackOff')).toBe(true);
  });

  it('leaves pods pending that no node tolerates or has room for', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 1, undefined, { pod: { tolerations: [] } }), { manager: 'm' });
    await pass(world, 20);
    expect(world.cluster.pods.all[0]?.reason).toContain('6 node(s) had untolerated taint {workload: api}');
  });

  it('creates no pod that the namespace`s Pod Security refuses', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 1, undefined, { container: { securityContext: {} } }), { manager: 'm' });
    await pass(world, 20);
    expect(world.cluster.pods.all).toHaveLength(0);
    expect(reason(world, 'ReplicaFailure')).toBe('FailedCreate');
  });

  it('kills a leaking container at its memory limit and starts it again', async () => {
    const world = createWorld();
    world.traffic.setBehaviour(digestB, { outOfMemoryAfterSeconds: 60 });
    world.cluster.apply(deployment('api', 1, digestB), { manager: 'm' });
    await pass(world, 80);
    expect(world.cluster.pods.all[0]?.lastTermination?.reason).toBe('OOMKilled');
    await pass(world, 10);
    expect(world.cluster.pods.all[0]?.restarts).toBe(1);
  });

  it('never becomes ready when its readiness probe never answers', async () => {
    const world = createWorld();
    world.traffic.setBehaviour(digestB, { crash: 'never-ready' });
    world.cluster.apply(deployment('api', 2, digestB), { manager: 'm' });
    await pass(world, 300);
    expect(status(world)['readyReplicas']).toBeUndefined();
    expect(world.cluster.pods.all.every(({ status }) => status === 'Running')).toBe(true);
  });

  it('ends all its pods at 0 replicas and when it is deleted', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 2), { manager: 'm' });
    await pass(world, 30);
    world.cluster.apply(deployment('api', 0), { manager: 'm' });
    await pass(world, 30);
    expect(world.cluster.objects('Pod', 'aeon')).toHaveLength(0);
    world.cluster.apply(deployment('api', 2), { manager: 'm' });
    await pass(world, 30);
    expect(world.cluster.objects('Pod', 'aeon')).toHaveLength(2);
    world.cluster.store.remove(kindNamed('Deployment'), 'aeon', 'api');
    await pass(world, 30);
    expect(world.cluster.objects('Pod', 'aeon')).toHaveLength(0);
  });
});

describe('a HorizontalPodAutoscaler', () => {
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'api', namespace: 'aeon' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 75 } } },
      ],
    },
  };

  it('raises to the minimum, and takes the replicas over from the applier', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 1), { manager: 'm' });
    world.cluster.apply(autoscaler, { manager: 'm' });
    await pass(world, 60);
    const live = world.cluster.object('Deployment', 'aeon', 'api');
    expect(live?.spec?.['replicas']).toBe(2);
    const owners = live?.metadata.managedFields?.filter(({ fieldsV1 }) =>
      JSON.stringify(fieldsV1).includes('f:replicas'),
    );
    expect(owners?.map(({ manager, subresource }) => [manager, subresource])).toEqual([
      ['kube-controller-manager', 'scale'],
    ]);
  });

  it('scales a service without a route by the CPU of its work', async () => {
    const world = createWorld();
    const metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ];
    world.cluster.apply(deployment('api', 2), { manager: 'm' });
    world.cluster.apply({ ...autoscaler, spec: { ...autoscaler.spec, metrics } }, { manager: 'm' });
    world.traffic.work.set('api', 1.4);
    await pass(world, 120);
    // 1.4 cores at 70 % of 500m each, and idle use: 4.1 pods.
    expect(world.cluster.object('Deployment', 'aeon', 'api')?.spec?.['replicas']).toBe(5);
  });

  it('leaves a target at 0 replicas alone', async () => {
    const world = createWorld();
    world.cluster.apply(deployment('api', 0), { manager: 'm' });
    world.cluster.apply(autoscaler, { manager: 'm' });
    await pass(world, 120);
    expect(world.cluster.object('Deployment', 'aeon', 'api')?.spec?.['replicas']).toBe(0);
    expect(world.cluster.object('HorizontalPodAutoscaler', 'aeon', 'api')?.status?.['conditions']).toMatchObject([
      { reason: 'ScalingDisabled' },
    ]);
  });
});
