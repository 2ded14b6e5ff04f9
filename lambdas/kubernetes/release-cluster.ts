import type { ServiceDelivery } from '../../domain/delivery.ts';
import { ObjectChanged, ReleaseRecordMissing, RouteChangedElsewhere } from '../../domain/errors.ts';
import {
  deliveryFieldManager,
  epochAnnotation,
  labels,
  releaseRecordName,
  type Slot,
  slotName,
} from '../../domain/names.ts';
import type { PodSeen } from '../../domain/pods.ts';
import { parseReleaseRecord, type ReleaseRecord } from '../../domain/release.ts';
import type { RecordSeen, ReleaseCluster, RouteSeen, SlotSeen, TargetGroupBinding } from '../ports/release-cluster.ts';
import { Conflict, type KubernetesClient, NotFound, OwnedElsewhere } from './client.ts';
import type {
  ConfigMap,
  Deployment,
  HttpRoute,
  HttpRouteRule,
  List,
  Pod,
  TargetGroupBindingObject,
} from './objects.ts';

const applyPatch = 'application/apply-patch+yaml';
const mergePatch = 'application/merge-patch+json';

/**
 * The release cluster over the Kubernetes API. Image, weights and the record are written by server-side apply as `mainstay-delivery` with the
 * object's resourceVersion, so that a write decided on an older state meets 409; replicas by a merge patch of the scale subresource.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export class KubernetesReleaseCluster implements ReleaseCluster {
  readonly #client: KubernetesClient;

  constructor(client: KubernetesClient) {
    this.#client = client;
  }

  async readRecord(delivery: ServiceDelivery): Promise<RecordSeen> {
    const name = releaseRecordName(delivery.service);
    const path = recordPath(delivery);
    const object = await this.#client.request<ConfigMap>({ method: 'GET', path }).catch((error: unknown) => {
      if (error instanceof NotFound) throw new ReleaseRecordMissing(delivery.namespace, name, 'does not exist');
      throw error;
    });
    return {
      record: parseReleaseRecord(object.data?.['record'], delivery),
      resourceVersion: object.metadata.resourceVersion,
    };
  }

  async writeRecord(delivery: ServiceDelivery, record: ReleaseRecord, resourceVersion: string): Promise<string> {
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: releaseRecordName(delivery.service), namespace: delivery.namespace, resourceVersion },
      data: { record: JSON.stringify(record) },
    };
    const written = await this.#apply<ConfigMap>(recordPath(delivery), body, true);
    return written.metadata.resourceVersion;
  }

  async readSlot(delivery: ServiceDelivery, slot: Slot): Promise<SlotSeen> {
    const object = await this.#client.request<Deployment>({ method: 'GET', path: deploymentPath(delivery, slot) });
    return slotSeen(delivery, slot, object);
  }

  async writeImage(delivery: ServiceDelivery, seen: SlotSeen, image: string, epoch: number): Promise<string> {
    const name = slotName(delivery.service, seen.slot);
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name,
        namespace: delivery.namespace,
        resourceVersion: seen.resourceVersion,
        annotations: { [epochAnnotation]: String(epoch) },
      },
      // The live replicas go along: an apply that leaves out a field which this manager applied before removes it.
      spec: { replicas: seen.replicas, template: { spec: { containers: [{ name: delivery.service, image }] } } },
    };
    const written = await this.#apply<Deployment>(deploymentPath(delivery, seen.slot), body, true);
    return written.metadata.resourceVersion;
  }

  async writeReplicas(delivery: ServiceDelivery, slot: Slot, replicas: number, resourceVersion: string): Promise<void> {
    await versioned(() =>
      this.#client.request({
        method: 'PATCH',
        path: `${deploymentPath(delivery, slot)}/scale`,
        query: { fieldManager: deliveryFieldManager },
        contentType: mergePatch,
        body: { metadata: { resourceVersion }, spec: { replicas } },
      }),
    );
  }

  async listPods(delivery: ServiceDelivery, slot: Slot): Promise<PodSeen[]> {
    const labelSelector = `${labels.service}=${delivery.service},${labels.slot}=${slot}`;
    const path = `/api/v1/namespaces/${delivery.namespace}/pods`;
    const list = await this.#client.request<List<Pod>>({ method: 'GET', path, query: { labelSelector } });
    return list.items
      .filter((pod) => !pod.metadata.deletionTimestamp && !['Failed', 'Succeeded'].includes(pod.status?.phase ?? ''))
      .map((pod) => podSeen(delivery, pod));
  }

  async readRoute(delivery: ServiceDelivery): Promise<RouteSeen> {
    const object = await this.#client.request<HttpRoute>({ method: 'GET', path: routePath(delivery) });
    const rules = object.spec.rules ?? [];
    return {
      rules,
      resourceVersion: object.metadata.resourceVersion,
      weights: { blue: weightOf(delivery, rules, 'blue'), green: weightOf(delivery, rules, 'green') },
    };
  }

  async writeWeights(
    delivery: ServiceDelivery,
    seen: RouteSeen,
    weights: Readonly<Record<Slot, number>>,
    { epoch, force }: { readonly epoch: number; readonly force: boolean },
  ): Promise<void> {
    const body = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        name: delivery.service,
        namespace: delivery.namespace,
        resourceVersion: seen.resourceVersion,
        annotations: { [epochAnnotation]: String(epoch) },
      },
      spec: { rules: withWeights(delivery, seen, weights) },
    };
    await this.#apply(routePath(delivery), body, force).catch((error: unknown) => {
      if (!(error instanceof OwnedElsewhere)) throw error;
      const found = `rules that ${error.managers.map((manager) => `'${manager}'`).join(', ')} changed`;
      throw new RouteChangedElsewhere(delivery.service, found, 'rules of mainstay-delivery');
    });
  }

  async listTargetGroupBindings(namespace: string): Promise<TargetGroupBinding[]> {
    const path = `/apis/elbv2.k8s.aws/v1beta1/namespaces/${namespace}/targetgroupbindings`;
    const list = await this.#client.request<List<TargetGroupBindingObject>>({ method: 'GET', path });
    return list.items.flatMap(({ spec }) =>
      spec.targetGroupARN ? [{ serviceName: spec.serviceRef.name, targetGroupArn: spec.targetGroupARN }] : [],
    );
  }

  #apply<T>(path: string, body: object, force: boolean): Promise<T> {
    return versioned(() =>
      this.#client.request<T>({
        method: 'PATCH',
        path,
        query: { fieldManager: deliveryFieldManager, ...(force ? { force: 'true' } : {}) },
        contentType: applyPatch,
        body,
      }),
    );
  }
}

/** A refused resource version becomes the error that says: read again, decide again. */
async function versioned<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Conflict)
      throw new ObjectChanged(`${error.message}. The task reads it again and decides again.`);
    throw error;
  }
}

