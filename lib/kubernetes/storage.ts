import { labels } from '../../domain/names.ts';
import type { Store } from '../../platforms/schema.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { clusterDns, storeLabel } from './network-policy.ts';
import { environmentLabels, type KubernetesObject } from './object.ts';

type Volume = Extract<Store, { kind: 'volume' }>;

export interface StorageScope {
  readonly platform: StagedPlatform;
  readonly environment: string;
  /** Of the region's own key. */
  readonly volumesKeyArn: string;
  /** False in the standby: there the volumes come with a recovery set, and an empty one in their place would only hide that. */
  readonly claims: boolean;
}

/** Storage classes of the platform's volumes, the volumes themselves, and who may talk to the stores that live on them. */
export function storageObjects(scope: StorageScope): readonly KubernetesObject[] {
  const volumes = scope.platform.stores.filter((store) => store.kind === 'volume');
  return volumes.flatMap((volume) => [
    storageClass(scope, volume),
    ...performance(scope, volume),
    ...(scope.claims ? claims(scope, volume) : []),
    storePolicy(scope, volume),
  ]);
}

/** As the class and its performance are called. */
function classOf(volume: Volume): string {
  return `mainstay-${volume.name}`;
}

/**
 * What of a volume never changes. A volume outlives its claim, because a claim can be deleted by mistake; it is made in the zone
 * of the first pod that uses it.
 * https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
 */
function storageClass({ environment, volumesKeyArn }: StorageScope, volume: Volume): KubernetesObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: classOf(volume), labels: environmentLabels(environment) },
    provisioner: 'ebs.csi.aws.com',
    parameters: {
      type: volume.type,
      'csi.storage.k8s.io/fstype': 'ext4',
      encrypted: 'true',
      kmsKeyId: volumesKeyArn,
      tagSpecification_1: `mainstay:environment=${environment}`,
      tagSpecification_2: `mainstay:store=${volume.name}`,
    },
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  };
}

/**
 * What of a volume changes with the definition, without a new volume: a class of its own for each set of figures, because a class
 * never changes, and a claim may name another.
 * https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/
 */
function performance({ environment }: StorageScope, volume: Volume): KubernetesObject[] {
  const name = performanceOf(volume);
  if (name === undefined) return [];
  const { iops, throughputMebibytesPerSecond: throughput } = volume;
  return [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttributesClass',
      metadata: { name, labels: environmentLabels(environment) },
      driverName: 'ebs.csi.aws.com',
      parameters: {
        type: volume.type,
        ...(iops === undefined ? {} : { iops: String(iops) }),
        ...(throughput === undefined ? {} : { throughput: String(throughput) }),
      },
    },
  ];
}

/** `mainstay-graph-gp3-3000-125`; undefined where the type's own figures hold. */
function performanceOf(volume: Volume): string | undefined {
  const { iops, throughputMebibytesPerSecond: throughput } = volume;
  if (iops === undefined && throughput === undefined) return undefined;
  const figures = [volume.type, iops, throughput].filter((figure) => figure !== undefined);
  return `${classOf(volume)}-${figures.join('-')}`;
}

/** One a copy, under the names that a StatefulSet `<store>` with the claim template `data` looks for: it finds them made. */
function claims({ environment }: StorageScope, volume: Volume): KubernetesObject[] {
  const attributes = performanceOf(volume);
  return Array.from({ length: volume.replicationFactor }, (_, copy) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `data-${volume.name}-${copy}`,
      namespace: environment,
      labels: { ...environmentLabels(environment), [storeLabel]: volume.name },
    },
    spec: {
      accessModes: ['ReadWriteOncePod'],
      storageClassName: classOf(volume),
      ...(attributes === undefined ? {} : { volumeAttributesClassName: attributes }),
      resources: { requests: { storage: `${volume.gibibytes}Gi` } },
    },
  }));
}

/** Into a store: the services that list it, on the ports that they list, and its own copies. Out of it: names, and its own copies. */
function storePolicy({ platform, environment }: StorageScope, volume: Volume): KubernetesObject {
  const own = { podSelector: { matchLabels: { [storeLabel]: volume.name } } };
  const clients = platform.services.flatMap((service) =>
    service.network.egress
      .filter(({ peer }) => peer.kind === 'store' && peer.store === volume.name)
      .map(({ ports }) => ({
        from: [{ podSelector: { matchLabels: { [labels.service]: service.name } } }],
        ports: ports.map((port) => ({ protocol: 'TCP', port })),
      })),
  );
  const copies = volume.replicationFactor > 1;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `store-${volume.name}`, namespace: environment, labels: environmentLabels(environment) },
    spec: {
      podSelector: own.podSelector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [...clients, ...(copies ? [{ from: [own] }] : [])],
      egress: [
        { to: [clusterDns], ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })) },
        ...(copies ? [{ to: [own] }] : []),
      ],
    },
  };
}
