import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../rehearsal/kubernetes/index.ts';
import { createWorld } from './world.ts';

const storageClass = (parameters: Record<string, string>): KubernetesObject =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'graph' },
    provisioner: 'ebs.csi.aws.com',
    parameters,
  }) as unknown as KubernetesObject;

const claim = (storage: string, change: object = {}): KubernetesObject =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data-graph-0', namespace: 'aeon' },
    spec: { storageClassName: 'graph', resources: { requests: { storage } }, ...change },
  }) as unknown as KubernetesObject;

const manager = { manager: 'test' };

describe('volumes', () => {
  it('have classes that never change', () => {
    const { cluster } = createWorld();
    cluster.apply(storageClass({ type: 'gp3' }), manager);
    cluster.apply(storageClass({ type: 'gp3' }), manager);
    expect(() => cluster.apply(storageClass({ type: 'io2' }), manager)).toThrow('updates to parameters are forbidden');
  });

  it('grow, change their attributes, and do nothing else', () => {
    const { cluster } = createWorld();
    cluster.apply(claim('500Gi'), manager);
    cluster.apply(claim('600Gi', { volumeAttributesClassName: 'fast' }), manager);
    expect(cluster.object('PersistentVolumeClaim', 'aeon', 'data-graph-0')?.spec).toMatchObject({
      resources: { requests: { storage: '600Gi' } },
      volumeAttributesClassName: 'fast',
    });
    expect(() => cluster.apply(claim('500Gi'), manager)).toThrow('can not be less than previous value');
    expect(() => cluster.apply(claim('600Gi', { storageClassName: 'other' }), manager)).toThrow('spec is immutable');
  });
});
