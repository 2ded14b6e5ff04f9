import { describe, expect, it } from 'vitest';
import { createWorld, deployment, type Loose, pass } from './world.ts';

type World = ReturnType<typeof createWorld>;

const objects = {
  config: (data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'aeon' },
    data,
  }),
  secret: {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'password', namespace: 'aeon' },
    data: { word: 'eA==' },
  },
  account: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'api', namespace: 'aeon' } },
};

/** A world with one pod of this change of the deployment, after half a minute. */
async function started(change: Parameters<typeof deployment>[3], before: readonly object[] = []): Promise<World> {
  const world = createWorld();
  for (const object of before) world.cluster.apply(object as Loose, { manager: 'm' });
  world.cluster.apply(deployment('api', 1, undefined, change), { manager: 'm' });
  await pass(world, 30);
  return world;
}

const pod = (world: World) => world.cluster.pods.all[0];
const waiting = (world: World): Loose =>
  (world.cluster.objects('Pod', 'aeon')[0]?.status as Loose)?.containerStatuses[0].state.waiting;
const fromConfig = (optional?: boolean) => ({
  container: {
    env: [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level', optional } } }],
  },
});

describe('a container that refers to a ConfigMap or Secret', () => {
  it('waits in CreateContainerConfigError until the object is there', async () => {
    const world = await started(fromConfig());
    expect(waiting(world)).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    });
    world.cluster.apply(objects.config({ other: 'x' }) as Loose, { manager: 'm' });
    await pass(world, 11);
    expect(pod(world)?.reason).toBe("couldn't find key level in ConfigMap aeon/settings");
    world.cluster.apply(objects.config({ level: 'info' }) as Loose, { manager: 'm' });
    await pass(world, 30);
    expect(pod(world)).toMatchObject({ status: 'Running', ready: true, restarts: 0 });
  });

  it('starts at once when the object is there', async () => {
    const world = await started(fromConfig(), [objects.config({ level: 'info' })]);
    expect(pod(world)).toMatchObject({ status: 'Running', ready: true });
  });

  it('starts without it where the reference is optional', async () => {
    expect(pod(await started(fromConfig(true)))?.ready).toBe(true);
  });

  it('waits for all of a Secret that it takes its environment from', async () => {
    const change = { container: { envFrom: [{ secretRef: { name: 'password' } }] } };
    expect(waiting(await started(change)).message).toBe('secret "password" not found');
    expect(pod(await started(change, [objects.secret]))?.ready).toBe(true);
  });
});

describe('a volume of a ConfigMap or Secret', () => {
  const mounted = (volume: object) => ({
    container: { volumeMounts: [{ name: 'files', mountPath: '/files' }] },
    pod: { volumes: [{ name: 'files', ...volume }] },
  });

  it('keeps the pod in ContainerCreating until the object and its keys are there', async () => {
    const change = mounted({ secret: { secretName: 'password', items: [{ key: 'word', path: 'word' }] } });
    const world = await started(change);
    expect(waiting(world)).toEqual({
      reason: 'ContainerCreating',
      message: 'MountVolume.SetUp failed for volume "files" : secret "password" not found',
    });
    world.cluster.apply(objects.secret as Loose, { manager: 'm' });
    await pass(world, 30);
    expect(pod(world)?.ready).toBe(true);
  });

  it('is left empty where it is optional', async () => {
    expect(pod(await started(mounted({ configMap: { name: 'settings', optional: true } })))?.ready).toBe(true);
  });

  it('of another kind is not modelled', async () => {
    await expect(started(mounted({ persistentVolumeClaim: { claimName: 'data' } }))).rejects.toThrow(
      'has files of another kind',
    );
  });
});

describe('a ServiceAccount', () => {
  it('that does not exist keeps the pod from being made, until it does', async () => {
    const world = await started({ pod: { serviceAccountName: 'api' } });
    expect(world.cluster.pods.all).toEqual([]);
    const conditions = (world.cluster.object('Deployment', 'aeon', 'api')?.status?.['conditions'] ?? []) as Loose[];
    const failure = conditions.find(({ type }) => type === 'ReplicaFailure');
    expect(failure).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(failure.message).toContain(
      'is forbidden: error looking up service account aeon/api: serviceaccount "api" not found',
    );
    world.cluster.apply(objects.account as Loose, { manager: 'm' });
    await pass(world, 30);
    expect(pod(world)?.ready).toBe(true);
  });

  it('named default is in every namespace', async () => {
    expect(pod(await started({}))?.ready).toBe(true);
  });
});
