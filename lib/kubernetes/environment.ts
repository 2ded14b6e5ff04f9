import type { StagedPlatform } from '../../platforms/stage.ts';
import { gatewayObjects } from './gateway.ts';
import { environmentLabels, type KubernetesObject } from './object.ts';
import { type ClusterRights, taskAccessObjects } from './task-access.ts';

/**
 * What the services of an environment share: namespace, rights of the functions that act in it, 'deny all', the way in.
 * `access`: of the region's own functions, by task.
 */
export function environmentObjects(
  platform: StagedPlatform,
  environment: string,
  access: Readonly<Record<string, ClusterRights>>,
): readonly KubernetesObject[] {
  return [
    namespaceObject(environment),
    ...taskAccessObjects(access, platform, environment),
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

function denyAll(environment: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny-all', namespace: environment, labels: environmentLabels(environment) },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
}
