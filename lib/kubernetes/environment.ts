import { deliveryKubernetesGroup } from '../../domain/names.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { deliveryRules } from './delivery-rules.ts';
import { gatewayObjects } from './gateway.ts';
import { environmentLabels, type KubernetesObject } from './object.ts';

/** What the services of an environment share: namespace, rights of the delivery functions, 'deny all', the way in. */
export function environmentObjects(platform: StagedPlatform, environment: string): readonly KubernetesObject[] {
  return [
    namespaceObject(environment),
    ...deliveryAccess(environment),
    denyAll(environment),
    ...gatewayObjects(platform, environment),
  ];
}

function namespaceObject(environment: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: environment,
      labels: {
        ...environmentLabels(environment),
        // https://kubernetes.io/docs/concepts/security/pod-security-standards/
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
        // A pod counts as ready only once the load balancer finds it healthy.
        'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled',
      },
    },
  };
}

/** The group of the delivery functions' access entries may do, in this namespace, what their tasks do. */
function deliveryAccess(environment: string): readonly KubernetesObject[] {
  const metadata = { name: 'mainstay-delivery', namespace: environment, labels: environmentLabels(environment) };
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: deliveryRules(),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      subjects: [{ kind: 'Group', name: deliveryKubernetesGroup, apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mainstay-delivery' },
    },
  ];
}

function denyAll(environment: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny-all', namespace: environment, labels: environmentLabels(environment) },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}
