import { Unmodelled } from '../aws/service.ts';
import type { Cluster } from './cluster.ts';
import type { KubernetesObject } from './objects.ts';
import type { HealthCheck, NamedArn } from './ports.ts';
import type { BackendReference } from './route-backends.ts';

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface TargetGroupProperties {
  readonly targetGroupName?: string;
  readonly targetType: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly healthCheckConfig?: {
    readonly healthCheckPath?: string;
    readonly healthCheckInterval?: number;
    readonly healthyThresholdCount?: number;
    readonly unhealthyThresholdCount?: number;
  };
}

const record = (pairs: readonly KeyValue[] | undefined): Record<string, string> =>
  Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]));

/** What the TargetGroupConfiguration of a Service says; without one the target type is `instance`. */
export function targetGroupProperties(cluster: Cluster, service: KubernetesObject): TargetGroupProperties {
  const configuration = cluster
    .objects('TargetGroupConfiguration', service.metadata.namespace)
    .find(({ spec }) => (spec?.['targetReference'] as { name?: string } | undefined)?.name === service.metadata.name);
  const properties = (configuration?.spec?.['defaultConfiguration'] ?? {}) as unknown as Omit<
    TargetGroupProperties,
    'tags'
  > & { tags?: Record<string, string> };
  return { ...properties, targetType: properties.targetType, tags: properties.tags ?? {} };
}

/** Defaults of the controller: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/targetgroupconfig/ */
export function healthCheckOf({ healthCheckConfig }: TargetGroupProperties): HealthCheck {
  return {
    path: healthCheckConfig?.healthCheckPath ?? '/',
    intervalSeconds: healthCheckConfig?.healthCheckInterval ?? 15,
    healthyThreshold: healthCheckConfig?.healthyThresholdCount ?? 3,
    unhealthyThreshold: healthCheckConfig?.unhealthyThresholdCount ?? 3,
  };
}

/** The object by which the controller says which target group belongs to which Service. */
export function targetGroupBinding(
  service: KubernetesObject,
  backend: BackendReference,
  group: NamedArn,
): KubernetesObject {
  return {
    apiVersion: 'elbv2.k8s.aws/v1beta1',
    kind: 'TargetGroupBinding',
    metadata: {
      name: group.fullName.split('/')[1] ?? group.fullName,
      namespace: service.metadata.namespace ?? '',
      labels: { 'gateway.k8s.aws.alb/stack-name': backend.name },
    },
    spec: {
      targetGroupARN: group.arn,
      targetType: 'ip',
      serviceRef: { name: backend.name, port: backend.port },
      ipAddressType: 'ipv4',
    },
  };
}

/** What the LoadBalancerConfiguration of a Gateway says. */
export function loadBalancerSettings(
  cluster: Cluster,
  gateway: KubernetesObject,
): {
  readonly name: string | undefined;
  readonly scheme: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
} {
  const infrastructure = gateway.spec?.['infrastructure'] as { parametersRef?: { name: string } } | undefined;
  const name = infrastructure?.parametersRef?.name ?? '';
  const spec = (cluster.object('LoadBalancerConfiguration', gateway.metadata.namespace, name)?.spec ??
    {}) as unknown as {
    loadBalancerName?: string;
    scheme?: string;
    tags?: Record<string, string>;
    loadBalancerSubnets?: unknown;
    loadBalancerSubnetsSelector?: unknown;
    loadBalancerAttributes?: KeyValue[];
  };
  if (spec.loadBalancerSubnets || spec.loadBalancerSubnetsSelector) {
    throw new Unmodelled(
      `LoadBalancerConfiguration ${name} chooses subnets; the rehearsal's load balancers stand in all public subnets, or all private ones.`,
    );
  }
  return {
    name: spec.loadBalancerName,
    scheme: spec.scheme ?? 'internal',
    attributes: record(spec.loadBalancerAttributes),
    tags: spec.tags ?? {},
  };
}
