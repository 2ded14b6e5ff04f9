import type { Cluster } from './cluster.ts';
import { type KubernetesObject, timestamp } from './objects.ts';

/** Name under which the controller of Application Load Balancers is asked for. */
export const controllerName = 'gateway.k8s.aws/alb';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
}

/** Writes the conditions of Gateway API objects: https://gateway-api.sigs.k8s.io/geps/gep-1364/ */
export class GatewayStatus {
  readonly #cluster: Cluster;
  readonly #now: () => number;

  constructor(cluster: Cluster, now: () => number) {
    this.#cluster = cluster;
    this.#now = now;
  }

  acceptClass(gatewayClass: KubernetesObject): void {
    this.#cluster.store.setStatus(gatewayClass, {
      conditions: [this.#condition(gatewayClass.status, gatewayClass, 'Accepted', true, 'Accepted')],
    });
  }

  /** `programmed` false: the load balancer is on its way, or was refused with `refusal`. */
  reportGateway(
    gateway: KubernetesObject,
    seen: { readonly programmed: boolean; readonly dnsName?: string; readonly refusal?: string },
  ): void {
    const live = this.#cluster.object('Gateway', gateway.metadata.namespace, gateway.metadata.name);
    if (!live) return;
    const { programmed, dnsName, refusal } = seen;
    const accepted = refusal === undefined;
    const reason = programmed ? 'Programmed' : accepted ? 'Pending' : 'Invalid';
    this.#cluster.store.setStatus(live, {
      ...(dnsName === undefined ? {} : { addresses: [{ type: 'Hostname', value: dnsName }] }),
      conditions: [
        this.#condition(live.status, live, 'Accepted', accepted, accepted ? 'Accepted' : 'Invalid', refusal),
        this.#condition(live.status, live, 'Programmed', programmed, reason, refusal),
      ],
    });
  }

  /** `accepted` and `resolved` are the reasons; each condition holds under its good one. */
  reportRoute(
    route: KubernetesObject,
    parents: readonly object[],
    reasons: { readonly accepted: string; readonly resolved: string },
  ): void {
    const live = this.#cluster.object('HTTPRoute', route.metadata.namespace, route.metadata.name);
    if (!live) return;
    const before = (live.status?.['parents'] as object[] | undefined)?.[0];
    this.#cluster.store.setStatus(live, {
      parents: parents.map((parentRef) => ({
        parentRef,
        controllerName,
        conditions: [
          this.#condition(before, live, 'Accepted', reasons.accepted === 'Accepted', reasons.accepted),
          this.#condition(before, live, 'ResolvedRefs', reasons.resolved === 'ResolvedRefs', reasons.resolved),
        ],
      })),
    });
  }

  #condition(
    before: object | undefined,
    object: KubernetesObject,
    type: string,
    holds: boolean,
    reason: string,
    message = '',
  ): object {
    const conditions = (before as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];
    const known = conditions.find((each) => each.type === type);
    const status = holds ? 'True' : 'False';
    return {
      type,
      status,
      reason,
      message,
      observedGeneration: object.metadata.generation ?? 1,
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : timestamp(this.#now()),
    };
  }
}
