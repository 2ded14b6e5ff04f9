import { describe, expect, it } from 'vitest';
import {
  deliveryFieldManager,
  platformFieldManager,
  rotationFieldManager,
  secretVersionAnnotation,
} from '../../../domain/names.ts';
import type { KubernetesObject } from '../../../lambdas/ports/object-cluster.ts';
import { handedOver, withoutDeliveryOwned } from '../../../lambdas/workloads/delivery-owned.ts';
import { call, createWorld, deployment, digestA, digestB, grantAdmin, type Loose, pass, registry } from './world.ts';

const path = '/apis/apps/v1/namespaces/aeon/deployments/api';
const [password, tokens] = ['password', 'tokens'].map(secretVersionAnnotation) as [string, string];
const rolling = { spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } };
const definition = deployment('api', 3, digestA, rolling) as unknown as KubernetesObject;

type World = ReturnType<typeof createWorld>;

const apply = (world: World, manager: string, body: object, force = true) =>
  call(world, `${path}?fieldManager=${manager}${force ? '&force=true' : ''}`, {
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    body,
  });

/** As `restart-consumer` writes it. */
const ask = (world: World, annotation: string, version: string) =>
  call(world, `${path}?fieldManager=${rotationFieldManager}`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { spec: { template: { metadata: { annotations: { [annotation]: version } } } } },
  });

const asked = async (world: World): Promise<Loose> => (await call(world, path)).body.spec.template.metadata.annotations;
const podNames = (world: World) =>
  world.cluster
    .objects('Pod', 'aeon')
    .map(({ metadata }) => metadata.name)
    .sort();

/** A service that the platform's definition made, handed over to the delivery, and that serves. */
async function serving(): Promise<World> {
  const world = createWorld();
  grantAdmin(world);
  await apply(world, platformFieldManager, definition);
  await deployed(world);
  await pass(world, 60);
  return world;
}

/** A `cdk deploy` that changes the Deployment, as `apply-objects` does it. */
async function deployed(world: World): Promise<void> {
  const live = (await call(world, path)).body as KubernetesObject;
  expect((await apply(world, deliveryFieldManager, handedOver(live))).status).toBe(200);
  expect((await apply(world, platformFieldManager, withoutDeliveryOwned(definition))).status).toBe(200);
}

describe('the version of a secret that pods ask for', () => {
  it('replaces every pod, never leaving fewer ready than the Deployment allows', async () => {
    const world = await serving();
    const before = podNames(world);
    await ask(world, password, 'v2');
    let lowest = 3;
    for (let second = 0; second < 180; second++) {
      await pass(world, 1);
      const { status } = world.cluster.object('Deployment', 'aeon', 'api') as Loose;
      lowest = Math.min(lowest, status.readyReplicas ?? 0);
    }
    expect(lowest).toBe(3);
    expect(podNames(world)).toHaveLength(3);
    expect(podNames(world).filter((name) => before.includes(name))).toEqual([]);
  });

  it('asked for twice replaces nothing', async () => {
    const world = await serving();
    await ask(world, password, 'v2');
    await pass(world, 180);
    const after = podNames(world);
    await ask(world, password, 'v2');
    await pass(world, 180);
    expect(podNames(world)).toEqual(after);
  });

  it('stays through a deployment, which replaces no pod for it', async () => {
    const world = await serving();
    await ask(world, password, 'v2');
    await pass(world, 180);
    const before = podNames(world);
    await deployed(world);
    await pass(world, 180);
    expect(await asked(world)).toMatchObject({ [password]: 'v2' });
    expect(podNames(world)).toEqual(before);
  });

  it('stays through a promotion, and no manager conflicts with another', async () => {
    const world = await serving();
    await ask(world, password, 'v2');
    const image = { containers: [{ name: 'api', image: `${registry}@${digestB}` }] };
    const promoted = await apply(
      world,
      deliveryFieldManager,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'api', namespace: 'aeon' },
        spec: { replicas: 3, template: { spec: image } },
      },
      false,
    );
    expect(promoted.status).toBe(200);
    expect((await ask(world, password, 'v3')).status).toBe(200);
    expect(await asked(world)).toMatchObject({ [password]: 'v3' });
    const { body } = await call(world, path);
    expect(body.spec.template.spec.containers[0].image).toBe(`${registry}@${digestB}`);
  });

  it('of one secret leaves that of another alone', async () => {
    const world = await serving();
    await ask(world, password, 'v2');
    await ask(world, tokens, 'k7');
    await ask(world, password, 'v3');
    expect(await asked(world)).toMatchObject({ [password]: 'v3', [tokens]: 'k7' });
  });
});
