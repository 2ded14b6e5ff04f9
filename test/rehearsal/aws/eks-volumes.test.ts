import { expect, it } from 'vitest';
import { createCloudWatch } from '../../../rehearsal/aws/cloudwatch.ts';
import { createEc2, type Ec2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { createEks, type Eks } from '../../../rehearsal/aws/eks.ts';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import type { KubernetesObject } from '../../../rehearsal/kubernetes/index.ts';
import { callerRole, sdkWorld } from './sdk.ts';

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'graph' },
  provisioner: 'ebs.csi.aws.com',
  parameters: { type: 'gp3', encrypted: 'true', tagSpecification_1: 'mainstay:store=graph' },
  reclaimPolicy: 'Retain',
  volumeBindingMode: 'WaitForFirstConsumer',
} as unknown as KubernetesObject;
const performance = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttributesClass',
  metadata: { name: 'graph-fast' },
  driverName: 'ebs.csi.aws.com',
  parameters: { type: 'gp3', iops: '6000' },
} as unknown as KubernetesObject;
const claim = (name: string, storageClassName = 'graph') =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOncePod'],
      storageClassName,
      volumeAttributesClassName: 'graph-fast',
      resources: { requests: { storage: '500Gi' } },
    },
  }) as unknown as KubernetesObject;

it('a claim gets a volume with the tags of the driver and of its class, once', async () => {
  const { rehearsal, wait } = await sdkWorld(
    [{ name: 'Small', resources: { Role: callerRole({ Effect: 'Allow', Action: 's3:*', Resource: '*' }) } }],
    [createCloudWatch, createEc2, createEks, createKms],
  );
  const options = {
    name: 'aeon',
    region: 'us-east-1',
    account: '111111111111',
    publicAccess: false,
    privateAccess: true,
  };
  const cluster = rehearsal.account.service<Eks>('eks').createCluster(options);
  cluster.addOns.add('aws-ebs-csi-driver');
  const { blocks } = rehearsal.account.service<Ec2>('ec2');
  for (const object of [
    storageClass,
    performance,
    claim('data-graph-0'),
    claim('data-graph-1'),
    claim('other', 'none'),
  ])
    cluster.apply(object, { manager: 'person' });
  await wait(60_000);
  cluster.apply(claim('data-graph-0'), { manager: 'person' });
  await wait(60_000);
  const volumes = blocks.volumesIn('us-east-1');
  expect(
    volumes.map(({ zone, gibibytes, type, iops, encrypted }) => ({ zone, gibibytes, type, iops, encrypted })),
  ).toEqual([
    { zone: 'us-east-1a', gibibytes: 500, type: 'gp3', iops: 6000, encrypted: true },
    { zone: 'us-east-1b', gibibytes: 500, type: 'gp3', iops: 6000, encrypted: true },
  ]);
  const [first] = volumes;
  expect(Object.fromEntries(first?.tags ?? [])).toMatchObject({
    'ebs.csi.aws.com/cluster': 'true',
    'kubernetes.io/cluster/aeon': 'owned',
    'kubernetes.io/created-for/pvc/name': 'data-graph-0',
    'kubernetes.io/created-for/pvc/namespace': 'default',
    'mainstay:store': 'graph',
  });
  const bound = cluster.object('PersistentVolumeClaim', 'default', 'data-graph-0');
  expect(bound?.status).toMatchObject({ phase: 'Bound', capacity: { storage: '500Gi' } });
  const volumeName = String(bound?.spec?.['volumeName']);
  expect(cluster.object('PersistentVolume', undefined, volumeName)?.spec).toMatchObject({
    csi: { volumeHandle: first?.id },
    claimRef: { name: 'data-graph-0' },
  });
  expect(cluster.object('PersistentVolumeClaim', 'default', 'other')?.status).toBeUndefined();
});
