import { Unmodelled } from '../aws/service.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import type { Traffic } from '../traffic/traffic.ts';
import { kindNamed } from './kinds.ts';
import type { Nodes } from './nodes.ts';
import type { KubernetesObject } from './objects.ts';
import { PodRuntime, type PodWorld } from './pod-runtime.ts';
import { podStatus } from './pod-status.ts';
import type { ObjectStore } from './store.ts';

export interface PodsOptions {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly region: string;
  readonly store: ObjectStore;
  readonly nodes: Nodes;
  readonly traffic: Traffic;
  imageDigest(image: string): string | undefined;
  mountVolumes(pod: KubernetesObject): Promise<string | undefined>;
}

/** Runs every Pod object of the store. */
export class Pods {
  readonly #options: PodsOptions;
  readonly #runtimes = new Map<string, PodRuntime>();
  readonly #watchers: ((runtime: PodRuntime) => void)[] = [];
  readonly #world: PodWorld;
  readonly #logged = new Map<string, string>();

  constructor(options: PodsOptions) {
    this.#options = options;
    this.#world = {
      nodes: options.nodes,
      now: () => options.kernel.now(),
      after: (milliseconds, label, action) => options.kernel.after(milliseconds, label, action),
      imageDigest: (image) => options.imageDigest(image),
      mount: (pod) => this.#mount(pod),
      behaviourOf: (digest) => options.traffic.behaviourOf(digest),
      find: (kind, namespace, name) => options.store.get(kind, namespace, name),
      changed: (runtime) => this.#changed(runtime),
      ended: (runtime) => this.#ended(runtime),
    };
  }

  /** Called whenever a pod's runtime changed in any way, and once after its end. */
  watch(watcher: (runtime: PodRuntime) => void): void {
    this.#watchers.push(watcher);
  }

  /** Starts a pod that is in the store. */
  start(pod: KubernetesObject, gate: boolean): void {
    const runtime = new PodRuntime(pod, this.#world);
    runtime.gatePassed = !gate;
    this.#runtimes.set(keyOf(pod), runtime);
  }

  /** Ends a pod gracefully; its object goes when its container has ended. */
  terminate(pod: KubernetesObject): void {
    this.#runtimes.get(keyOf(pod))?.terminate();
  }

  runtime(pod: KubernetesObject): PodRuntime | undefined {
    return this.#runtimes.get(keyOf(pod));
  }

  get all(): PodRuntime[] {
    return [...this.#runtimes.values()];
  }

  /** Pods that wait for a node look again: nodes came, or pods went. */
  reschedule(): void {
    for (const runtime of this.#runtimes.values()) if (!runtime.node) runtime.schedule();
  }

  /** Undefined where the pod has nothing to mount: then no time passes. What goes wrong in the simulation itself ends the run. */
  #mount(pod: KubernetesObject): Promise<string | undefined> | undefined {
    const volumes = (pod.spec?.['volumes'] ?? []) as { csi?: object; persistentVolumeClaim?: object }[];
    if (volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim)) {
      throw new Unmodelled(`The rehearsal models no pod with a claimed volume; ${pod.metadata.name} has one.`);
    }
    if (!volumes.some(({ csi }) => csi)) return undefined;
    return this.#options.mountVolumes(pod).catch((error: unknown) => {
      this.#options.kernel.fail(error);
      return String(error);
    });
  }

  #changed(runtime: PodRuntime): void {
    const { store, kernel } = this.#options;
    const { pod } = runtime;
    const live = store.get('Pod', pod.metadata.namespace, pod.metadata.name);
    if (live) store.setStatus(live, podStatus(runtime, live.status, kernel.now()));
    const fields = {
      region: this.#options.region,
      namespace: pod.metadata.namespace,
      pod: pod.metadata.name,
      status: runtime.status,
      ready: runtime.ready,
      reason: runtime.reason,
      digest: runtime.digest,
    };
    const text = JSON.stringify(fields);
    if (this.#logged.get(keyOf(pod)) !== text) {
      this.#logged.set(keyOf(pod), text);
      this.#options.log.write('pod.changed', fields);
    }
    for (const watcher of this.#watchers) watcher(runtime);
  }

  #ended(runtime: PodRuntime): void {
    const { pod } = runtime;
    const { store } = this.#options;
    this.#runtimes.delete(keyOf(pod));
    if (store.get('Pod', pod.metadata.namespace, pod.metadata.name)) {
      store.remove(kindNamed('Pod'), pod.metadata.namespace, pod.metadata.name);
    }
    this.#logged.delete(keyOf(pod));
    this.#options.log.write('pod.changed', {
      region: this.#options.region,
      namespace: pod.metadata.namespace,
      pod: pod.metadata.name,
      status: 'Gone',
      ready: false,
    });
    for (const watcher of this.#watchers) watcher(runtime);
    this.reschedule();
  }
}

function keyOf(pod: KubernetesObject): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
