import { Unmodelled } from '../aws/service.ts';
import { anything, type Schema } from './schema.ts';
import * as core from './types/core.ts';
import * as gateway from './types/gateway.ts';
import * as gitOps from './types/git-ops.ts';
import { objectOf } from './types/meta.ts';
import * as storage from './types/storage.ts';
import * as workloads from './types/workloads.ts';

/** One resource type of the API server. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: Schema;
  /** Status is written through `/status` alone. */
  readonly status: boolean;
  readonly scale: boolean;
  /** Further versions that are served with the same schema. */
  readonly otherVersions?: readonly string[];
  /** Installed by a CustomResourceDefinition with this name; absent for what every cluster has. */
  readonly definition?: string;
}

interface Options {
  readonly otherVersions?: readonly string[];
  readonly cluster?: true;
  readonly status?: true;
  readonly scale?: true;
}

function builtIn(
  group: string,
  version: string,
  kind: string,
  plural: string,
  schema: Schema,
  options: Options = {},
): Kind {
  return {
    group,
    version,
    kind,
    plural,
    namespaced: options.cluster !== true,
    schema,
    status: options.status === true,
    scale: options.scale === true,
    ...(options.otherVersions ? { otherVersions: options.otherVersions } : {}),
  };
}

function custom(
  group: string,
  version: string,
  kind: string,
  plural: string,
  schema: Schema,
  options: Options = {},
): Kind {
  return { ...builtIn(group, version, kind, plural, schema, options), definition: `${plural}.${group}` };
}

const rbac = 'rbac.authorization.k8s.io';
const gatewayGroup = 'gateway.networking.k8s.io';

/** Every kind that the rehearsal knows. */
export const kinds: readonly Kind[] = [
  builtIn('', 'v1', 'Node', 'nodes', core.node, { cluster: true, status: true }),
  builtIn('', 'v1', 'Namespace', 'namespaces', core.namespace, { cluster: true, status: true }),
  builtIn('', 'v1', 'ServiceAccount', 'serviceaccounts', core.serviceAccount),
  builtIn('', 'v1', 'ConfigMap', 'configmaps', core.configMap),
  builtIn('', 'v1', 'Secret', 'secrets', core.secret),
  builtIn('', 'v1', 'Service', 'services', core.service, { status: true }),
  builtIn('', 'v1', 'Pod', 'pods', workloads.pod, { status: true }),
  builtIn(
    '',
    'v1',
    'Event',
    'events',
    objectOf({ involvedObject: anything, reason: anything, message: anything, type: anything }),
  ),
  builtIn('apps', 'v1', 'Deployment', 'deployments', workloads.deployment, { status: true, scale: true }),
  builtIn('apps', 'v1', 'ReplicaSet', 'replicasets', workloads.replicaSet, { status: true, scale: true }),
  builtIn(
    'autoscaling',
    'v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    workloads.horizontalPodAutoscaler,
    {
      status: true,
    },
  ),
  builtIn('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', workloads.podDisruptionBudget, {
    status: true,
  }),
  builtIn('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies', core.networkPolicy),
  builtIn(rbac, 'v1', 'Role', 'roles', core.role),
  builtIn(rbac, 'v1', 'RoleBinding', 'rolebindings', core.binding),
  builtIn(rbac, 'v1', 'ClusterRole', 'clusterroles', core.clusterRole, { cluster: true }),
  builtIn(rbac, 'v1', 'ClusterRoleBinding', 'clusterrolebindings', core.binding, { cluster: true }),
  builtIn('storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', storage.storageClass, { cluster: true }),
  builtIn('storage.k8s.io', 'v1', 'VolumeAttributesClass', 'volumeattributesclasses', storage.volumeAttributesClass, {
    cluster: true,
  }),
  builtIn('', 'v1', 'PersistentVolume', 'persistentvolumes', storage.persistentVolume, { cluster: true, status: true }),
  builtIn('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', storage.persistentVolumeClaim, { status: true }),
  builtIn('coordination.k8s.io', 'v1', 'Lease', 'leases', core.lease),
  builtIn(
    'apiextensions.k8s.io',
    'v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    core.customResourceDefinition,
    {
      cluster: true,
      status: true,
    },
  ),
  custom(gatewayGroup, 'v1', 'GatewayClass', 'gatewayclasses', gateway.gatewayClass, { cluster: true, status: true }),
  custom(gatewayGroup, 'v1', 'Gateway', 'gateways', gateway.gateway, { status: true }),
  custom(gatewayGroup, 'v1', 'HTTPRoute', 'httproutes', gateway.httpRoute, { status: true }),
  custom(
    'gateway.k8s.aws',
    'v1beta1',
    'LoadBalancerConfiguration',
    'loadbalancerconfigurations',
    gateway.loadBalancerConfiguration,
    {
      status: true,
      otherVersions: ['v1'],
    },
  ),
  custom(
    'gateway.k8s.aws',
    'v1beta1',
    'TargetGroupConfiguration',
    'targetgroupconfigurations',
    gateway.targetGroupConfiguration,
    {
      status: true,
      otherVersions: ['v1'],
    },
  ),
  custom(
    'secrets-store.csi.x-k8s.io',
    'v1',
    'SecretProviderClass',
    'secretproviderclasses',
    storage.secretProviderClass,
    { status: true },
  ),
  custom('elbv2.k8s.aws', 'v1beta1', 'TargetGroupBinding', 'targetgroupbindings', gateway.targetGroupBinding, {
    status: true,
  }),
  // Argo CD writes the status of an Application as part of the object: its definition has no /status.
  custom('argoproj.io', 'v1alpha1', 'AppProject', 'appprojects', gitOps.appProject),
  custom('argoproj.io', 'v1alpha1', 'Application', 'applications', gitOps.application),
];

/** CRDs that the charts and manifests bring along and nothing of ours uses: installing them is accepted, using them is not. */
export const inertDefinitions: readonly string[] = [
  'grpcroutes.gateway.networking.k8s.io',
  'referencegrants.gateway.networking.k8s.io',
  'backendtlspolicies.gateway.networking.k8s.io',
  'listenersets.gateway.networking.k8s.io',
  'tlsroutes.gateway.networking.k8s.io',
  'listenerruleconfigurations.gateway.k8s.aws',
  'ingressclassparams.elbv2.k8s.aws',
  'secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io',
  'globalaccelerators.aga.k8s.aws',
  'applicationsets.argoproj.io',
];

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** Every `apiVersion` under which objects of the kind are served. */
export function apiVersionsOf(kind: Kind): string[] {
  return [kind.version, ...(kind.otherVersions ?? [])].map((version) => apiVersionOf({ group: kind.group, version }));
}

const byKind = new Map(
  kinds.flatMap((kind) => apiVersionsOf(kind).map((version) => [`${version}/${kind.kind}`, kind])),
);

/** The kind of an object. Throws Unmodelled for one that the rehearsal does not know. */
export function kindOf(object: { readonly apiVersion: string; readonly kind: string }): Kind {
  const kind = byKind.get(`${object.apiVersion}/${object.kind}`);
  if (kind) return kind;
  throw new Unmodelled(
    `The rehearsal's Kubernetes does not model ${object.apiVersion} ${object.kind}; modelled are ${[...byKind.keys()].join(', ')}.`,
  );
}

/** A built-in or known kind by name alone (`Deployment`). Throws Unmodelled. */
export function kindNamed(name: string): Kind {
  const kind = kinds.find((candidate) => candidate.kind === name);
  if (kind) return kind;
  throw new Unmodelled(`The rehearsal's Kubernetes does not model the kind ${name}.`);
}
