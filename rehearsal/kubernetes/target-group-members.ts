import {
  loadBalancerControllerMilliseconds,
  targetDeregistrationMilliseconds,
  targetRegistrationMilliseconds,
} from '../aws/durations.ts';
import type { Kernel, Timer } from '../kernel/kernel.ts';
import { hash32 } from '../kernel/random.ts';
import type { Target } from '../traffic/data-plane.ts';
import type { KubernetesObject } from './objects.ts';
import type { PodRuntime } from './pod-runtime.ts';
import type { HealthCheck, NamedArn, RegisteredTarget, TargetRegistry } from './ports.ts';

interface Member {
  readonly runtime: PodRuntime;
  readonly address: string;
  state: RegisteredTarget['state'];
  /** The load balancer sends it requests. */
  inRotation: boolean;
  /** Network policies let the load balancer through. */
  admitted: boolean;
  timer: Timer | undefined;
  wasAccepting: boolean;
}

export interface MembersOptions {
  readonly kernel: Kernel;
  readonly group: NamedArn;
  readonly service: KubernetesObject;
  readonly port: number;
  readonly healthCheck: HealthCheck;
  readonly registry: TargetRegistry;
  /** Whether network policies let the load balancer through to the pod. */
  admits(pod: KubernetesObject): boolean;
  changed(): void;
}

/**
 * The pods behind one target group. A pod is registered when its containers are ready and gets requests after its first health check; it
 * is deregistered when it goes or is no longer ready, and gets requests until the load balancer's nodes know.
 */
export class TargetGroupMembers {
  readonly group: NamedArn;
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();

  constructor(options: MembersOptions) {
    this.#options = options;
    this.group = options.group;
  }

  /** Whether the Service selects the pod. */
  selects(pod: KubernetesObject): boolean {
    const { service } = this.#options;
    if (pod.metadata.namespace !== service.metadata.namespace) return false;
    const selector = Object.entries((service.spec?.['selector'] ?? {}) as Record<string, string>);
    return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
  }

  /** Acts on a pod's present state. */
  follow(runtime: PodRuntime): void {
    if (!this.selects(runtime.pod)) return;
    const key = runtime.pod.metadata.name;
    const known = this.#members.get(key);
    const wanted = runtime.containersReady && !runtime.terminating;
    if (wanted && (!known || known.state === 'draining')) this.#register(key, runtime);
    else if (!wanted && known && known.state !== 'draining') this.#deregister(key, known);
    else if (known?.inRotation && known.wasAccepting !== runtime.accepting) this.#options.changed();
    if (known) known.wasAccepting = runtime.accepting;
  }

  /** Network policies changed: checks of targets that are cut off, or are so no longer, fail or pass from now on. */
  recheck(): void {
    const { kernel, healthCheck, changed } = this.#options;
    const { intervalSeconds, healthyThreshold, unhealthyThreshold } = healthCheck;
    for (const member of this.#members.values()) {
      const admitted = this.#options.admits(member.runtime.pod);
      if (member.admitted === admitted || (member.state !== 'healthy' && member.state !== 'unhealthy')) continue;
      member.admitted = admitted;
      changed();
      member.timer?.cancel();
      const checks = admitted ? healthyThreshold : unhealthyThreshold;
      member.timer = kernel.after(checks * intervalSeconds * 1000, 'health checks', () => this.#checked(member));
    }
  }

  /**
   * The targets that get requests, in the order of their names. Where all are unhealthy the load balancer takes them all:
   * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
   */
  inRotation(): Target[] {
    const all = [...this.#members.values()];
    const healthy = all.filter((member) => member.inRotation);
    return (healthy.length > 0 ? healthy : all.filter(({ state }) => state === 'unhealthy'))
      .sort((a, b) => (a.runtime.pod.metadata.name < b.runtime.pod.metadata.name ? -1 : 1))
      .map(({ runtime, admitted }) => ({
        pod: runtime.pod.metadata.name,
        digest: runtime.digest ?? '',
        state: runtime.accepting && admitted ? 'serving' : 'closed',
      }));
  }

  #register(key: string, runtime: PodRuntime): void {
    this.#members.get(key)?.timer?.cancel();
    const before = this.#members.get(key);
    const member: Member = {
      runtime,
      address: addressOf(runtime),
      state: 'initial',
      inRotation: before?.inRotation ?? false,
      admitted: true,
      timer: undefined,
      wasAccepting: runtime.accepting,
    };
    this.#members.set(key, member);
    this.#tell(member);
    member.timer = this.#options.kernel.after(
      loadBalancerControllerMilliseconds + targetRegistrationMilliseconds,
      `target ${key}`,
      () => {
        member.admitted = this.#options.admits(runtime.pod);
        this.#checked(member);
      },
    );
  }

  /** Enough checks in a row have passed, or failed. */
  #checked(member: Member): void {
    member.state = member.admitted ? 'healthy' : 'unhealthy';
    member.inRotation = member.admitted;
    this.#tell(member);
    this.#options.changed();
    if (member.admitted) member.runtime.passGate();
  }

  #deregister(key: string, member: Member): void {
    const { kernel, registry, group, port } = this.#options;
    member.timer?.cancel();
    member.state = 'draining';
    this.#tell(member);
    if (member.inRotation) this.#options.changed();
    member.timer = kernel.after(
      loadBalancerControllerMilliseconds + targetDeregistrationMilliseconds,
      `target ${key}`,
      () => {
        this.#members.delete(key);
        registry.deregisterTargets(group.arn, [{ id: member.address, port }]);
        if (member.inRotation) this.#options.changed();
      },
    );
  }

  #tell(member: Member): void {
    const { registry, group, port } = this.#options;
    registry.setTargets(group.arn, [{ id: member.address, port, state: member.state }]);
  }
}

/** A private address for the pod, by its name. */
function addressOf({ pod }: PodRuntime): string {
  const bits = hash32(pod.metadata.name) >>> 0;
  return `10.0.${11 + (bits % 3)}.${((bits >> 8) % 250) + 4}`;
}