function recordPath(delivery: ServiceDelivery): string {
  return `/api/v1/namespaces/${delivery.namespace}/configmaps/${releaseRecordName(delivery.service)}`;
}

export function deploymentPath(delivery: ServiceDelivery, slot: Slot): string {
  return `/apis/apps/v1/namespaces/${delivery.namespace}/deployments/${slotName(delivery.service, slot)}`;
}

function routePath(delivery: ServiceDelivery): string {
  return `/apis/gateway.networking.k8s.io/v1/namespaces/${delivery.namespace}/httproutes/${delivery.service}`;
}

function epochOf(annotations: Readonly<Record<string, string>> | undefined): number | undefined {
  const text = annotations?.[epochAnnotation];
  return text === undefined ? undefined : Number(text);
}

/** The service's own container bears its name; others may stand beside it. */
function ownContainer<T extends { readonly name: string }>(
  delivery: Pick<ServiceDelivery, 'service'>,
  containers: readonly T[] | undefined,
): T | undefined {
  return containers?.find((container) => container.name === delivery.service);
}

/** What a Deployment shows of a slot. */
export function slotSeen(delivery: ServiceDelivery, slot: Slot, { status = {}, spec, metadata }: Deployment): SlotSeen {
  return {
    slot,
    epoch: epochOf(metadata.annotations),
    resourceVersion: metadata.resourceVersion,
    image: ownContainer(delivery, spec.template.spec.containers)?.image ?? '',
    replicas: spec.replicas ?? 1,
    totalReplicas: status.replicas ?? 0,
    updatedReplicas: status.updatedReplicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    observed: (status.observedGeneration ?? 0) >= (metadata.generation ?? 0),
  };
}

/** What a pod shows of the service's own container. */
export function podSeen(delivery: Pick<ServiceDelivery, 'service'>, pod: Pod): PodSeen {
  const container = ownContainer(delivery, pod.status?.containerStatuses);
  const conditions = pod.status?.conditions ?? [];
  const scheduled = conditions.find((condition) => condition.type === 'PodScheduled');
  const ended = container?.lastState?.terminated ?? container?.state?.terminated;
  const waiting = container?.state?.waiting?.reason;
  return {
    name: pod.metadata.name,
    image: ownContainer(delivery, pod.spec.containers)?.image ?? '',
    ready: conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    restarts: container?.restartCount ?? 0,
    ...(waiting === undefined ? {} : { waitingReason: waiting }),
    ...(ended?.reason === undefined ? {} : { lastEndReason: ended.reason }),
    ...(ended?.exitCode === undefined ? {} : { lastExitCode: ended.exitCode }),
    ...(scheduled?.status === 'False' ? { unschedulable: scheduled.message ?? scheduled.reason ?? 'no node' } : {}),
  };
}

/** A backend without a weight has 1 (https://gateway-api.sigs.k8s.io/reference/spec/#backendref); ours always have one. */
function weightOf(delivery: ServiceDelivery, rules: readonly HttpRouteRule[], slot: Slot): number {
  const backend = rules[0]?.backendRefs?.find((candidate) => candidate.name === slotName(delivery.service, slot));
  return backend ? (backend.weight ?? 1) : 0;
}

function withWeights(
  delivery: ServiceDelivery,
  seen: RouteSeen,
  weights: Readonly<Record<Slot, number>>,
): HttpRouteRule[] {
  const [first, ...others] = seen.rules as readonly HttpRouteRule[];
  const backendRefs = (first?.backendRefs ?? []).map((backend) => {
    if (backend.name === slotName(delivery.service, 'blue')) return { ...backend, weight: weights.blue };
    if (backend.name === slotName(delivery.service, 'green')) return { ...backend, weight: weights.green };
    return backend;
  });
  return [{ ...first, backendRefs }, ...others];
}
