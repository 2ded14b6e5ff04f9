/** A Kubernetes object as it is applied. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Objects of any kind that the platform uses. Throws ClusterUnavailable, ClusterRefused. */
export interface ObjectCluster {
  /** Undefined when there is none. */
  read(object: KubernetesObject): Promise<KubernetesObject | undefined>;
  /**
   * Server-side apply. With `metadata.resourceVersion` it throws ObjectChanged when the object has changed since. `force` takes fields
   * from other managers.
   */
  apply(object: KubernetesObject, options: { readonly fieldManager: string; readonly force: boolean }): Promise<void>;
  /** An object that is gone already is fine. */
  remove(object: KubernetesObject): Promise<void>;
}
