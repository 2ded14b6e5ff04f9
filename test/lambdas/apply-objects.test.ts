import { describe, expect, it } from 'vitest';
import { ClusterRefused, ClusterUnavailable, InvalidInput } from '../../domain/errors.ts';
import { orderOf, pathOf } from '../../lambdas/kubernetes/kinds.ts';
import type { KubernetesObject, ObjectCluster } from '../../lambdas/ports/object-cluster.ts';
import { type ApplyObjectsInput, applyObjects } from '../../lambdas/workloads/apply-objects.ts';
import { wantedOf } from '../../lambdas/workloads/wanted.ts';

const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'aeon' } };
const service: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'api-blue', namespace: 'aeon' },
  spec: { ports: [{ port: 80 }] },
};
const deployment: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'api-blue', namespace: 'aeon' },
  spec: { replicas: 0, template: { spec: { containers: [{ name: 'api', image: 'pause', ports: [] }] } } },
};
const route: KubernetesObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'api', namespace: 'aeon' },
  spec: { hostnames: ['api.example'], rules: [{ backendRefs: [{ name: 'api-blue', weight: 100 }] }] },
};
const record: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'api-release', namespace: 'aeon' },
  data: { record: '{"epoch":0}' },
};
const owned = [deployment, route, record].map(({ kind, metadata: { name, namespace } }) => ({ kind, name, namespace }));

interface Applied {
  readonly manager: string;
  readonly object: KubernetesObject;
}

/** Remembers what was applied and deleted; what lives is given. */
function cluster(live: readonly KubernetesObject[] = []) {
  const applied: Applied[] = [];
  const removed: string[] = [];
  const alive = new Map(live.map((object) => [pathOf(object), object]));
  const port: ObjectCluster = {
    read: async (object) => alive.get(pathOf(object)),
    apply: async (object, { fieldManager }) => {
      applied.push({ manager: fieldManager, object });
      if (!alive.has(pathOf(object)))
        alive.set(pathOf(object), { ...object, metadata: { ...object.metadata, resourceVersion: '7' } });
    },
    remove: async (object) => {
      removed.push(`${object.kind} ${object.metadata.name}`);
    },
  };
  return { port, applied, removed };
}

const apply = (fake: ReturnType<typeof cluster>, input: Partial<ApplyObjectsInput>, pauses: number[] = []) =>
  applyObjects(
    { objects: [], deliveryOwned: owned, before: [], deliveryOwnedBefore: owned, ...input },
    {
      cluster: fake.port,
      orderOf,
      pause: async (milliseconds) => {
        pauses.push(milliseconds);
      },
    },
  );

