import { labels, releaseRecordName, type Slot, slotName, slots } from '../../domain/names.ts';
import type { Service } from '../../platforms/schema.ts';
import { waysTo } from '../failover/entrance.ts';
import { deployment } from './deployment.ts';
import { gatewayName } from './gateway.ts';
import { networkPolicy } from './network-policy.ts';
import { type KubernetesObject, type ServiceScope, serviceLabels } from './object.ts';
import { secretObjects } from './secrets.ts';

/** All objects of one service: a routed one has two slots behind one route, another has one slot behind a Service. */
export function serviceObjects(scope: ServiceScope): readonly KubernetesObject[] {
  const { platform, environment, service, place } = scope;
  const metadata = { namespace: environment, labels: serviceLabels(environment, service.name) };
  const used: readonly Slot[] = service.route ? slots : ['blue'];
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: service.name, ...metadata },
      automountServiceAccountToken: false,
    },
    ...secretObjects(scope),
    networkPolicy({ scheme: platform.gateway.scheme, vpc: place.vpc }, environment, service),
    ...used.flatMap((slot) => slotObjects(scope, slot)),
    ...(service.route ? [route(scope, service.route)] : [plainService(environment, service)]),
    releaseRecord(environment, service),
  ];
}

function slotObjects(scope: ServiceScope, slot: Slot): readonly KubernetesObject[] {
  const { environment, service } = scope;
  const selector = { [labels.service]: service.name, [labels.slot]: slot };
  const metadata = {
    name: slotName(service.name, slot),
    namespace: environment,
    labels: { ...serviceLabels(environment, service.name), ...selector },
  };
  return [
    deployment(scope, slot),
    ...(service.autoscaling ? [autoscaler(service, service.autoscaling, metadata)] : []),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { minAvailable: service.disruption.availableMinimum, selector: { matchLabels: selector } },
    },
    ...(service.route
      ? [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata,
            spec: {
              type: 'ClusterIP',
              selector,
              ports: [{ name: 'http', port: service.port, targetPort: 'http', protocol: 'TCP' }],
            },
          },
          targetGroup(service, metadata),
        ]
      : []),
  ];
}

/** A slot without replicas is left alone by the autoscaler: Kubernetes does not scale up from 0 by CPU or memory. */
function autoscaler(
  service: Service,
  autoscaling: NonNullable<Service['autoscaling']>,
  metadata: KubernetesObject['metadata'],
): KubernetesObject {
  const metric = (name: string, averageUtilization: number): object => ({
    type: 'Resource',
    resource: { name, target: { type: 'Utilization', averageUtilization } },
  });
  const pace = ({ stabilizationSeconds, changePercent, perSeconds }: (typeof autoscaling)['up']): object => ({
    stabilizationWindowSeconds: stabilizationSeconds,
    ...(changePercent ? { policies: [{ type: 'Percent', value: changePercent, periodSeconds: perSeconds }] } : {}),
  });
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name },
      minReplicas: service.replicas.minimum,
      maxReplicas: service.replicas.maximum,
      metrics: [
        metric('cpu', autoscaling.cpuPercent),
        ...(autoscaling.memoryPercent ? [metric('memory', autoscaling.memoryPercent)] : []),
      ],
      behavior: { scaleUp: pace(autoscaling.up), scaleDown: pace(autoscaling.down) },
    },
  };
}

/** Pods as targets, checked as Kubernetes checks them, drained as long as they go on serving. */
function targetGroup(service: Service, metadata: KubernetesObject['metadata']): KubernetesObject {
  const { readiness } = service.probes;
  return {
    apiVersion: 'gateway.k8s.aws/v1',
    kind: 'TargetGroupConfiguration',
    metadata,
    spec: {
      targetReference: { group: '', kind: 'Service', name: metadata.name },
      defaultConfiguration: {
        targetType: 'ip',
        protocol: 'HTTP',
        healthCheckConfig: {
          healthCheckPath: readiness.path,
          healthCheckProtocol: 'HTTP',
          // ELB takes 5 s at least between checks, and a timeout below it.
          healthCheckInterval: Math.max(5, readiness.periodSeconds),
          healthCheckTimeout: Math.max(2, Math.min(readiness.timeoutSeconds, Math.max(5, readiness.periodSeconds) - 1)),
          healthyThresholdCount: 2,
          unhealthyThresholdCount: Math.max(2, readiness.failureThreshold),
          matcher: { httpCode: '200-299' },
        },
        targetGroupAttributes: [
          { key: 'deregistration_delay.timeout_seconds', value: String(service.rollout.drainSeconds) },
        ],
        tags: { 'mainstay:service': service.name },
      },
    },
  };
}

/** All requests go to blue until something is released. The rules are the delivery's from then on. */
function route(
  { platform, environment, service, place }: ServiceScope,
  definition: NonNullable<Service['route']>,
): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: service.name, namespace: environment, labels: serviceLabels(environment, service.name) },
    spec: {
      parentRefs: [
        {
          group: 'gateway.networking.k8s.io',
          kind: 'Gateway',
          name: gatewayName,
          sectionName: platform.gateway.protocol,
        },
      ],
      hostnames: [...definition.hostnames, ...waysTo(service.name, { name: environment, platform }, place.name)],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: definition.pathPrefix } }],
          backendRefs: slots.map((slot) => ({
            group: '',
            kind: 'Service',
            name: slotName(service.name, slot),
            port: service.port,
            weight: slot === 'blue' ? 100 : 0,
          })),
        },
      ],
    },
  };
}

/** How other pods find a service that takes no requests through the gateway. */
function plainService(environment: string, service: Service): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service.name, namespace: environment, labels: serviceLabels(environment, service.name) },
    spec: {
      type: 'ClusterIP',
      selector: { [labels.service]: service.name },
      ports: [{ name: 'http', port: service.port, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

function releaseRecord(environment: string, service: Service): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: releaseRecordName(service.name),
      namespace: environment,
      labels: serviceLabels(environment, service.name),
    },
    data: { record: JSON.stringify({ epoch: 0, stableSlot: 'blue' }) },
  };
}
