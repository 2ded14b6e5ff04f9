import type { Invalidity } from './errors.ts';
import type { Kind } from './kinds.ts';
import { type KubernetesObject, sameJson } from './objects.ts';
import { parseQuantity } from './quantity.ts';
import { claim, immutableClass } from './storage-rules.ts';

type Loose = Record<string, unknown>;

const list = (value: unknown): Loose[] => (Array.isArray(value) ? (value as Loose[]) : []);
const required = (field: string, detail = ''): Invalidity => ({ field, type: 'Required value', detail });
const wrong = (field: string, value: unknown, detail: string): Invalidity => ({
  field,
  type: 'Invalid value',
  value,
  detail,
});

const label63 = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;
const labelName = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;

/** What the API server would refuse with 422, all of it at once. `live` is the object before an update. */
export function invalidities(kind: Kind, object: KubernetesObject, live: KubernetesObject | undefined): Invalidity[] {
  const found = [...metadata(kind, object)];
  switch (object.kind) {
    case 'Deployment':
      found.push(...deployment(object, live));
      break;
    case 'Service':
      found.push(...service(object));
      break;
    case 'HTTPRoute':
      found.push(...route(object));
      break;
    case 'HorizontalPodAutoscaler':
      found.push(...autoscaler(object));
      break;
    case 'Role':
    case 'ClusterRole':
      found.push(...rules(object));
      break;
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      found.push(...binding(object, live));
      break;
    case 'ConfigMap':
      found.push(...configMap(object, live));
      break;
    case 'PodDisruptionBudget':
      if (object.spec?.['minAvailable'] !== undefined && object.spec?.['maxUnavailable'] !== undefined) {
        found.push(
          wrong('spec', 'minAvailable and maxUnavailable', 'minAvailable and maxUnavailable cannot be both set'),
        );
      }
      break;
    case 'Gateway':
      found.push(...gateway(object));
      break;
    case 'StorageClass':
    case 'VolumeAttributesClass':
      found.push(...immutableClass(object, live));
      break;
    case 'PersistentVolumeClaim':
      found.push(...claim(object, live));
      break;
  }
  return found;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
function* metadata(kind: Kind, object: KubernetesObject): Generator<Invalidity> {
  const { name, labels, annotations } = object.metadata;
  // RBAC names are path segments only: `system:node` is one.
  const isPathSegment = kind.group === 'rbac.authorization.k8s.io';
  const isLabel = kind.kind === 'Namespace' || kind.kind === 'Service';
  if (isPathSegment ? /[/%]/.test(name) : isLabel ? !label63.test(name) : !subdomain.test(name) || name.length > 253) {
    const rule = isLabel
      ? "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
      : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    yield wrong('metadata.name', name, rule);
  }
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!qualified(key))
      yield wrong('metadata.labels', key, "name part must consist of alphanumeric characters, '-', '_' or '.'");
    if (!labelValue.test(value)) {
      yield wrong(
        'metadata.labels',
        value,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'",
      );
    }
  }
  const size = Object.entries(annotations ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > 256 * 1024)
    yield { field: 'metadata.annotations', type: 'Invalid value', detail: 'must have at most 262144 bytes' };
}

function qualified(key: string): boolean {
  const parts = key.split('/');
  if (parts.length > 2) return false;
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  return labelName.test(name ?? '') && (prefix === undefined || subdomain.test(prefix));
}

function* deployment(object: KubernetesObject, live: KubernetesObject | undefined): Generator<Invalidity> {
  const spec = object.spec as Loose | undefined;
  const selector = spec?.['selector'] as { matchLabels?: Record<string, string> } | undefined;
  const template = spec?.['template'] as { metadata?: { labels?: Record<string, string> }; spec?: Loose } | undefined;
  if (!selector) yield required('spec.selector');
  else if (Object.keys(selector).length === 0)
    yield wrong('spec.selector', selector, 'empty selector is invalid for deployment');
  if (live && !sameJson(live.spec?.['selector'], selector))
    yield wrong('spec.selector', selector, 'field is immutable');
  const labels = template?.metadata?.labels ?? {};
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    if (labels[key] !== value) {
      yield wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
      break;
    }
  }
  if (Number(spec?.['replicas']) < 0)
    yield wrong('spec.replicas', spec?.['replicas'], 'must be greater than or equal to 0');
  yield* podSpec(template?.spec, 'spec.template.spec');
}

