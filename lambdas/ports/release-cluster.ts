import type { ServiceDelivery } from '../../domain/delivery.ts';
import type { Slot } from '../../domain/names.ts';
import type { PodSeen, RolloutSeen } from '../../domain/pods.ts';
import type { ReleaseRecord } from '../../domain/release.ts';

/** A service's release record as it stood at `resourceVersion`. */
export interface RecordSeen {
  readonly record: ReleaseRecord;
  readonly resourceVersion: string;
}

/** One slot's Deployment as it stood at `resourceVersion`. */
export interface SlotSeen extends RolloutSeen {
  readonly slot: Slot;
  /** Of the holder who wrote it last; undefined before the first. */
  readonly epoch: number | undefined;
  readonly resourceVersion: string;
}

/** A service's route as it stood at `resourceVersion`: the percent of the requests that each slot gets. */
export interface RouteSeen {
  readonly weights: Readonly<Record<Slot, number>>;
  /** As the cluster holds them; only the adapter reads them, to write them back with other weights. */
  readonly rules: readonly unknown[];
  readonly resourceVersion: string;
}

/** What the load balancer controller bound to a Service. */
export interface TargetGroupBinding {
  readonly serviceName: string;
  readonly targetGroupArn: string;
}

/**
 * What a promotion reads and changes in the cluster. Every write names the `resourceVersion` that it was decided on and throws
 * ObjectChanged when the object has changed since. All throw ClusterUnavailable and ClusterRefused.
 */
export interface ReleaseCluster {
  /** Throws ReleaseRecordMissing. */
  readRecord(delivery: ServiceDelivery): Promise<RecordSeen>;
  /** Answers the new resource version. */
  writeRecord(delivery: ServiceDelivery, record: ReleaseRecord, resourceVersion: string): Promise<string>;
  readSlot(delivery: ServiceDelivery, slot: Slot): Promise<SlotSeen>;
  /** Sets the image and the epoch annotation. Answers the new resource version. */
  writeImage(delivery: ServiceDelivery, seen: SlotSeen, image: string, epoch: number): Promise<string>;
  writeReplicas(delivery: ServiceDelivery, slot: Slot, replicas: number, resourceVersion: string): Promise<void>;
  listPods(delivery: ServiceDelivery, slot: Slot): Promise<PodSeen[]>;
  readRoute(delivery: ServiceDelivery): Promise<RouteSeen>;
  /** Sets the weights and the epoch annotation. Throws RouteChangedElsewhere when another manager owns them, unless `force`. */
  writeWeights(
    delivery: ServiceDelivery,
    seen: RouteSeen,
    weights: Readonly<Record<Slot, number>>,
    options: { readonly epoch: number; readonly force: boolean },
  ): Promise<void>;
  listTargetGroupBindings(namespace: string): Promise<TargetGroupBinding[]>;
}
