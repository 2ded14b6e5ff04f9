import type { ServiceDelivery } from '../../domain/delivery.ts';
import { AlarmAlreadyFiring, AlarmsNotWatching, RouteChangedElsewhere, StableUnhealthy } from '../../domain/errors.ts';
import { alarmPrefix, otherSlot, slotName } from '../../domain/names.ts';
import { troubleOf } from '../../domain/pods.ts';
import { isFirstRelease, type ReleaseRecord, requireFree } from '../../domain/release.ts';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import type { CheckPlatformInput, CheckPlatformOutput } from '../../domain/workflows/canary-promotion.ts';
import { watchedOf } from '../alarms/watched.ts';
import type { Alarms, LoadBalancers } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';

export interface CheckPlatformPorts {
  readonly cluster: ReleaseCluster;
  readonly alarms: Alarms;
  readonly loadBalancers: LoadBalancers;
}

/** As many pods as a Deployment's rolling update leaves by default: autoscaling may be adding some just now. */
const readySharePercentMin = 75;

/**
 * Whether a promotion can begin (or, while this execution holds the service, go on). Throws PromotionAlreadyRunning, AlreadyReleased,
 * RouteChangedElsewhere, StableUnhealthy, AlarmAlreadyFiring, AlarmsNotWatching, TargetGroupsMissing, ReleaseRecordMissing.
 */
export async function checkPlatform(
  { plan, image, execution }: CheckPlatformInput,
  ports: CheckPlatformPorts,
): Promise<CheckPlatformOutput> {
  const { record } = await ports.cluster.readRecord(plan);
  requireFree(record, plan.service, { digest: image.digest, tag: image.tag, id: execution.name });
  const firstRelease = isFirstRelease(record);
  if (plan.route) await requireRouteAtRest(plan, record, ports.cluster);
  // Before the first release nobody is served: there is no health to keep and nothing to compare with.
  if (!firstRelease) {
    await requireHealthy(plan, record, ports.cluster);
    if (plan.route) await requireWatching(plan, ports);
  }
  return { firstRelease, stableTag: record.stableTag ?? null };
}

async function requireRouteAtRest(
  plan: ServiceDelivery,
  record: ReleaseRecord,
  cluster: ReleaseCluster,
): Promise<void> {
  const { weights } = await cluster.readRoute(plan);
  const { stableSlot } = record;
  if (weights[stableSlot] === 100 && weights[otherSlot(stableSlot)] === 0) return;
  throw new RouteChangedElsewhere(
    plan.service,
    `blue ${weights.blue} % and green ${weights.green} %`,
    `${stableSlot} 100 %`,
  );
}

async function requireHealthy(plan: ServiceDelivery, record: ReleaseRecord, cluster: ReleaseCluster): Promise<void> {
  const slot = await cluster.readSlot(plan, record.stableSlot);
  const name = slotName(plan.service, record.stableSlot);
  const settled = slot.observed && slot.updatedReplicas === slot.totalReplicas;
  const enough = slot.replicas > 0 && slot.availableReplicas >= (slot.replicas * readySharePercentMin) / 100;
  const trouble = troubleOf(await cluster.listPods(plan, record.stableSlot));
  if (settled && enough && !trouble) return;
  throw new StableUnhealthy(
    name,
    slot.availableReplicas,
    slot.replicas,
    trouble ?? (settled ? '' : 'a rollout is under way'),
  );
}

async function requireWatching(plan: ServiceDelivery, ports: CheckPlatformPorts): Promise<void> {
  const standing = await ports.alarms.list(`${alarmPrefix(plan.environment)}${plan.service}/`);
  const firing = standing.filter((alarm) => alarm.state === 'ALARM').map((alarm) => alarm.name);
  if (firing.length > 0) throw new AlarmAlreadyFiring(plan.service, firing);
  const watched = await watchedOf(plan, ports);
  const blind = serviceAlarms(plan, watched).filter((alarm) => {
    const found = standing.find((each) => each.name === alarm.name);
    return found?.configuration !== ports.alarms.configurationOf(alarm);
  });
  if (blind.length > 0) {
    throw new AlarmsNotWatching(
      plan.service,
      blind.map((alarm) => alarm.name),
    );
  }
}
