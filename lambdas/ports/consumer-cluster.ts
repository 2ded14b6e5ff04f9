import type { ServiceDelivery } from '../../domain/delivery.ts';
import type { Slot } from '../../domain/names.ts';
import type { PodSeen, RolloutSeen } from '../../domain/pods.ts';

/** A pod with the version of a secret that its template asks for; undefined before the first rotation. */
export interface ConsumerPodSeen extends PodSeen {
  readonly versionId: string | undefined;
  readonly createdAt: Date;
}

/** One slot's Deployment, as the restart of a consumer sees it. */
export interface ConsumerSeen extends RolloutSeen {
  /** Of the secret, in the template; undefined before the first rotation. */
  readonly versionId: string | undefined;
}

/** What a rotation reads and changes of a secret's consumers in the cluster. All throw ClusterUnavailable and ClusterRefused. */
export interface ConsumerCluster {
  /** The slot that serves. Throws ReleaseRecordMissing. */
  stableSlot(consumer: ServiceDelivery): Promise<Slot>;
  readConsumer(consumer: ServiceDelivery, slot: Slot, secret: string): Promise<ConsumerSeen>;
  /** Asks for the version in the template: Kubernetes replaces the pods, as few at a time as the Deployment says. */
  writeVersion(consumer: ServiceDelivery, slot: Slot, secret: string, versionId: string): Promise<void>;
  listPods(consumer: ServiceDelivery, slot: Slot, secret: string): Promise<readonly ConsumerPodSeen[]>;
}
