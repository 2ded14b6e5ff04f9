import type { KubernetesObject } from './object-cluster.ts';

/** What the region's cluster holds of an environment. Throws ClusterUnavailable, ClusterRefused. */
export interface ClusterState {
  /** A page at a time, so that no more than one is held; kinds that the cluster does not serve are left out. */
  objects(environment: string): AsyncIterable<readonly KubernetesObject[]>;
  /** Images that the pods of an environment run, each once. */
  runningImages(environment: string): Promise<readonly RunningImage[]>;
  /** Tags of the releases that the release records speak of, by digest. */
  releaseTags(environment: string): Promise<ReadonlyMap<string, string>>;
}

export interface RunningImage {
  /** As the container names it: `…/aeon/aeon-dt-api@sha256:…`. */
  readonly reference: string;
  /** What the node has pulled; empty before it has. */
  readonly digest: string;
}
