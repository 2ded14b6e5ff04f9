import { exportedKinds } from '../../domain/exported-kinds.ts';
import { releaseRecordName, slotName, slots, taskKubernetesGroup } from '../../domain/names.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { environmentLabels, type KubernetesObject } from './object.ts';

/** What a function does to each of the kinds that it knows. `scale` is the Deployments' subresource. */
export interface ClusterRights {
  readonly records?: readonly ('get' | 'patch')[];
  readonly deployments?: readonly ('get' | 'patch')[];
  readonly scale?: readonly 'patch'[];
  readonly routes?: readonly ('get' | 'patch')[];
  readonly pods?: readonly 'list'[];
  readonly targetGroups?: readonly 'list'[];
  readonly configMaps?: readonly 'list'[];
  readonly autoscalers?: readonly ('get' | 'patch')[];
  /** Every kind that goes into a recovery set; Secrets do not. */
  readonly exported?: readonly 'list'[];
}

const reads = ['get'] as const;
const changes = ['get', 'patch'] as const;
const writes = ['patch'] as const;
const lists = ['list'] as const;
const ofRetention: ClusterRights = { records: reads, deployments: reads, pods: lists };

/** Tasks of the primary's control plane, with exactly what their code does. Nothing is created or deleted by any of them. */
export const deliveryAccess: Readonly<Record<string, ClusterRights>> = {
  'check-platform': { records: reads, deployments: reads, routes: reads, pods: lists, targetGroups: lists },
  'take-release': { records: changes, deployments: reads },
  'keep-alarms': { targetGroups: lists },
  'measure-stable': { records: reads },
  'raise-canary': { records: reads, deployments: changes, scale: writes },
  'look-at-pods': { records: reads, deployments: reads, pods: lists },
  'shift-traffic': { records: reads, routes: changes },
  'judge-canary': { records: reads, pods: lists },
  'promote-canary': { records: changes, deployments: reads, routes: reads },
  'record-standby': { records: reads },
  'retire-slot': { records: reads, deployments: reads, scale: writes },
  'give-back': { records: changes, deployments: reads, routes: reads },
  'take-over': { records: changes, deployments: reads },
  'return-traffic': { records: changes, routes: changes },
  'stop-promotion': { records: reads },
  'restore-slot': { records: reads, deployments: changes, scale: writes },
  'plan-image-retention': ofRetention,
  'delete-images': ofRetention,
};

/** Beside those, in a stage that releases by itself. */
export const releasingAccess: Readonly<Record<string, ClusterRights>> = {
  'release-pushed': { records: reads },
};

/** Of the rotations', in each region: they replace the pods that read a secret. */
export const rotationAccess: Readonly<Record<string, ClusterRights>> = {
  'restart-consumer': { records: reads, deployments: changes },
  'look-at-consumer': { deployments: reads, pods: lists },
};

/** Of the backups', in each region: they read what the cluster holds, and which images run. */
export const backupAccess: Readonly<Record<string, ClusterRights>> = {
  'export-cluster-state': { exported: lists },
  'record-versions': { pods: lists, configMaps: lists },
};

/** Of a failover, in each region of a platform with a standby: it gives what serves its replicas, and sees whether it does. */
export const failoverAccess: Readonly<Record<string, ClusterRights>> = {
  'scale-compute': { records: reads, deployments: reads, scale: writes, pods: lists, autoscalers: changes },
  'validate-region': { records: reads, deployments: reads, pods: lists, autoscalers: reads },
  'look-at-readiness': { records: reads, deployments: reads, pods: lists, autoscalers: reads },
};

/** Of the standby's. */
export const standbyAccess: Readonly<Record<string, ClusterRights>> = {
  'follow-releases': { records: changes, deployments: changes, scale: writes },
  'follow-secrets': { deployments: changes },
};

/**
 * A Role for each task, bound to the group of its access entry and to nobody else. Objects that are made by name are named:
 * no task reaches another ConfigMap of the namespace.
 */
export function taskAccessObjects(
  access: Readonly<Record<string, ClusterRights>>,
  platform: StagedPlatform,
  environment: string,
): readonly KubernetesObject[] {
  return Object.entries(access).flatMap(([task, rights]) => {
    const name = `mainstay-${task}`;
    const metadata = { name, namespace: environment, labels: environmentLabels(environment) };
    return [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: rulesOf(rights, platform) },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        subjects: [{ kind: 'Group', name: taskKubernetesGroup(task), apiGroup: 'rbac.authorization.k8s.io' }],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      },
    ];
  });
}

function rulesOf(rights: ClusterRights, { services }: StagedPlatform): readonly object[] {
  const records = services.map((service) => releaseRecordName(service.name));
  const routed = services.filter((service) => service.route);
  const deployments = services.flatMap((service) =>
    (service.route ? slots : (['blue'] as const)).map((slot) => slotName(service.name, slot)),
  );
  const rule = (apiGroup: string, resource: string, verbs: readonly string[] | undefined, resourceNames?: string[]) =>
    verbs ? [{ apiGroups: [apiGroup], resources: [resource], verbs, ...(resourceNames ? { resourceNames } : {}) }] : [];
  return [
    ...rule('', 'configmaps', rights.records, records),
    ...rule('apps', 'deployments', rights.deployments, deployments),
    ...rule('apps', 'deployments/scale', rights.scale, deployments),
    ...rule(
      'gateway.networking.k8s.io',
      'httproutes',
      rights.routes,
      routed.map((service) => service.name),
    ),
    // A list has no name to allow.
    ...rule('', 'pods', rights.pods),
    ...rule('elbv2.k8s.aws', 'targetgroupbindings', rights.targetGroups),
    ...rule('', 'configmaps', rights.configMaps),
    ...rule('autoscaling', 'horizontalpodautoscalers', rights.autoscalers, deployments),
    ...exportedKinds.flatMap(({ group, plural }) => rule(group, plural, rights.exported)),
  ];
}
