import type { Cluster } from '../kubernetes/cluster.ts';
import type { KubernetesObject } from '../kubernetes/index.ts';
import { parseQuantity } from '../kubernetes/quantity.ts';
import { volumeProvisioningMilliseconds } from './durations.ts';
import type { Ec2 } from './ec2-inert.ts';
import { addVolume } from './ec2-volumes.ts';
import type { Kms } from './kms.ts';
import type { World } from './module.ts';
import type { SimulatedService } from './service.ts';

const driver = 'ebs.csi.aws.com';
const addOn = 'aws-ebs-csi-driver';

interface ClaimSpec {
  readonly storageClassName?: string;
  readonly volumeAttributesClassName?: string;
  readonly volumeName?: string;
  readonly accessModes?: readonly string[];
  readonly resources?: { readonly requests?: { readonly storage?: string } };
}

/**
 * The EBS CSI driver of a cluster: each claim of one of its classes gets a volume. A class that waits for the first pod is taken as if
 * that pod came with the claim, since no pod with a claimed volume runs in a rehearsal. The driver's rights are not asked.
 */
export function provisionVolumes(world: World, cluster: Cluster): void {
  const { kernel } = world.account;
  let made = 0;
  const provision = ({ metadata: { namespace, name } }: KubernetesObject): void => {
    const claim = cluster.object('PersistentVolumeClaim', namespace, name);
    const spec = (claim?.spec ?? {}) as ClaimSpec;
    const storage = cluster.object('StorageClass', undefined, spec.storageClassName ?? '');
    if (!claim || spec.volumeName || !storage || storage['provisioner'] !== driver) return;
    if (cluster.addOns.has(addOn)) bind(world, cluster, claim, storage, made++);
  };
  cluster.store.watch(({ kind, before, after }) => {
    if (kind !== 'PersistentVolumeClaim' || before || !after) return;
    kernel.after(volumeProvisioningMilliseconds, `volume of ${after.metadata.name}`, () => provision(after));
  });
}

/** Makes the volume, the object that stands for it in the cluster, and binds the claim to it. */
function bind(world: World, cluster: Cluster, claim: KubernetesObject, storage: KubernetesObject, made: number): void {
  const { region, name: clusterName } = cluster.options;
  const spec = (claim.spec ?? {}) as ClaimSpec;
  const parameters = (storage['parameters'] ?? {}) as Readonly<Record<string, string>>;
  const attributes = cluster.object('VolumeAttributesClass', undefined, spec.volumeAttributesClassName ?? '');
  const figures = { ...parameters, ...((attributes?.['parameters'] ?? {}) as Readonly<Record<string, string>>) };
  const keyId = parameters['kmsKeyId'];
  const key = keyId === undefined ? undefined : world.account.service<Kms>('kms').find(region, keyId);
  const volumeName = `pvc-${claim.metadata.uid}`;
  const size = spec.resources?.requests?.storage ?? '1Gi';
  const { id, zone } = addVolume(world.account.service<SimulatedService & Ec2>('ec2').blocks, {
    region,
    // Assumed: claims are spread over the zones in their order.
    zone: `${region}${'abc'.charAt(made % 3)}`,
    gibibytes: Math.ceil(parseQuantity(size) / 1024 ** 3),
    type: figures['type'] ?? 'gp3',
    encrypted: parameters['encrypted'] === 'true',
    ...(figures['iops'] === undefined ? {} : { iops: Number(figures['iops']) }),
    ...(figures['throughput'] === undefined ? {} : { throughput: Number(figures['throughput']) }),
    ...(key ? { key } : {}),
    tags: new Map([...driverTags(clusterName, volumeName, claim), ...classTags(parameters)]),
  });
  const { namespace, name, uid } = claim.metadata;
  const capacity = { storage: size };
  const reference = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    name,
    ...(namespace ? { namespace } : {}),
    ...(uid ? { uid } : {}),
  };
  cluster.apply(
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName },
      spec: {
        capacity,
        accessModes: [...(spec.accessModes ?? [])],
        persistentVolumeReclaimPolicy: String(storage['reclaimPolicy'] ?? 'Delete'),
        storageClassName: storage.metadata.name,
        claimRef: reference,
        csi: { driver, volumeHandle: id, volumeAttributes: { zone } },
      },
    },
    { manager: 'csi-provisioner' },
  );
  cluster.store.setInternal(claim, {
    spec: { ...claim.spec, volumeName },
    status: { phase: 'Bound', accessModes: [...(spec.accessModes ?? [])], capacity },
  });
}

/** https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/tagging.md and pkg/driver/constants.go; that EKS names the cluster to its add-on is assumed. */
function driverTags(cluster: string, volume: string, { metadata }: KubernetesObject): [string, string][] {
  return [
    ['CSIVolumeName', volume],
    ['ebs.csi.aws.com/cluster', 'true'],
    [`kubernetes.io/cluster/${cluster}`, 'owned'],
    ['KubernetesCluster', cluster],
    ['Name', `${cluster}-dynamic-${volume}`],
    ['kubernetes.io/created-for/pv/name', volume],
    ['kubernetes.io/created-for/pvc/name', metadata.name],
    ['kubernetes.io/created-for/pvc/namespace', metadata.namespace ?? ''],
  ];
}

/** `tagSpecification_1: key=value` */
function classTags(parameters: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(parameters)
    .filter(([name]) => name.startsWith('tagSpecification'))
    .map(([, text]) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
}
