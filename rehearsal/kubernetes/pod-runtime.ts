import {
  containerStartMilliseconds,
  containerStopMilliseconds,
  crashMilliseconds,
  imagePresentMilliseconds,
  imagePullMilliseconds,
  podSchedulingMilliseconds,
  podSetupRetryMilliseconds,
  restartBackoffMilliseconds,
  volumeMountBackoffMilliseconds,
} from '../aws/durations.ts';
import { Unmodelled } from '../aws/service.ts';
import type { Timer } from '../kernel/kernel.ts';
import { type ReleaseBehaviour, soundBehaviour } from '../traffic/behaviour.ts';
import type { Node, Nodes } from './nodes.ts';
import { requestsOf } from './nodes.ts';
import type { KubernetesObject } from './objects.ts';
import { type ContainerSpec, type PodSpec, preStopSeconds, probeTimes } from './probes.ts';
import { parseQuantity } from './quantity.ts';
import { environmentProblem, type FindObject, mountProblem } from './references.ts';

/** What the runtime needs from the cluster. */
export interface PodWorld {
  readonly nodes: Nodes;
  now(): number;
  after(milliseconds: number, label: string, action: () => void): Timer;
  imageDigest(image: string): string | undefined;
  /** Mounts what is no part of the node; undefined where there is nothing to mount. Answers why it could not. */
  mount(pod: KubernetesObject): Promise<string | undefined> | undefined;
  behaviourOf(digest: string): ReleaseBehaviour;
  readonly find: FindObject;
  /** Writes the status and tells everybody. */
  changed(runtime: PodRuntime): void;
  /** The pod's last container has ended. */
  ended(runtime: PodRuntime): void;
}

/** One pod on its way from Pending to its end: scheduler, kubelet, probes. One container a pod is modelled. */
export class PodRuntime {
  readonly pod: KubernetesObject;
  readonly container: ContainerSpec;
  node: Node | undefined;
  phase: 'Pending' | 'Running' = 'Pending';
  /** As `kubectl get pods` shows it: Pending, ContainerCreating, ErrImagePull, Running, CrashLoopBackOff, Terminating … */
  status = 'Pending';
  reason: string | undefined;
  containersReady = false;
  /** False while a readiness gate of the load balancer controller is open. */
  gatePassed = true;
  /** The process accepts connections. */
  accepting = false;
  restarts = 0;
  digest: string | undefined;
  startedAt: number | undefined;
  lastTermination: { readonly reason: string; readonly exitCode: number; readonly at: number } | undefined;
  terminating = false;
  readyAt: number | undefined;
  readonly #world: PodWorld;
  readonly #timers = new Set<Timer>();
  #backoff = restartBackoffMilliseconds.first;
  #pullBackoff = restartBackoffMilliseconds.first;

  constructor(pod: KubernetesObject, world: PodWorld) {
    this.pod = pod;
    this.#world = world;
    const { containers, initContainers } = pod.spec as unknown as PodSpec;
    const [container, ...others] = containers;
    if (!container || others.length > 0 || (initContainers ?? []).length > 0) {
      throw new Unmodelled(`The rehearsal models pods of one container; ${pod.metadata.name} has others.`);
    }
    this.container = container;
    this.#after(podSchedulingMilliseconds, () => this.schedule());
  }

  get ready(): boolean {
    return this.containersReady && this.gatePassed && !this.terminating;
  }

  /** Bytes in use now: half of the request, growing to the limit where the release leaks. Assumed. */
  get memory(): number {
    const base = requestsOf({ containers: [this.container] }).memory / 2;
    const leak = this.digest === undefined ? undefined : this.#world.behaviourOf(this.digest).outOfMemoryAfterSeconds;
    const limit = this.container.resources?.limits?.['memory'];
    if (!leak || limit === undefined || this.startedAt === undefined) return base;
    const share = Math.min(1, (this.#world.now() - this.startedAt) / (leak * 1000));
    return base + (parseQuantity(limit) - base) * share;
  }

  /** Looks for a node; called again when one may have become free. */
  schedule(): void {
    if (this.node || this.terminating) return;
    const placed = this.#world.nodes.place(this.pod);
    if ('reason' in placed) {
      if (this.reason !== placed.reason) this.#set('Pending', placed.reason);
      return;
    }
    this.node = placed.node;
    this.node.pods.set(keyOf(this.pod), this.pod);
    this.#set('ContainerCreating');
    this.#mount();
  }

  /** Deletion: preStop, SIGTERM, end; at the latest after the grace period. */
  terminate(): void {
    if (this.terminating) return;
    this.terminating = true;
    this.#cancelAll();
    this.#set('Terminating');
    if (this.startedAt === undefined) {
      this.#after(podSchedulingMilliseconds, () => this.#end());
      return;
    }
    const grace = ((this.pod.spec as unknown as PodSpec).terminationGracePeriodSeconds ?? 30) * 1000;
    const preStop = Math.min(grace, preStopSeconds(this.container) * 1000);
    this.#after(preStop, () => {
      // SIGTERM: assumed that the process closes its listener at once and finishes what it has in hand.
      this.accepting = false;
      this.#world.changed(this);
      this.#after(Math.min(containerStopMilliseconds, grace - preStop), () => this.#end());
    });
  }

