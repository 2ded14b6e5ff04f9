import type { NodeGroupSeen } from '../../domain/compute-scaling.ts';
import type { FailoverService } from '../../domain/failover-plan.ts';
import type { PodSeen } from '../../domain/pods.ts';

/** What a region serves with, and how the world comes to it. */

export interface ServingPod extends PodSeen {
  /** Absent: no node has taken it. */
  readonly node?: string;
}

/** A service as it stands in the cluster of the function's own region. */
export interface ServingService {
  /** False: nothing of it was ever released here. */
  readonly released: boolean;
  /** Of the Deployment that serves. */
  readonly replicas: number;
  /** Of its autoscaler; absent: it has none. */
  readonly floor?: number;
  /** Of the slot that serves. */
  readonly pods: readonly ServingPod[];
}

export interface ServiceSize {
  readonly replicas: number;
  /** Fewest that the autoscaler leaves. */
  readonly floor: number;
}

/** Throws ReleaseRecordMissing, ClusterUnavailable, ClusterRefused. */
export interface ServingCluster {
  see(service: FailoverService): Promise<ServingService>;
  /** Of the Deployment that serves, and of its autoscaler where it has one. What stands already is not written. */
  resize(service: FailoverService, to: ServiceSize): Promise<void>;
}

/** Managed node groups of the cluster. Throws AwsUnavailable, AwsRefused. */
export interface NodeGroups {
  /** Undefined: there is no such group. */
  see(name: string): Promise<Omit<NodeGroupSeen, 'readyNodes'> | undefined>;
  /** False: an earlier change of the group has not ended. Its largest size grows with it where it must. */
  resize(name: string, desired: number): Promise<boolean>;
}

/** The reign for which the region has opened traffic, in its own table of leases. Throws AwsUnavailable, AwsRefused. */
export interface TrafficRecord {
  opened(): Promise<OpenedTraffic | undefined>;
  keepOpened(opened: OpenedTraffic): Promise<void>;
}

export interface OpenedTraffic {
  readonly epoch: number;
  /** ISO 8601. */
  readonly at: string;
}

/** The figure that Route 53 reads by an alarm. Throws AwsUnavailable, AwsRefused. */
export interface TrafficSwitch {
  show(figure: 0 | 1): Promise<void>;
}

/** Texts in the zone of the platform's hosts, over DNS. */
export interface TextSignals {
  /** Undefined: there is none, or nobody answers. Never throws. */
  read(name: string): Promise<string | undefined>;
}

/** One request as a client of the platform makes it, to the way in of one region. */
export interface Entrance {
  /** The status of the answer, or why there is none. Never throws. */
  ask(way: string, hostname: string, path: string): Promise<number | string>;
}

/** Copies of secrets that become secrets of the region. Throws AwsUnavailable, AwsRefused. */
export interface CopiedSecrets {
  /** One that is no copy any more is left as it is. */
  takeOver(secretId: string): Promise<void>;
  /** A new current value; the same `cause` gives the same version. */
  put(secretId: string, text: string, cause: string): Promise<void>;
  /** Rotates by this function from now on, and not at once. False: a rotation has not ended, and it is to be asked later. */
  schedule(
    secretId: string,
    by: {
      readonly functionArn: string;
      readonly rules: { readonly scheduleExpression: string; readonly duration?: string };
    },
  ): Promise<boolean>;
}
