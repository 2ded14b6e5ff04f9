/** A resource of the Kubernetes API as it is listed. */
export interface ExportedKind {
  /** Empty: the core group. */
  readonly group: string;
  /** The first that the cluster serves. */
  readonly versions: readonly string[];
  readonly plural: string;
}

const of = (group: string, versions: string | readonly string[], ...plurals: readonly string[]): ExportedKind[] =>
  plurals.map((plural) => ({ group, versions: [versions].flat(), plural }));

/**
 * What of the environment's namespace goes into a recovery set. Not Secrets: who may list them may read them; the platform's own values
 * stand in Secrets Manager, and a set names their versions. Not what controllers make anew: pods, replica sets, events, endpoints. Nor what lies in no
 * namespace: the definition makes that, and a right to it would reach beyond the environment.
 */
export const exportedKinds: readonly ExportedKind[] = [
  ...of(
    '',
    'v1',
    'serviceaccounts',
    'configmaps',
    'persistentvolumeclaims',
    'services',
    'resourcequotas',
    'limitranges',
  ),
  ...of('apps', 'v1', 'deployments', 'statefulsets', 'daemonsets'),
  ...of('batch', 'v1', 'jobs', 'cronjobs'),
  ...of('autoscaling', 'v2', 'horizontalpodautoscalers'),
  ...of('policy', 'v1', 'poddisruptionbudgets'),
  ...of('networking.k8s.io', 'v1', 'networkpolicies', 'ingresses'),
  ...of('rbac.authorization.k8s.io', 'v1', 'roles', 'rolebindings'),
  ...of('gateway.networking.k8s.io', 'v1', 'gateways', 'httproutes'),
  ...of('gateway.k8s.aws', ['v1beta1', 'v1'], 'loadbalancerconfigurations', 'targetgroupconfigurations'),
  ...of('elbv2.k8s.aws', 'v1beta1', 'targetgroupbindings'),
  ...of('secrets-store.csi.x-k8s.io', 'v1', 'secretproviderclasses'),
];
