/** What of the cluster's objects the functions read. The API reference: https://kubernetes.io/docs/reference/kubernetes-api/ */

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface List<T> {
  readonly items: readonly T[];
}

export interface ConfigMap {
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
}

export interface Deployment {
  readonly metadata: Metadata;
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly Container[] };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
  };
}

interface Ended {
  readonly reason?: string;
  readonly exitCode?: number;
}

export interface ContainerStatus {
  readonly name: string;
  /** `…/aeon/aeon-dt-api@sha256:…` once it is pulled. */
  readonly imageID?: string;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string }; readonly terminated?: Ended };
  readonly lastState?: { readonly terminated?: Ended };
}

export interface Pod {
  readonly metadata: Metadata;
  readonly spec: { readonly containers: readonly Container[]; readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface HttpRouteRule {
  readonly backendRefs?: readonly {
    readonly name: string;
    readonly weight?: number;
    readonly [field: string]: unknown;
  }[];
  readonly [field: string]: unknown;
}

export interface HttpRoute {
  readonly metadata: Metadata;
  readonly spec: { readonly rules?: readonly HttpRouteRule[] };
}

/** https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/spec/ */
export interface TargetGroupBindingObject {
  readonly spec: { readonly serviceRef: { readonly name: string }; readonly targetGroupARN?: string };
}
