import { labels, repositoryName, type Slot, slotName } from '../../domain/names.ts';
import type { NodeGroup, Probe, Service } from '../../platforms/schema.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { type KubernetesObject, type ServiceScope, serviceLabels } from './object.ts';
import { observedAnnotations, tracingVariables } from './observation.ts';
import { mountedValues, secretsDirectory, secretsVolume } from './secrets.ts';

const taintEffects = {
  NO_SCHEDULE: 'NoSchedule',
  NO_EXECUTE: 'NoExecute',
  PREFER_NO_SCHEDULE: 'PreferNoSchedule',
} as const;

/** The Deployment of one slot. Image and replicas are the delivery's, once it has released something. */
export function deployment(scope: ServiceScope, slot: Slot): KubernetesObject {
  const { platform, environment, service } = scope;
  const selector = { [labels.service]: service.name, [labels.slot]: slot };
  const all = { ...serviceLabels(environment, service.name), ...selector };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: slotName(service.name, slot), namespace: environment, labels: all },
    spec: {
      replicas: 0,
      revisionHistoryLimit: service.rollout.revisionHistory,
      progressDeadlineSeconds: service.rollout.readyTimeoutSeconds,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: service.rollout.surge, maxUnavailable: service.rollout.unavailable },
      },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: all, ...(service.metricsPort ? { annotations: observedAnnotations(service) } : {}) },
        spec: {
          serviceAccountName: service.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: service.rollout.terminationGraceSeconds,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          ...placement(platform, service, selector),
          containers: [container(scope)],
          volumes: [{ name: 'temporary', emptyDir: { sizeLimit: '1Gi' } }, ...secretVolumes(scope)],
        },
      },
    },
  };
}

function container(scope: ServiceScope): object {
  const { platform, service, registry } = scope;
  const { requests, limits } = service.resources;
  return {
    name: service.name,
    // Kubernetes refuses a container without an image. Nothing has this tag, and a slot without a release has no replica.
    image: `${registry}/${repositoryName(platform.name, service.image)}:unreleased`,
    imagePullPolicy: 'IfNotPresent',
    ports: [
      { name: 'http', containerPort: service.port, protocol: 'TCP' },
      ...(service.metricsPort ? [{ name: 'metrics', containerPort: service.metricsPort, protocol: 'TCP' }] : []),
    ],
    env: Object.entries({ ...tracingVariables(scope), ...service.environment }).map(([name, value]) => ({
      name,
      value,
    })),
    resources: {
      requests: { cpu: `${requests.cpuMillicores}m`, memory: `${requests.memoryMebibytes}Mi` },
      limits: { cpu: `${limits.cpuMillicores}m`, memory: `${limits.memoryMebibytes}Mi` },
    },
    livenessProbe: probe(service.probes.liveness),
    readinessProbe: probe(service.probes.readiness),
    ...(service.probes.startup ? { startupProbe: probe(service.probes.startup) } : {}),
    // Serves on while the load balancer takes the pod out.
    lifecycle: { preStop: { sleep: { seconds: service.rollout.drainSeconds } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'temporary', mountPath: '/tmp' },
      ...(mountsSecrets(scope) ? [{ name: secretsVolume, mountPath: secretsDirectory, readOnly: true }] : []),
    ],
  };
}

function mountsSecrets({ platform, environment, service }: ServiceScope): boolean {
  return mountedValues(platform, environment, service).length > 0;
}

/** In memory, for as long as the pod lives: neither the node's disk nor the cluster's store ever holds a secret. */
function secretVolumes(scope: ServiceScope): readonly object[] {
  if (!mountsSecrets(scope)) return [];
  const volumeAttributes = { secretProviderClass: scope.service.name };
  return [{ name: secretsVolume, csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes } }];
}

function probe(definition: Probe): object {
  return {
    httpGet: { path: definition.path, port: 'http' },
    initialDelaySeconds: definition.initialDelaySeconds,
    periodSeconds: definition.periodSeconds,
    timeoutSeconds: definition.timeoutSeconds,
    failureThreshold: definition.failureThreshold,
  };
}

/** On the service's own nodes, apart from each other as the platform asks. */
function placement(platform: StagedPlatform, service: Service, selector: Readonly<Record<string, string>>): object {
  const group = platform.cluster.nodeGroups.find((candidate) => candidate.name === service.nodeGroup);
  const spread = (topologyKey: string, how: 'required' | 'preferred'): object => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: how === 'required' ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
    // Each version is spread by itself, or an old one in the way would hold a new one up.
    matchLabelKeys: ['pod-template-hash'],
  });
  return {
    nodeSelector: { 'eks.amazonaws.com/nodegroup': service.nodeGroup },
    tolerations: tolerations(group),
    affinity: affinity(service),
    topologySpreadConstraints: [
      spread('topology.kubernetes.io/zone', service.spread.zones),
      spread('kubernetes.io/hostname', service.spread.nodes),
    ],
  };
}

/**
 * Both slots counted: a node that is lost takes as little of the service as can be. Where the nodes must differ, the constraint
 * above refuses already, for each version by itself.
 */
function affinity(service: Service): object {
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { [labels.service]: service.name } },
          },
        },
      ],
    },
  };
}

function tolerations(group: NodeGroup | undefined): readonly object[] {
  return (group?.taints ?? []).map(({ key, value, effect }) => ({
    key,
    operator: 'Equal',
    value,
    effect: taintEffects[effect],
  }));
}