/** Also asked for a pod on its own. */
export function* podSpec(spec: Loose | undefined, path: string): Generator<Invalidity> {
  const containers = list(spec?.['containers']);
  if (containers.length === 0) yield required(`${path}.containers`);
  const volumes = new Set(list(spec?.['volumes']).map((volume) => volume['name']));
  for (const [index, container] of containers.entries()) {
    const at = `${path}.containers[${index}]`;
    if (!container['name']) yield required(`${at}.name`);
    else if (!label63.test(String(container['name'])))
      yield wrong(`${at}.name`, container['name'], 'a lowercase RFC 1123 label is needed');
    if (!container['image']) yield required(`${at}.image`);
    for (const mount of list(container['volumeMounts'])) {
      if (!volumes.has(mount['name']))
        yield { field: `${at}.volumeMounts.name`, type: 'Not found', value: mount['name'], detail: '' };
    }
    const { requests = {}, limits = {} } = (container['resources'] ?? {}) as Record<string, Record<string, string>>;
    for (const [name, amount] of Object.entries(requests)) {
      const limit = limits[name];
      if (limit !== undefined && parseQuantity(amount) > parseQuantity(limit)) {
        yield wrong(`${at}.resources.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`);
      }
    }
  }
}

function* service(object: KubernetesObject): Generator<Invalidity> {
  const ports = list(object.spec?.['ports']);
  if (ports.length === 0) yield required('spec.ports');
  for (const [index, port] of ports.entries()) {
    if (!(Number(port['port']) >= 1 && Number(port['port']) <= 65535)) {
      yield wrong(`spec.ports[${index}].port`, port['port'], 'must be between 1 and 65535, inclusive');
    }
    if (ports.length > 1 && !port['name']) yield required(`spec.ports[${index}].name`);
  }
}

/** Limits of the CRD: https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec */
function* route(object: KubernetesObject): Generator<Invalidity> {
  const rules = list(object.spec?.['rules']);
  if (rules.length > 16) yield wrong('spec.rules', rules.length, 'must have at most 16 items');
  for (const [index, rule] of rules.entries()) {
    const backends = list(rule['backendRefs']);
    if (backends.length > 16)
      yield wrong(`spec.rules[${index}].backendRefs`, backends.length, 'must have at most 16 items');
    for (const [position, backend] of backends.entries()) {
      const at = `spec.rules[${index}].backendRefs[${position}]`;
      const weight = Number(backend['weight']);
      if (weight < 0) yield wrong(`${at}.weight`, weight, 'should be greater than or equal to 0');
      if (weight > 1_000_000) yield wrong(`${at}.weight`, weight, 'should be less than or equal to 1000000');
      if (!backend['name']) yield required(`${at}.name`);
      if (backend['group'] === '' && backend['kind'] === 'Service' && backend['port'] === undefined) {
        yield wrong(at, 'object', 'Must have port for Service reference');
      }
    }
  }
}

function* autoscaler(object: KubernetesObject): Generator<Invalidity> {
  const spec = object.spec as { minReplicas?: number; maxReplicas?: number; scaleTargetRef?: Loose } | undefined;
  if (!spec?.scaleTargetRef?.['name']) yield required('spec.scaleTargetRef.name');
  const { minReplicas = 1, maxReplicas } = spec ?? {};
  // The HPAScaleToZero feature gate is off on EKS.
  if (minReplicas < 1) yield wrong('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas === undefined || maxReplicas < 1)
    yield wrong('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than 0');
  else if (maxReplicas < minReplicas) {
    yield wrong('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
}

function* rules(object: KubernetesObject): Generator<Invalidity> {
  for (const [index, rule] of list(object['rules']).entries()) {
    if (list(rule['verbs']).length === 0)
      yield required(`rules[${index}].verbs`, 'verbs must contain at least one value');
    if (rule['nonResourceURLs'] === undefined && list(rule['apiGroups']).length === 0) {
      yield required(`rules[${index}].apiGroups`, 'resource rules must supply at least one api group');
    }
  }
}

function* binding(object: KubernetesObject, live: KubernetesObject | undefined): Generator<Invalidity> {
  if (!object['roleRef']) yield required('roleRef');
  if (live && !sameJson(live['roleRef'], object['roleRef'])) {
    yield wrong('roleRef', object['roleRef'], 'cannot change roleRef');
  }
}

function* configMap(object: KubernetesObject, live: KubernetesObject | undefined): Generator<Invalidity> {
  if (live?.['immutable'] === true && !sameJson(live['data'], object['data'])) {
    yield { field: 'data', type: 'Forbidden', detail: 'field is immutable when `immutable` is set' };
  }
  const size = Object.values((object['data'] ?? {}) as Record<string, string>).reduce(
    (sum, value) => sum + value.length,
    0,
  );
  if (size > 1_048_576) yield { field: '', type: 'Invalid value', detail: 'must have at most 1048576 bytes' };
}

function* gateway(object: KubernetesObject): Generator<Invalidity> {
  if (!object.spec?.['gatewayClassName']) yield required('spec.gatewayClassName');
  const listeners = list(object.spec?.['listeners']);
  if (listeners.length === 0) yield required('spec.listeners');
  for (const [index, listener] of listeners.entries()) {
    if (listener['protocol'] === 'HTTP' && listener['tls']) {
      yield wrong(`spec.listeners[${index}]`, 'tls', "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']");
    }
  }
}
