import type { ServiceDelivery } from '../../domain/delivery.ts';
import type { Slot } from '../../domain/names.ts';
import type { Clock } from '../../lambdas/ports/clock.ts';
import type { ConsumerCluster, ConsumerPodSeen, ConsumerSeen } from '../../lambdas/ports/consumer-cluster.ts';

interface Replaced {
  versionId: string | undefined;
  at: Date;
}

/** Consumers in memory, each with three pods that are ready ten seconds after they were replaced, unless the version breaks them. */
export class MemoryConsumers implements ConsumerCluster {
  readonly #clock: Clock;
  readonly #services = new Map<string, Replaced>();
  readonly slots = new Map<string, Slot>();
  /** Every version that was written, as `service version`. */
  readonly written: string[] = [];
  /** Pods of this service never become ready with this version. */
  breaks: { readonly service: string; readonly versionId: string } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  versionOf(service: string): string | undefined {
    return this.#services.get(service)?.versionId;
  }

  async stableSlot({ service }: ServiceDelivery): Promise<Slot> {
    return this.slots.get(service) ?? 'blue';
  }

  async readConsumer({ service }: ServiceDelivery): Promise<ConsumerSeen> {
    const ready = this.#isReady(service);
    return {
      image: 'image',
      replicas: 3,
      totalReplicas: ready ? 3 : 4,
      updatedReplicas: ready ? 3 : 1,
      readyReplicas: 3,
      availableReplicas: 3,
      observed: true,
      versionId: this.versionOf(service),
    };
  }

  async writeVersion({ service }: ServiceDelivery, _slot: Slot, _secret: string, versionId: string): Promise<void> {
    this.written.push(`${service} ${versionId}`);
    this.#services.set(service, { versionId, at: this.#clock.now() });
  }

  async listPods({ service }: ServiceDelivery): Promise<readonly ConsumerPodSeen[]> {
    const { versionId, at = new Date(0) } = this.#services.get(service) ?? {};
    const ready = this.#isReady(service);
    return [{ name: `${service}-1`, image: 'image', ready, restarts: 0, versionId, createdAt: at }];
  }

  #isReady(service: string): boolean {
    const replaced = this.#services.get(service);
    if (!replaced) return true;
    if (this.breaks?.service === service && this.breaks.versionId === replaced.versionId) return false;
    return this.#clock.now().getTime() - replaced.at.getTime() >= 10_000;
  }
}
