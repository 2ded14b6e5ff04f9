import type { ServiceDelivery } from '../../domain/delivery.ts';
import { TargetGroupsMissing } from '../../domain/errors.ts';
import { type Slot, slotName, slots } from '../../domain/names.ts';
import type { Watched } from '../../domain/service-alarms.ts';
import type { LoadBalancers } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';

/**
 * The dimensions that a routed service's metrics have now: the controller names target groups when it makes them, and writes them to its
 * bindings. Throws TargetGroupsMissing.
 */
export async function watchedOf(
  delivery: ServiceDelivery,
  { cluster, loadBalancers }: { cluster: ReleaseCluster; loadBalancers: LoadBalancers },
): Promise<Watched> {
  const bindings = await cluster.listTargetGroupBindings(delivery.namespace);
  const arnOf = (slot: Slot) =>
    bindings.find((binding) => binding.serviceName === slotName(delivery.service, slot))?.targetGroupArn;
  const blue = arnOf('blue');
  const green = arnOf('green');
  if (!blue || !green) throw missing(delivery, (slot) => !arnOf(slot));
  const behind = await loadBalancers.loadBalancersOf([blue, green]);
  const loadBalancer = behind.get(blue);
  if (!loadBalancer || behind.get(green) !== loadBalancer) {
    throw missing(delivery, (slot) => behind.get(slot === 'blue' ? blue : green) === undefined);
  }
  return {
    loadBalancer: after(loadBalancer, 'loadbalancer/'),
    targetGroups: { blue: after(blue, ':', 5), green: after(green, ':', 5) },
  };
}

function missing(delivery: ServiceDelivery, lacks: (slot: Slot) => boolean): TargetGroupsMissing {
  return new TargetGroupsMissing(
    delivery.service,
    slots.filter(lacks).map((slot) => slotName(delivery.service, slot)),
  );
}

/** Metrics name a load balancer by `app/<name>/<id>` and a target group by `targetgroup/<name>/<id>`: the ends of their ARNs. */
function after(arn: string, mark: string, times = 1): string {
  return arn.split(mark).slice(times).join(mark);
}
