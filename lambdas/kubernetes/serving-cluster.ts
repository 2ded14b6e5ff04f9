import type { FailoverService } from '../../domain/failover-plan.ts';
import { deliveryFieldManager, labels, releaseRecordName, slotName } from '../../domain/names.ts';
import { parseReleaseRecord } from '../../domain/release.ts';
import type { ServiceSize, ServingCluster, ServingPod } from '../ports/serving.ts';
import { type KubernetesClient, NotFound } from './client.ts';
import type { ConfigMap, Deployment, List, Pod } from './objects.ts';
import { podSeen } from './release-cluster.ts';

const mergePatch = 'application/merge-patch+json';
/** Field manager of the floor that a failover gives an autoscaler; the next deployment takes the definition's again. */
const failoverFieldManager = 'mainstay-failover';

interface Autoscaler {
  readonly spec: { readonly minReplicas?: number };
}

/** What serves in the cluster of the region: its release records say which slot of a service that is. */
export class KubernetesServingCluster implements ServingCluster {
  readonly #client: KubernetesClient;

  constructor(client: KubernetesClient) {
    this.#client = client;
  }

  async see(service: FailoverService) {
    const { namespace, name } = service;
    const { slot, released } = await this.#serving(service);
    const [deployment, floor, pods] = await Promise.all([
      this.#client.request<Deployment>({ method: 'GET', path: deploymentPath(namespace, slot) }),
      this.#floor(namespace, slot),
      this.#pods(namespace, name, slot),
    ]);
    const replicas = deployment.spec.replicas ?? 1;
    return { released, replicas, pods, ...(floor === undefined ? {} : { floor }) };
  }

  async resize(service: FailoverService, to: ServiceSize): Promise<void> {
    const { slot } = await this.#serving(service);
    const { replicas, floor } = await this.see(service);
    // The floor first: an autoscaler would take back what is above it, and hold what is below.
    if (floor !== undefined && floor !== to.floor) {
      await this.#patch(autoscalerPath(service.namespace, slot), failoverFieldManager, { minReplicas: to.floor });
    }
    if (replicas === to.replicas) return;
    await this.#patch(`${deploymentPath(service.namespace, slot)}/scale`, deliveryFieldManager, {
      replicas: to.replicas,
    });
  }

  async #serving({ namespace, name }: FailoverService): Promise<{ readonly slot: string; readonly released: boolean }> {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${releaseRecordName(name)}`;
    const object = await this.#client.request<ConfigMap>({ method: 'GET', path });
    const record = parseReleaseRecord(object.data?.['record'], { namespace, service: name });
    return { slot: slotName(name, record.stableSlot), released: record.stableDigest !== undefined };
  }

  async #floor(namespace: string, slot: string): Promise<number | undefined> {
    try {
      const path = autoscalerPath(namespace, slot);
      return (await this.#client.request<Autoscaler>({ method: 'GET', path })).spec.minReplicas ?? 1;
    } catch (error) {
      if (error instanceof NotFound) return undefined;
      throw error;
    }
  }

  async #pods(namespace: string, service: string, slot: string): Promise<readonly ServingPod[]> {
    const labelSelector = `${labels.service}=${service},${labels.slot}=${slot.slice(service.length + 1)}`;
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const list = await this.#client.request<List<Pod>>({ method: 'GET', path, query: { labelSelector } });
    return list.items
      .filter((pod) => !pod.metadata.deletionTimestamp && !['Failed', 'Succeeded'].includes(pod.status?.phase ?? ''))
      .map((pod) => ({ ...podSeen({ service }, pod), ...(pod.spec.nodeName ? { node: pod.spec.nodeName } : {}) }));
  }

  async #patch(path: string, fieldManager: string, spec: object): Promise<void> {
    const query = { fieldManager };
    await this.#client.request({ method: 'PATCH', path, query, contentType: mergePatch, body: { spec } });
  }
}

function deploymentPath(namespace: string, slot: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${slot}`;
}

function autoscalerPath(namespace: string, slot: string): string {
  return `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${slot}`;
}
