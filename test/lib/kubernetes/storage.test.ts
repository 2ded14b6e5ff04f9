import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../lib/kubernetes/object.ts';
import { storageObjects } from '../../../lib/kubernetes/storage.ts';
import { aeon } from '../../../platforms/aeon.ts';
import type { Platform } from '../../../platforms/schema.ts';
import { platformAt } from '../../../platforms/stage.ts';

const volumesKeyArn = 'arn:aws:kms:us-east-1:111111111111:key/volumes';

function objectsOf(options: { platform?: Platform; claims?: boolean } = {}): readonly KubernetesObject[] {
  const platform = platformAt(options.platform ?? aeon, 'production');
  return storageObjects({ platform, environment: 'aeon', volumesKeyArn, claims: options.claims ?? true });
}

const named = (objects: readonly KubernetesObject[], kind: string): Record<string, KubernetesObject> =>
  Object.fromEntries(objects.filter((each) => each.kind === kind).map((each) => [each.metadata.name, each]));

describe('the platform’s volumes', () => {
  const objects = objectsOf();

  it('have a class each: EBS, encrypted with our key, kept when a claim is deleted', () => {
    const classes = named(objects, 'StorageClass');
    expect(Object.keys(classes)).toEqual(['mainstay-graph', 'mainstay-search', 'mainstay-queue']);
    expect(classes['mainstay-graph']).toMatchObject({
      provisioner: 'ebs.csi.aws.com',
      parameters: { type: 'gp3', encrypted: 'true', kmsKeyId: volumesKeyArn },
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    });
    expect(classes['mainstay-queue']?.['parameters']).toMatchObject({ type: 'io2' });
  });

  it('have the listed sizes and figures, one a copy', () => {
    const claims = Object.values(named(objects, 'PersistentVolumeClaim')).map(({ metadata, spec }) => {
      const { resources, volumeAttributesClassName } = spec as {
        resources: { requests: { storage: string } };
        volumeAttributesClassName?: string;
      };
      return [metadata.name, resources.requests.storage, volumeAttributesClassName];
    });
    expect(claims).toEqual([
      ['data-graph-0', '500Gi', 'mainstay-graph-gp3-3000-125'],
      ['data-search-0', '200Gi', undefined],
      ['data-queue-0', '100Gi', 'mainstay-queue-io2-1000'],
      ['data-queue-1', '100Gi', 'mainstay-queue-io2-1000'],
      ['data-queue-2', '100Gi', 'mainstay-queue-io2-1000'],
    ]);
    expect(named(objects, 'VolumeAttributesClass')['mainstay-graph-gp3-3000-125']?.['parameters']).toEqual({
      type: 'gp3',
      iops: '3000',
      throughput: '125',
    });
  });

  it('change their figures by another class of attributes, never by another storage class', () => {
    const stores = aeon.stores.map((store) =>
      store.kind === 'volume' && store.name === 'graph' ? { ...store, iops: 6000 } : store,
    );
    const changed = objectsOf({ platform: { ...aeon, stores } });
    expect(named(changed, 'StorageClass')).toEqual(named(objects, 'StorageClass'));
    expect(named(changed, 'PersistentVolumeClaim')['data-graph-0']?.['spec']).toMatchObject({
      storageClassName: 'mainstay-graph',
      volumeAttributesClassName: 'mainstay-graph-gp3-6000-125',
    });
  });

  it('are not claimed in the standby, where they come with a recovery set', () => {
    const standby = objectsOf({ claims: false });
    expect(Object.keys(named(standby, 'PersistentVolumeClaim'))).toEqual([]);
    expect(Object.keys(named(standby, 'StorageClass'))).toHaveLength(3);
  });
});

describe('the network policy of a store', () => {
  const policies = named(objectsOf(), 'NetworkPolicy');

  it('lets in the services that list it, on the ports that they list', () => {
    expect(policies['store-graph']?.['spec']).toMatchObject({
      podSelector: { matchLabels: { 'mainstay.dev/store': 'graph' } },
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'aeon-dt-openspg' } } }],
          ports: [{ protocol: 'TCP', port: 7687 }],
        },
      ],
    });
  });

  const rulesOf = (policy: string): { ingress: unknown[]; egress: unknown[] } => {
    const { ingress = [], egress = [] } = (policies[policy]?.['spec'] ?? {}) as {
      ingress?: unknown[];
      egress?: unknown[];
    };
    return { ingress, egress };
  };

  it('lets copies of one store talk to each other, and nobody else', () => {
    const { ingress, egress } = rulesOf('store-queue');
    const copies = { podSelector: { matchLabels: { 'mainstay.dev/store': 'queue' } } };
    expect(ingress).toHaveLength(3);
    expect(ingress[2]).toEqual({ from: [copies] });
    expect(egress).toHaveLength(2);
    expect(egress[1]).toEqual({ to: [copies] });
    expect(rulesOf('store-graph').egress).toHaveLength(1);
  });
});
