import { ClusterRefused } from '../../domain/errors.ts';
import type { KubernetesObject } from '../ports/object-cluster.ts';

/**
 * The kinds that the platform's objects are of, by `apiVersion/kind`: the plural in their path, and whether they live in a namespace. In the
 * order in which they are made: what others need first.
 */
const kinds = [
  ['v1', 'Namespace', 'namespaces', 'cluster'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', 'cluster'],
  ['scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', 'cluster'],
  ['storage.k8s.io/v1', 'StorageClass', 'storageclasses', 'cluster'],
  ['storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', 'cluster'],
  ['v1', 'ResourceQuota', 'resourcequotas', 'namespace'],
  ['v1', 'LimitRange', 'limitranges', 'namespace'],
  ['v1', 'ServiceAccount', 'serviceaccounts', 'namespace'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', 'cluster'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', 'cluster'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'roles', 'namespace'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', 'namespace'],
  ['v1', 'ConfigMap', 'configmaps', 'namespace'],
  ['v1', 'Secret', 'secrets', 'namespace'],
  ['secrets-store.csi.x-k8s.io/v1', 'SecretProviderClass', 'secretproviderclasses', 'namespace'],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', 'namespace'],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', 'namespace'],
  ['gateway.networking.k8s.io/v1', 'GatewayClass', 'gatewayclasses', 'cluster'],
  ['gateway.k8s.aws/v1beta1', 'LoadBalancerConfiguration', 'loadbalancerconfigurations', 'namespace'],
  ['gateway.k8s.aws/v1', 'LoadBalancerConfiguration', 'loadbalancerconfigurations', 'namespace'],
  ['gateway.k8s.aws/v1beta1', 'TargetGroupConfiguration', 'targetgroupconfigurations', 'namespace'],
  ['gateway.k8s.aws/v1', 'TargetGroupConfiguration', 'targetgroupconfigurations', 'namespace'],
  ['gateway.k8s.aws/v1beta1', 'ListenerRuleConfiguration', 'listenerruleconfigurations', 'namespace'],
  ['gateway.k8s.aws/v1', 'ListenerRuleConfiguration', 'listenerruleconfigurations', 'namespace'],
  ['gateway.networking.k8s.io/v1', 'Gateway', 'gateways', 'namespace'],
  ['v1', 'Service', 'services', 'namespace'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute', 'httproutes', 'namespace'],
  ['apps/v1', 'Deployment', 'deployments', 'namespace'],
  ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'namespace'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'namespace'],
  ['argoproj.io/v1alpha1', 'AppProject', 'appprojects', 'namespace'],
  ['argoproj.io/v1alpha1', 'Application', 'applications', 'namespace'],
] as const;

/** Where the object's kind stands in the order of making. Throws ClusterRefused for a kind that is not in the table. */
export function orderOf(object: KubernetesObject): number {
  const index = kinds.findIndex(([apiVersion, kind]) => apiVersion === object.apiVersion && kind === object.kind);
  if (index >= 0) return index;
  throw new ClusterRefused(
    `The objects hold a '${object.apiVersion}/${object.kind}' ('${object.metadata.name}'), which apply-objects does not know. Known are ` +
      `${kinds.map(([apiVersion, kind]) => `${apiVersion}/${kind}`).join(', ')}. Add it to lambdas/kubernetes/kinds.ts.`,
  );
}

/** The object's path: https://kubernetes.io/docs/reference/using-api/api-concepts/#standard-api-terminology. Throws ClusterRefused. */
export function pathOf(object: KubernetesObject): string {
  const found = kinds[orderOf(object)];
  if (!found) throw new RangeError(`No kind for ${object.kind}`);
  const [apiVersion, kind, plural, scope] = found;
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const { name, namespace } = object.metadata;
  if (scope === 'cluster') return `${root}/${plural}/${name}`;
  if (!namespace) throw new ClusterRefused(`The ${kind} '${name}' has no namespace. Give its metadata one.`);
  return `${root}/namespaces/${namespace}/${plural}/${name}`;
}
