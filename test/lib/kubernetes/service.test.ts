import { describe, expect, it } from 'vitest';
import { labels } from '../../../domain/names.ts';
import { releaseRecord } from '../../../domain/release.ts';
import type { KubernetesObject } from '../../../lib/kubernetes/object.ts';
import { serviceObjects } from '../../../lib/kubernetes/service.ts';
import { aeon } from '../../../platforms/aeon.ts';
import type { Service } from '../../../platforms/schema.ts';
import { platformAt } from '../../../platforms/stage.ts';

const platform = platformAt(aeon, 'production');

function objectsOf(name: string, change: Partial<Service> = {}): readonly KubernetesObject[] {
  const service = platform.services.find((candidate) => candidate.name === name);
  if (!service) throw new Error(name);
  return serviceObjects({
    platform,
    environment: 'aeon',
    service: { ...service, ...change },
    place: platform.regions.primary,
    registry: '111111111111.dkr.ecr.us-east-1.amazonaws.com',
  });
}

function find(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
}

const names = (objects: readonly KubernetesObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();

describe('a routed service', () => {
  const objects = objectsOf('aeon-dt-api');

  it('has two slots behind one route', () => {
    expect(names(objects)).toEqual([
      'ConfigMap aeon-dt-api-release',
      'Deployment aeon-dt-api-blue',
      'Deployment aeon-dt-api-green',
      'HTTPRoute aeon-dt-api',
      'HorizontalPodAutoscaler aeon-dt-api-blue',
      'HorizontalPodAutoscaler aeon-dt-api-green',
      'NetworkPolicy aeon-dt-api',
      'PodDisruptionBudget aeon-dt-api-blue',
      'PodDisruptionBudget aeon-dt-api-green',
      'SecretProviderClass aeon-dt-api',
      'Service aeon-dt-api-blue',
      'Service aeon-dt-api-green',
      'ServiceAccount aeon-dt-api',
      'TargetGroupConfiguration aeon-dt-api-blue',
      'TargetGroupConfiguration aeon-dt-api-green',
    ]);
  });

  it('sends everything to blue before the first release', () => {
    expect(find(objects, 'HTTPRoute', 'aeon-dt-api')['spec']).toEqual({
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway', sectionName: 'https' }],
      // The second is the region's own, whoever serves.
      hostnames: ['api.aeon.example.com', 'aeon-us-east-1.aeon.example.com'],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [
            { group: '', kind: 'Service', name: 'aeon-dt-api-blue', port: 8080, weight: 100 },
            { group: '', kind: 'Service', name: 'aeon-dt-api-green', port: 8080, weight: 0 },
          ],
        },
      ],
    });
  });

  it('is scaled as the platform says', () => {
    expect(find(objects, 'HorizontalPodAutoscaler', 'aeon-dt-api-green')['spec']).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'aeon-dt-api-green' },
      minReplicas: 3,
      maxReplicas: 100,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 75 } } },
      ],
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 60 }] },
        scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] },
      },
    });
  });

  it('has pods as targets, checked on their readiness and drained while they go on serving', () => {
    expect(find(objects, 'TargetGroupConfiguration', 'aeon-dt-api-blue')['spec']).toMatchObject({
      targetReference: { kind: 'Service', name: 'aeon-dt-api-blue' },
      defaultConfiguration: {
        targetType: 'ip',
        healthCheckConfig: { healthCheckPath: '/ready', healthCheckInterval: 5, healthCheckTimeout: 3 },
        targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '20' }],
      },
    });
  });

  it('begins with a record that says that nothing is released', () => {
    const { record } = find(objects, 'ConfigMap', 'aeon-dt-api-release')['data'] as { record: string };
    expect(releaseRecord.parse(JSON.parse(record))).toEqual({ epoch: 0, stableSlot: 'blue' });
  });
});

describe('a service without a route', () => {
  it('has one slot behind a Service of its own name', () => {
    expect(names(objectsOf('aeon-dt-openspg'))).toEqual([
      'ConfigMap aeon-dt-openspg-release',
      'Deployment aeon-dt-openspg-blue',
      'NetworkPolicy aeon-dt-openspg',
      'PodDisruptionBudget aeon-dt-openspg-blue',
      'SecretProviderClass aeon-dt-openspg',
      'Service aeon-dt-openspg',
      'ServiceAccount aeon-dt-openspg',
    ]);
  });
});

