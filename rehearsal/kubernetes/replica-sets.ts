import type { Kernel } from '../kernel/kernel.ts';
import type { RandomStream } from '../kernel/random.ts';
import { ApiError } from './errors.ts';
import { kindNamed } from './kinds.ts';
import type { JsonObject, KubernetesObject, OwnerReference } from './objects.ts';
import type { PodRuntime } from './pod-runtime.ts';
import type { Pods } from './pods.ts';
import type { ObjectStore } from './store.ts';

export interface PodTemplate {
  readonly metadata: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: JsonObject;
}

export interface ReplicaSetsOptions {
  readonly kernel: Kernel;
  readonly store: ObjectStore;
  readonly pods: Pods;
  readonly random: RandomStream;
  /** Whether the load balancer controller puts a readiness gate on a new pod. */
  gateFor(pod: KubernetesObject): boolean;
}

/** The ReplicaSet controller: as many pods as a set asks for. */
export class ReplicaSets {
  readonly #options: ReplicaSetsOptions;

  constructor(options: ReplicaSetsOptions) {
    this.#options = options;
  }

  podsOf(set: KubernetesObject): PodRuntime[] {
    return this.#options.pods.all.filter(({ pod }) => pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid);
  }

  /** Makes or ends pods until there are as many as the set wants. Answers why a pod was refused, if one was. */
  fill(set: KubernetesObject): string | undefined {
    const wanted = Number(set.spec?.['replicas'] ?? 0);
    const present = this.podsOf(set).filter((runtime) => !runtime.terminating);
    // Not ready before ready, young before old: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
    const leaving = [...present].reverse().sort((a, b) => Number(a.ready) - Number(b.ready));
    for (const { pod } of leaving.slice(0, Math.max(0, present.length - wanted))) this.#end(pod);
    try {
      for (let missing = wanted - present.length; missing > 0; missing--) this.#create(set);
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
    return undefined;
  }

  #end(pod: KubernetesObject): void {
    const { store, pods, kernel } = this.#options;
    const live = store.get('Pod', pod.metadata.namespace, pod.metadata.name);
    const deletionTimestamp = new Date(kernel.now()).toISOString();
    if (live) store.setInternal(live, { metadata: { ...live.metadata, deletionTimestamp } });
    pods.terminate(pod);
  }

  #create(set: KubernetesObject): void {
    const { store, pods, random } = this.#options;
    const template = set.spec?.['template'] as unknown as PodTemplate;
    const suffix = Array.from({ length: 5 }, () => 'bcdfghjklmnpqrstvwxz2456789'.charAt(random.below(27))).join('');
    const metadata = {
      ...template.metadata,
      name: `${set.metadata.name}-${suffix}`,
      namespace: set.metadata.namespace ?? '',
      ownerReferences: [ownedBy(set)],
    };
    const writer = { manager: '' };
    const pod = store.create(
      kindNamed('Pod'),
      { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec },
      { writer },
    );
    pods.start(pod, this.#options.gateFor(pod));
  }
}

/** The reference by which a controller's object belongs to its owner. */
export function ownedBy(owner: KubernetesObject): OwnerReference {
  const { apiVersion, kind } = owner;
  const { name, uid = '' } = owner.metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
