import { Unmodelled } from '../aws/service.ts';
import type { Json } from '../kernel/log.ts';
import { ApiError, badRequest, modifiedMeanwhile, notFound } from './errors.ts';
import { apiVersionOf } from './kinds.ts';
import { copyOf, isObject, type JsonObject, type KubernetesObject } from './objects.ts';
import { labelSelection, type ResourcePath } from './resource-path.ts';
import { type ObjectStore, subjectOf } from './store.ts';

/** A call to the API server, authenticated and authorised. */
export interface ApiCall {
  readonly method: string;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

const knownParameters = [
  'labelSelector',
  'fieldSelector',
  'fieldManager',
  'fieldValidation',
  'force',
  'dryRun',
  'pretty',
  'timeout',
  'resourceVersion',
  'propagationPolicy',
  'limit',
];

/** Does what the call asks for. Throws ApiError, and Unmodelled for what the real server may do and this one can't. */
export function perform(store: ObjectStore, call: ApiCall): ApiAnswer {
  for (const name of call.query.keys()) {
    if (!knownParameters.includes(name))
      throw new Unmodelled(
        `The rehearsal's Kubernetes does not model the parameter ${name}; it models ${knownParameters.join(', ')}.`,
      );
  }
  if (!store.installed(call.path.kind))
    throw new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
  const dryRun = call.query.get('dryRun');
  if (dryRun !== null && dryRun !== 'All')
    throw badRequest(`dryRun: Unsupported value: "${dryRun}": supported values: "All"`);
  if (call.path.subresource === 'scale') return scale(store, call);
  switch (call.method) {
    case 'GET':
      return call.path.name === undefined ? list(store, call) : { status: 200, body: existing(store, call) };
    case 'POST':
      return { status: 201, body: store.create(call.path.kind, placed(call, parseObject(call.body)), optionsOf(call)) };
    case 'PUT':
      return { status: 200, body: store.update(call.path.kind, placed(call, parseObject(call.body)), optionsOf(call)) };
    case 'PATCH':
      return patch(store, call);
    case 'DELETE':
      return remove(store, call);
    default:
      throw new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
}

function existing(store: ObjectStore, { path }: ApiCall): KubernetesObject {
  const found = store.get(path.kind.kind, path.namespace, path.name ?? '');
  if (!found) throw notFound(subjectOf(path.kind, path.name ?? ''));
  return found;
}

function list(store: ObjectStore, { path, query }: ApiCall): ApiAnswer {
  const selects = labelSelection(query.get('labelSelector') ?? '');
  const field = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? 'metadata.name=*')?.[1];
  if (field === undefined)
    throw new Unmodelled(
      `The rehearsal's Kubernetes models the fieldSelector metadata.name= alone; ${query.get('fieldSelector')} came.`,
    );
  const items = store
    .list(path.kind.kind, path.namespace)
    .filter(({ metadata }) => selects(metadata.labels ?? {}) && (field === '*' || metadata.name === field));
  const limit = Number(query.get('limit') ?? 0);
  if (limit > 0 && items.length > limit)
    throw new Unmodelled("The rehearsal's Kubernetes does not model lists in several parts (limit).");
  return {
    status: 200,
    body: {
      kind: `${path.kind.kind}List`,
      apiVersion: apiVersionOf(path.kind),
      metadata: { resourceVersion: store.revision },
      items,
    },
  };
}

function patch(store: ObjectStore, call: ApiCall): ApiAnswer {
  const { path, contentType } = call;
  if (contentType === 'application/apply-patch+yaml') {
    if (!call.query.get('fieldManager')) {
      throw new ApiError(
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
    }
    const existed = store.get(path.kind.kind, path.namespace, path.name ?? '') !== undefined;
    const applied = placed(call, parseObject(call.body));
    const force = call.query.get('force') === 'true';
    return { status: existed ? 200 : 201, body: store.apply(path.kind, applied, { ...optionsOf(call), force }) };
  }
  const live = existing(store, call);
  const change = parseObject(call.body);
  if (contentType !== 'application/merge-patch+json') {
    throw new Unmodelled(
      `The rehearsal's Kubernetes models apply and merge patches; ${contentType || 'no content type'} came.`,
    );
  }
  const merged = mergePatch(live as unknown as Json, change as unknown as Json) as unknown as KubernetesObject;
  return { status: 200, body: store.update(path.kind, merged, optionsOf(call)) };
}

function remove(store: ObjectStore, call: ApiCall): ApiAnswer {
  const { path } = call;
  if (path.name === undefined)
    throw new Unmodelled("The rehearsal's Kubernetes does not model the deletion of collections.");
  if (path.kind.kind === 'Pod')
    throw new Unmodelled("The rehearsal's Kubernetes does not model the deletion of a pod by a client.");
  const live = existing(store, call);
  const preconditions =
    call.body === ''
      ? undefined
      : (parseObject(call.body) as { preconditions?: { uid?: string; resourceVersion?: string } }).preconditions;
  const { uid, resourceVersion } = preconditions ?? {};
  if ((uid && uid !== live.metadata.uid) || (resourceVersion && resourceVersion !== live.metadata.resourceVersion)) {
    throw modifiedMeanwhile(subjectOf(path.kind, live.metadata.name));
  }
  store.remove(path.kind, path.namespace, path.name, { dryRun: call.query.get('dryRun') === 'All' });
  const details = { name: live.metadata.name, group: path.kind.group, kind: path.kind.plural, uid: live.metadata.uid };
  return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/ : autoscaling/v1 Scale of a Deployment or ReplicaSet. */
function scale(store: ObjectStore, call: ApiCall): ApiAnswer {
  const live = existing(store, call);
  if (call.method === 'GET') return { status: 200, body: scaleOf(live) };
  let wanted: JsonObject;
  if (call.method === 'PUT') wanted = parseObject(call.body) as unknown as JsonObject;
  else if (call.method === 'PATCH' && call.contentType === 'application/merge-patch+json') {
    wanted = mergePatch(scaleOf(live) as Json, parseObject(call.body) as unknown as Json) as JsonObject;
  } else
    throw new Unmodelled(
      `The rehearsal's Kubernetes models GET, PUT and merge patches of /scale; ${call.method} ${call.contentType} came.`,
    );
  const version = (wanted['metadata'] as JsonObject | undefined)?.['resourceVersion'];
  if (version && version !== live.metadata.resourceVersion)
    throw modifiedMeanwhile(subjectOf(call.path.kind, live.metadata.name));
  const replicas = (wanted['spec'] as JsonObject | undefined)?.['replicas'];
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    throw new ApiError(
      422,
      'Invalid',
      `Scale.autoscaling "${live.metadata.name}" is invalid: spec.replicas: Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
    );
  }
  return { status: 200, body: scaleOf(setScale(store, call.path, live, replicas, optionsOf(call))) };
}

/** Writes the replicas of a scalable object as the scale subresource does. */
export function setScale(
  store: ObjectStore,
  path: Pick<ResourcePath, 'kind'>,
  live: KubernetesObject,
  replicas: number,
  options: { readonly writer: { readonly manager: string }; readonly dryRun?: boolean },
): KubernetesObject {
  const next = { ...copyOf(live), spec: { ...live.spec, replicas } };
  const writer = { manager: options.writer.manager, subresource: 'scale' };
  return store.update(path.kind, next, { ...options, writer });
}

function scaleOf(object: KubernetesObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = (object.spec?.['selector'] as { matchLabels?: Record<string, string> } | undefined)?.matchLabels ?? {};
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      namespace: namespace ?? '',
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      creationTimestamp: creationTimestamp ?? '',
    },
    spec: { replicas: object.spec?.['replicas'] ?? 0 },
    status: {
      replicas: object.status?.['replicas'] ?? 0,
      selector: Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    },
  };
}

/** RFC 7396. */
export function mergePatch(target: Json, patchValue: Json): Json {
  if (!isObject(patchValue)) return patchValue;
  const result: JsonObject = isObject(target) ? { ...(target as JsonObject) } : {};
  for (const [key, value] of Object.entries(patchValue as JsonObject)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key] ?? null, value);
  }
  return result;
}

function parseObject(text: string): KubernetesObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // An apply patch may be YAML; our functions send JSON, which is YAML.
    throw badRequest('the body is not JSON; the rehearsal reads YAML only where it is JSON');
  }
  if (!isObject(parsed)) throw badRequest('the object provided is unrecognized: an object is needed');
  return parsed as KubernetesObject;
}

/** The object with the name and namespace of the path. Throws ApiError 400 where it says otherwise. */
function placed({ path }: ApiCall, object: KubernetesObject): KubernetesObject {
  const metadata = object.metadata ?? {};
  const name = metadata.name ?? path.name;
  if (path.name !== undefined && name !== path.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${path.name})`);
  if (!name)
    throw new ApiError(
      422,
      'Invalid',
      `${path.kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
    );
  if (path.namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== path.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return {
    ...object,
    metadata: { ...metadata, name, ...(path.namespace === undefined ? {} : { namespace: path.namespace }) },
  };
}

function optionsOf({ query, userAgent, path }: ApiCall) {
  const manager = query.get('fieldManager') ?? userAgent.split('/')[0] ?? 'unknown';
  const writer = { manager, ...(path.subresource ? { subresource: path.subresource } : {}) };
  return { writer, dryRun: query.get('dryRun') === 'All' };
}