describe('apply-objects', () => {
  it('makes what others need first', async () => {
    const fake = cluster();
    await apply(fake, { objects: [route, service, namespace], deliveryOwned: [] });
    expect(fake.applied.map(({ object }) => object.kind)).toEqual(['Namespace', 'Service', 'HTTPRoute']);
  });

  it('hands image, replicas, rules and record over before the platform lets go of them', async () => {
    const fake = cluster();
    await apply(fake, { objects: [deployment, route, record] });
    const of = (kind: string) => fake.applied.filter(({ object }) => object.kind === kind);
    expect(of('Deployment').map(({ manager }) => manager)).toEqual([
      'mainstay-platform',
      'mainstay-delivery',
      'mainstay-platform',
    ]);
    expect(of('Deployment')[1]?.object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api-blue', namespace: 'aeon', resourceVersion: '7' },
      spec: { replicas: 0, template: { spec: { containers: [{ name: 'api', image: 'pause' }] } } },
    });
    expect(of('Deployment')[2]?.object['spec']).toEqual({
      template: { spec: { containers: [{ name: 'api', ports: [] }] } },
    });
    expect(of('HTTPRoute')[2]?.object['spec']).toEqual({ hostnames: ['api.example'] });
    expect(of('ConfigMap')[2]?.object['data']).toBeUndefined();
  });

  it('never resets an image, replicas, weights or the epoch that a promotion left', async () => {
    const live: KubernetesObject = {
      ...deployment,
      metadata: {
        ...deployment.metadata,
        resourceVersion: '9',
        annotations: { 'mainstay.dev/epoch': '4', other: 'x' },
      },
      spec: { replicas: 12, template: { spec: { containers: [{ name: 'api', image: 'api@sha256:new' }] } } },
    };
    const fake = cluster([live]);
    await apply(fake, { objects: [deployment] });
    expect(fake.applied.map(({ manager }) => manager)).toEqual(['mainstay-delivery', 'mainstay-platform']);
    expect(fake.applied[0]?.object).toMatchObject({
      metadata: { resourceVersion: '9', annotations: { 'mainstay.dev/epoch': '4' } },
      spec: { replicas: 12, template: { spec: { containers: [{ name: 'api', image: 'api@sha256:new' }] } } },
    });
    expect(JSON.stringify(fake.applied[1]?.object)).not.toContain('pause');
    expect(JSON.stringify(fake.applied[0]?.object)).not.toContain('other');
  });

  it('deletes what is no longer listed, but nothing that holds state', async () => {
    const fake = cluster();
    const volume = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'aeon' } };
    await apply(fake, { objects: [], before: [namespace, service, deployment, record, volume] });
    expect(fake.removed).toEqual(['Deployment api-blue', 'Service api-blue']);
  });

  it('waits for a cluster that does not know the function yet', async () => {
    const fake = cluster();
    let refused = 3;
    const patient = {
      ...fake,
      port: {
        ...fake.port,
        apply: async (...given: Parameters<ObjectCluster['apply']>) => {
          if (refused-- > 0) throw new ClusterUnavailable('401');
          return fake.port.apply(...given);
        },
      },
    };
    const pauses: number[] = [];
    await apply(patient, { objects: [namespace], deliveryOwned: [] }, pauses);
    expect(pauses).toEqual([5_000, 5_000, 5_000]);
    expect(fake.applied).toHaveLength(1);
  });

  it('gives up on what the cluster refuses', async () => {
    const fake = cluster();
    const refusing = {
      ...fake,
      port: {
        ...fake.port,
        apply: async () => {
          throw new ClusterRefused('422');
        },
      },
    };
    await expect(apply(refusing, { objects: [namespace] })).rejects.toThrow(ClusterRefused);
  });

  it('names a kind that it does not know', async () => {
    const strange = { apiVersion: 'v1', kind: 'Strange', metadata: { name: 's' } };
    await expect(apply(cluster(), { objects: [strange] })).rejects.toThrow("'v1/Strange'");
  });
});

describe("CloudFormation's request", () => {
  const common = {
    ResponseURL: 'https://answer.example/a',
    StackId: 's',
    RequestId: 'r',
    LogicalResourceId: 'Objects',
  };
  const texts = { Objects: JSON.stringify([namespace]), DeliveryOwned: '[]' };

  it('is read from JSON text', () => {
    expect(wantedOf({ ...common, RequestType: 'Create', ResourceProperties: texts })).toMatchObject({
      objects: [namespace],
      before: [],
    });
  });

  it('refuses properties that are none of ours', () => {
    const wrong = { ...texts, Objects: 'not JSON' };
    expect(() => wantedOf({ ...common, RequestType: 'Create', ResourceProperties: wrong })).toThrow(InvalidInput);
  });

  it('of a deletion deletes what stood, and nothing after a creation that was refused', () => {
    const deletion = { ...common, RequestType: 'Delete' as const, PhysicalResourceId: 'p' };
    expect(wantedOf({ ...deletion, ResourceProperties: texts })).toMatchObject({ objects: [], before: [namespace] });
    expect(wantedOf({ ...deletion, ResourceProperties: { Objects: 'not JSON' } }).before).toEqual([]);
  });
});