describe('a slot', () => {
  const spec = find(objectsOf('aeon-dt-api'), 'Deployment', 'aeon-dt-api-blue')['spec'] as {
    replicas: number;
    strategy: unknown;
    revisionHistoryLimit: number;
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> };
  };
  const pod = spec.template.spec;
  const [container] = pod['containers'] as Record<string, unknown>[];

  it('has no replica and an image of its own repository that nobody has pushed, until something is released', () => {
    expect(spec.replicas).toBe(0);
    expect(container?.['image']).toBe('111111111111.dkr.ecr.us-east-1.amazonaws.com/aeon/aeon-dt-api:unreleased');
  });

  it('selects its own pods alone', () => {
    expect(spec.selector.matchLabels).toEqual({ [labels.service]: 'aeon-dt-api', [labels.slot]: 'blue' });
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  it('runs hardened: no root, no escalation, no capability, a read-only root and a place for temporary files', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      volumes: [
        { name: 'temporary', emptyDir: { sizeLimit: '1Gi' } },
        { name: 'secrets', csi: { readOnly: true } },
      ],
    });
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
      },
      volumeMounts: [
        { name: 'temporary', mountPath: '/tmp' },
        { name: 'secrets', mountPath: '/mnt/secrets', readOnly: true },
      ],
    });
  });

  it('finds its secrets and the endpoints of its databases as files, read from its own region', () => {
    const { parameters } = find(objectsOf('aeon-dt-api'), 'SecretProviderClass', 'aeon-dt-api')['spec'] as {
      parameters: Record<string, string>;
    };
    expect(parameters).toMatchObject({ region: 'us-east-1', usePodIdentity: 'true' });
    expect(JSON.parse(parameters['objects'] ?? '')).toEqual([
      {
        objectName: 'mainstay/aeon/secrets/aeon-dt-postgres',
        objectType: 'secretsmanager',
        objectAlias: 'aeon-dt-postgres',
      },
      {
        objectName: '/mainstay/aeon/databases/aeon-dt/endpoint',
        objectType: 'ssmparameter',
        objectAlias: 'aeon-dt.endpoint',
      },
    ]);
    expect(pod['volumes']).toContainEqual({
      name: 'secrets',
      csi: {
        driver: 'secrets-store.csi.k8s.io',
        readOnly: true,
        volumeAttributes: { secretProviderClass: 'aeon-dt-api' },
      },
    });
  });

  it('mounts nothing where it reads no secret and no database', () => {
    const objects = objectsOf('aeon-dt-api', { name: 'plain', databases: [] });
    expect(names(objects).filter((name) => name.startsWith('SecretProviderClass'))).toEqual([]);
  });

  it('has the probes, resources and pace of the platform', () => {
    expect(container).toMatchObject({
      name: 'aeon-dt-api',
      livenessProbe: {
        httpGet: { path: '/health', port: 'http' },
        initialDelaySeconds: 30,
        periodSeconds: 10,
        timeoutSeconds: 5,
        failureThreshold: 3,
      },
      readinessProbe: {
        httpGet: { path: '/ready', port: 'http' },
        initialDelaySeconds: 5,
        periodSeconds: 5,
        timeoutSeconds: 3,
        failureThreshold: 2,
      },
      resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '1000m', memory: '1024Mi' } },
      lifecycle: { preStop: { sleep: { seconds: 20 } } },
    });
    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    expect(spec.revisionHistoryLimit).toBe(5);
    expect(pod['terminationGracePeriodSeconds']).toBe(60);
  });

  it('goes to the nodes of its group and tolerates their taint', () => {
    expect(pod).toMatchObject({
      nodeSelector: { 'eks.amazonaws.com/nodegroup': 'api' },
      tolerations: [{ key: 'workload', operator: 'Equal', value: 'api', effect: 'NoSchedule' }],
    });
  });

  it('keeps its replicas in different zones, and on different nodes where it can, the other slot’s counted', () => {
    expect(pod['affinity']).toMatchObject({
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { podAffinityTerm: { labelSelector: { matchLabels: { [labels.service]: 'aeon-dt-api' } } } },
        ],
      },
    });
    const spread = (pod['topologySpreadConstraints'] as Record<string, unknown>[]).map((constraint) => [
      constraint['topologyKey'],
      constraint['whenUnsatisfiable'],
    ]);
    expect(spread).toEqual([
      ['topology.kubernetes.io/zone', 'DoNotSchedule'],
      ['kubernetes.io/hostname', 'ScheduleAnyway'],
    ]);
  });
});

describe('the network policy of a service', () => {
  interface Policy {
    readonly podSelector: unknown;
    readonly policyTypes: readonly string[];
    readonly ingress: readonly { readonly from: readonly unknown[]; readonly ports: readonly unknown[] }[];
    readonly egress: readonly { readonly to: readonly unknown[]; readonly ports: readonly unknown[] }[];
  }
  const policyOf = (service: string): Policy => find(objectsOf(service), 'NetworkPolicy', service)['spec'] as Policy;

  it('lets the load balancer in from the subnets that it stands in', () => {
    expect(policyOf('aeon-dt-api').ingress).toEqual([
      {
        from: [
          { ipBlock: { cidr: '10.0.1.0/24' } },
          { ipBlock: { cidr: '10.0.2.0/24' } },
          { ipBlock: { cidr: '10.0.3.0/24' } },
        ],
        ports: [{ protocol: 'TCP', port: 8080 }],
      },
    ]);
  });

  it('lets other services in by name, and nobody where none is listed', () => {
    expect(
      policyOf('aeon-dt-openspg')
        .ingress.map(({ from }) => from)
        .slice(0, 2),
    ).toEqual([
      [{ podSelector: { matchLabels: { [labels.service]: 'aeon-dt-api' } } }],
      [{ podSelector: { matchLabels: { [labels.service]: 'aeon-dt-worker' } } }],
    ]);
    expect(policyOf('aeon-dt-worker').ingress).toEqual([]);
    expect(policyOf('aeon-dt-worker').policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it('lets names, listed ranges, databases and stores be reached, and nothing else', () => {
    const [dns, aws, database, queue] = policyOf('aeon-dt-worker').egress;
    expect(dns?.ports).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ]);
    // Without the address that would hand out the node's own credentials.
    expect(aws?.to).toEqual([{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] } }]);
    expect(aws?.ports).toEqual([{ protocol: 'TCP', port: 443 }]);
    expect(database?.to).toEqual([
      { ipBlock: { cidr: '10.0.11.0/24' } },
      { ipBlock: { cidr: '10.0.12.0/24' } },
      { ipBlock: { cidr: '10.0.13.0/24' } },
    ]);
    expect(queue?.to).toEqual([{ podSelector: { matchLabels: { 'mainstay.dev/store': 'queue' } } }]);
  });
});