  /** The load balancer controller's readiness gate opened. */
  passGate(): void {
    if (this.gatePassed) return;
    this.gatePassed = true;
    this.#becomeReady();
  }

  #end(): void {
    this.accepting = false;
    this.containersReady = false;
    this.startedAt = undefined;
    this.node?.pods.delete(keyOf(this.pod));
    this.#world.ended(this);
  }

  /** The kubelet mounts before it pulls, and tries again for as long as the pod lives. */
  #mount(backoff: number = volumeMountBackoffMilliseconds.first): void {
    const problem = mountProblem(this.#world.find, this.pod);
    if (problem !== undefined) {
      if (this.reason !== problem) this.#set('ContainerCreating', problem);
      this.#after(podSetupRetryMilliseconds, () => this.#mount());
      return;
    }
    const mounted = (refusal: string | undefined) => {
      if (refusal === undefined) {
        this.#pull();
        return;
      }
      this.#set('ContainerCreating', refusal);
      this.#after(backoff, () => this.#mount(Math.min(backoff * 2, volumeMountBackoffMilliseconds.maximum)));
    };
    const mounting = this.#world.mount(this.pod);
    if (mounting) void mounting.then((refusal) => this.terminating || mounted(refusal));
    else mounted(undefined);
  }

  #pull(): void {
    const { image } = this.container;
    const present = this.node?.images.has(image) === true;
    this.#after(present ? imagePresentMilliseconds : imagePullMilliseconds, () => {
      const digest = this.#world.imageDigest(image);
      if (digest === undefined) {
        this.#set('ErrImagePull', `failed to pull and unpack image "${image}": not found`);
        this.#after(containerStartMilliseconds, () =>
          this.#set('ImagePullBackOff', `Back-off pulling image "${image}"`),
        );
        this.#after(this.#pullBackoff, () => this.#pull());
        this.#pullBackoff = Math.min(this.#pullBackoff * 2, restartBackoffMilliseconds.maximum);
        return;
      }
      this.node?.images.add(image);
      this.digest = digest;
      this.#create(digest);
    });
  }

  /** Makes the container's environment, which needs what it refers to, and then the container. */
  #create(digest: string): void {
    const problem = environmentProblem(this.#world.find, this.pod);
    if (problem === undefined) {
      this.#after(containerStartMilliseconds, () => this.#start(digest));
      return;
    }
    if (this.reason !== problem) this.#set('CreateContainerConfigError', problem);
    this.#after(podSetupRetryMilliseconds, () => this.#create(digest));
  }

  #start(digest: string): void {
    this.startedAt = this.#world.now();
    this.phase = 'Running';
    this.#set('Running');
    const behaviour = this.#world.behaviourOf(digest);
    if (behaviour.crash === 'loop') {
      this.#after(crashMilliseconds, () => this.#exit('Error', 1));
      return;
    }
    const startSeconds = behaviour.startSeconds ?? soundBehaviour.startSeconds;
    const times = probeTimes(this.container, startSeconds);
    if (behaviour.outOfMemoryAfterSeconds !== undefined) {
      this.#after(behaviour.outOfMemoryAfterSeconds * 1000, () => this.#exit('OOMKilled', 137));
    }
    if (times.killedAfterSeconds !== undefined) {
      this.#after(times.killedAfterSeconds * 1000, () => this.#exit('Error', 137));
      return;
    }
    this.#after(startSeconds * 1000, () => {
      this.accepting = true;
    });
    if (behaviour.crash === 'never-ready') return;
    this.#after(times.readyAfterSeconds * 1000, () => {
      this.containersReady = true;
      this.#becomeReady();
    });
  }

  #becomeReady(): void {
    if (this.ready) this.readyAt = this.#world.now();
    this.#set(this.status);
  }

  /** The container ended by itself or was killed; the kubelet starts it again after a back-off. */
  #exit(reason: string, exitCode: number): void {
    const now = this.#world.now();
    if (this.startedAt !== undefined && now - this.startedAt >= restartBackoffMilliseconds.forgottenAfter) {
      this.#backoff = restartBackoffMilliseconds.first;
    }
    this.#cancelAll();
    this.accepting = false;
    this.containersReady = false;
    this.readyAt = undefined;
    this.startedAt = undefined;
    this.lastTermination = { reason, exitCode, at: now };
    this.#set(reason, `exit code ${exitCode}`);
    this.#after(containerStartMilliseconds, () =>
      this.#set('CrashLoopBackOff', `back-off ${this.#backoff / 1000}s restarting failed container`),
    );
    this.#after(this.#backoff, () => {
      this.restarts++;
      this.#backoff = Math.min(this.#backoff * 2, restartBackoffMilliseconds.maximum);
      if (this.digest !== undefined) this.#create(this.digest);
    });
  }

  #set(status: string, reason?: string): void {
    this.status = status;
    this.reason = reason;
    this.#world.changed(this);
  }

  #after(milliseconds: number, action: () => void): void {
    const timer = this.#world.after(milliseconds, `pod ${this.pod.metadata.name}`, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #cancelAll(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

function keyOf(pod: KubernetesObject): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
