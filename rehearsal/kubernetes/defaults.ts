import { hash32 } from '../kernel/random.ts';
import { copyOf, type KubernetesObject } from './objects.ts';

type Loose = Record<string, unknown>;

const list = (value: unknown): Loose[] => (Array.isArray(value) ? (value as Loose[]) : []);

/**
 * The object with the server's defaults, a copy. Only defaults that something here reads or that a client sees in a later
 * comparison: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
 */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  const result = copyOf(object);
  const spec = result.spec as Loose | undefined;
  switch (result.kind) {
    case 'Deployment':
      if (spec) defaultDeployment(spec);
      break;
    case 'Pod':
      if (spec) defaultPodSpec(spec);
      break;
    case 'Service':
      if (spec) defaultService(spec, `${result.metadata.namespace}/${result.metadata.name}`);
      break;
    case 'HTTPRoute':
      if (spec) defaultRoute(spec);
      break;
    case 'HorizontalPodAutoscaler':
      if (spec) spec['minReplicas'] ??= 1;
      break;
    case 'Gateway':
      for (const listener of list(spec?.['listeners'])) listener['allowedRoutes'] ??= { namespaces: { from: 'Same' } };
      break;
    case 'Secret':
      result['type'] ??= 'Opaque';
      encodeStringData(result);
      break;
    case 'Namespace':
      // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
      result.metadata.labels = { ...result.metadata.labels, 'kubernetes.io/metadata.name': result.metadata.name };
      result.spec ??= { finalizers: ['kubernetes'] };
      break;
  }
  return result;
}

function defaultDeployment(spec: Loose): void {
  spec['replicas'] ??= 1;
  spec['revisionHistoryLimit'] ??= 10;
  spec['progressDeadlineSeconds'] ??= 600;
  spec['strategy'] ??= {};
  const strategy = spec['strategy'] as Loose;
  strategy['type'] ??= 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    strategy['rollingUpdate'] ??= {};
    const rolling = strategy['rollingUpdate'] as Loose;
    rolling['maxSurge'] ??= '25%';
    rolling['maxUnavailable'] ??= '25%';
  }
  const podSpec = (spec['template'] as Loose | undefined)?.['spec'] as Loose | undefined;
  if (podSpec) defaultPodSpec(podSpec);
}

function defaultPodSpec(spec: Loose): void {
  spec['restartPolicy'] ??= 'Always';
  spec['terminationGracePeriodSeconds'] ??= 30;
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec['schedulerName'] ??= 'default-scheduler';
  spec['securityContext'] ??= {};
  for (const container of [...list(spec['containers']), ...list(spec['initContainers'])]) defaultContainer(container);
}

function defaultContainer(container: Loose): void {
  container['terminationMessagePath'] ??= '/dev/termination-log';
  container['terminationMessagePolicy'] ??= 'File';
  container['resources'] ??= {};
  container['imagePullPolicy'] ??= /(:latest|\/[^:@]+)$/.test(String(container['image'])) ? 'Always' : 'IfNotPresent';
  for (const port of list(container['ports'])) port['protocol'] ??= 'TCP';
  const resources = container['resources'] as { limits?: Loose; requests?: Loose };
  if (resources.limits) resources.requests = { ...resources.limits, ...resources.requests };
  for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const probe = container[name] as Loose | undefined;
    if (!probe) continue;
    probe['timeoutSeconds'] ??= 1;
    probe['periodSeconds'] ??= 10;
    probe['successThreshold'] ??= 1;
    probe['failureThreshold'] ??= 3;
    const httpGet = probe['httpGet'] as Loose | undefined;
    if (httpGet) httpGet['scheme'] ??= 'HTTP';
  }
}

function defaultService(spec: Loose, name: string): void {
  spec['type'] ??= 'ClusterIP';
  spec['sessionAffinity'] ??= 'None';
  spec['internalTrafficPolicy'] ??= 'Cluster';
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
  const bits = hash32(name) >>> 0;
  spec['clusterIP'] ??= `172.20.${bits & 255}.${((bits >> 8) % 254) + 1}`;
  spec['clusterIPs'] ??= [spec['clusterIP']];
  for (const port of list(spec['ports'])) {
    port['protocol'] ??= 'TCP';
    port['targetPort'] ??= port['port'];
  }
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule */
function defaultRoute(spec: Loose): void {
  for (const parent of list(spec['parentRefs'])) {
    parent['group'] ??= 'gateway.networking.k8s.io';
    parent['kind'] ??= 'Gateway';
  }
  for (const rule of list(spec['rules'])) {
    rule['matches'] ??= [{ path: { type: 'PathPrefix', value: '/' } }];
    for (const backend of list(rule['backendRefs'])) {
      backend['group'] ??= '';
      backend['kind'] ??= 'Service';
      backend['weight'] ??= 1;
    }
  }
}

/** stringData is write-only: the server stores it as data. */
function encodeStringData(secret: KubernetesObject): void {
  const plain = secret['stringData'] as Record<string, string> | undefined;
  if (!plain) return;
  const encoded = Object.entries(plain).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  secret['data'] = { ...(secret['data'] as object | undefined), ...Object.fromEntries(encoded) };
  delete secret['stringData'];
}
