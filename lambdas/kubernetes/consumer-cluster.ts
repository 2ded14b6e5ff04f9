import type { ServiceDelivery } from '../../domain/delivery.ts';
import { labels, rotationFieldManager, type Slot, secretVersionAnnotation } from '../../domain/names.ts';
import type { ConsumerCluster } from '../ports/consumer-cluster.ts';
import type { KubernetesClient } from './client.ts';
import type { Deployment, List, Pod } from './objects.ts';
import { deploymentPath, KubernetesReleaseCluster, podSeen, slotSeen } from './release-cluster.ts';

/**
 * The consumers of secrets over the Kubernetes API. A version is one annotation of the pod template, merged in: `mainstay-rotation` owns
 * that key alone, so that neither a deployment (`mainstay-platform`) nor a promotion (`mainstay-delivery`) takes it out, and none of
 * them conflicts. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export class KubernetesConsumerCluster implements ConsumerCluster {
  readonly #client: KubernetesClient;
  readonly #releases: KubernetesReleaseCluster;

  constructor(client: KubernetesClient) {
    this.#client = client;
    this.#releases = new KubernetesReleaseCluster(client);
  }

  async stableSlot(consumer: ServiceDelivery): Promise<Slot> {
    return (await this.#releases.readRecord(consumer)).record.stableSlot;
  }

  async readConsumer(consumer: ServiceDelivery, slot: Slot, secret: string) {
    const path = deploymentPath(consumer, slot);
    const object = await this.#client.request<Deployment>({ method: 'GET', path });
    const { metadata } = object.spec.template;
    return { ...slotSeen(consumer, slot, object), versionId: metadata?.annotations?.[secretVersionAnnotation(secret)] };
  }

  async writeVersion(consumer: ServiceDelivery, slot: Slot, secret: string, versionId: string): Promise<void> {
    const annotations = { [secretVersionAnnotation(secret)]: versionId };
    await this.#client.request({
      method: 'PATCH',
      path: deploymentPath(consumer, slot),
      query: { fieldManager: rotationFieldManager },
      contentType: 'application/merge-patch+json',
      body: { spec: { template: { metadata: { annotations } } } },
    });
  }

  async listPods(consumer: ServiceDelivery, slot: Slot, secret: string) {
    const labelSelector = `${labels.service}=${consumer.service},${labels.slot}=${slot}`;
    const path = `/api/v1/namespaces/${consumer.namespace}/pods`;
    const list = await this.#client.request<List<Pod>>({ method: 'GET', path, query: { labelSelector } });
    return list.items
      .filter((pod) => !pod.metadata.deletionTimestamp && !['Failed', 'Succeeded'].includes(pod.status?.phase ?? ''))
      .map((pod) => ({
        ...podSeen(consumer, pod),
        versionId: pod.metadata.annotations?.[secretVersionAnnotation(secret)],
        createdAt: new Date(pod.metadata.creationTimestamp ?? 0),
      }));
  }
}
