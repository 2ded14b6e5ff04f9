import {
  capacitySeconds,
  computeVerdict,
  groupSteps,
  type NodeGroupPlan,
  type NodeGroupSeen,
  replicasWithin,
} from '../../domain/compute-scaling.ts';
import { shareOf } from '../../domain/failover-budget.ts';
import type { FailoverPlan, FailoverService } from '../../domain/failover-plan.ts';
import type { ScaleComputeInput, ScaleComputeOutput } from '../../domain/workflows/region-failover.ts';
import type { Clock } from '../ports/clock.ts';
import type { NodeGroups, ServiceSize, ServingCluster, ServingService } from '../ports/serving.ts';

export interface ScaleComputePorts {
  readonly plan: FailoverPlan;
  /** In the definition's order. */
  readonly services: readonly FailoverService[];
  readonly groups: NodeGroups;
  readonly cluster: ServingCluster;
  readonly clock: Clock;
}

const lookSeconds = 10;
/** No nodes of the group's own nor of its fallback after so long: pods are shared out over the room that there is. */
const shareOutSeconds = 2 * capacitySeconds;
/** What serves with fewer pods than wanted is waited for so long. */
const shortSeconds = 300;

interface Seen extends ServingService {
  readonly plan: FailoverService;
}

/**
 * Asks for the nodes and pods that the definition wants where it serves, or for those of a standby, and says how far they are. Asked again it asks for what is
 * missing. Throws ReleaseRecordMissing, ClusterUnavailable, ClusterRefused, AwsUnavailable, AwsRefused.
 */
export async function scaleCompute(
  { run, since, to }: ScaleComputeInput,
  ports: ScaleComputePorts,
): Promise<ScaleComputeOutput> {
  const seen = await Promise.all(
    ports.services.map(async (plan): Promise<Seen> => ({ plan, ...(await ports.cluster.see(plan)) })),
  );
  const released = seen.filter((service) => service.released);
  const unreleased = seen
    .filter((service) => !service.released)
    .map(({ plan }) => `${plan.name}: never released here.`);
  if (to === 'stand-by') return scaleBack(released, ports);
  const seconds = (ports.clock.now().getTime() - Date.parse(since)) / 1000;
  await askForNodes(released, seconds, ports);
  for (const service of released) {
    const size = sizeOf(service, released, seconds);
    if (size.replicas !== service.replicas || (service.floor ?? size.floor) !== size.floor)
      await ports.cluster.resize(service.plan, size);
  }
  const verdict = computeVerdict(
    released.map(({ plan }) => plan),
    released.map(({ plan, replicas, pods }) => ({
      name: plan.name,
      wanted: replicas,
      readyPods: pods.filter(({ ready }) => ready).length,
    })),
    seconds >= shortSeconds,
  );
  if (verdict.state === 'ready') return { state: 'ready', waitSeconds: 0, remarks: unreleased };
  if (verdict.state === 'short')
    return { state: 'short', waitSeconds: 0, remarks: [...unreleased, ...verdict.remarks] };
  // Its share is over: who has no pod at all is named by the validation, which opens nothing without one.
  if (seconds < shareOf('scale', run.recoverySeconds))
    return { state: 'waiting', waitSeconds: lookSeconds, remarks: [] };
  const none = released.filter(({ pods }) => !pods.some(({ ready }) => ready));
  return {
    state: 'short',
    waitSeconds: 0,
    remarks: [...unreleased, ...none.map(({ plan }) => `${plan.name}: no pod is ready.`)],
  };
}

async function askForNodes(
  services: readonly Seen[],
  seconds: number,
  { plan, groups }: Pick<ScaleComputePorts, 'plan' | 'groups'>,
): Promise<void> {
  const names = plan.nodeGroups.flatMap(({ name, fallback }) => (fallback === undefined ? [name] : [name, fallback]));
  const found = await Promise.all(names.map((name) => groups.see(name)));
  const seen = found.flatMap((group): NodeGroupSeen[] => {
    if (!group) return [];
    const wanted = plan.nodeGroups.find(({ name }) => name === group.name);
    return [{ ...group, readyNodes: wanted ? readyNodes(wanted, services) : 0 }];
  });
  for (const { name, desired } of groupSteps(plan.nodeGroups, seen, seconds)) await groups.resize(name, desired);
}

/** Nodes that are missing show as pods that no node takes; while there are none of these, there are enough. */
function readyNodes({ name, desired }: NodeGroupPlan, services: readonly Seen[]): number {
  const pods = services.filter(({ plan }) => plan.nodeGroup === name).flatMap((service) => service.pods);
  if (pods.every(({ unschedulable }) => unschedulable === undefined)) return desired;
  return Math.min(desired - 1, new Set(pods.flatMap(({ node }) => node ?? [])).size);
}

/** What the definition begins with; later, where nodes do not come, the room of the group shared out. What was shared out is not asked for again. */
function sizeOf({ plan, replicas, floor = 0 }: Seen, all: readonly Seen[], seconds: number): ServiceSize {
  if (seconds < shareOutSeconds)
    return { replicas: Math.max(plan.initial, replicas), floor: Math.max(plan.initial, floor) };
  const group = all.filter((service) => service.plan.nodeGroup === plan.nodeGroup);
  const pods = group.flatMap((service) => service.pods);
  const placed = pods.filter(({ unschedulable }) => unschedulable === undefined);
  if (placed.length === pods.length) return { replicas, floor };
  const room = replicasWithin(
    group.map((service) => service.plan),
    placed.length,
  ).get(plan.name);
  // One at least: the last pod waits for its node.
  const given = Math.max(1, Math.min(replicas, room ?? 1));
  return { replicas: given, floor: Math.min(floor, given) };
}

async function scaleBack(
  services: readonly Seen[],
  { plan, groups, cluster }: ScaleComputePorts,
): Promise<ScaleComputeOutput> {
  for (const service of services) {
    const { minimum } = service.plan;
    if (service.replicas > minimum || (service.floor ?? 0) > minimum)
      await cluster.resize(service.plan, { replicas: minimum, floor: minimum });
  }
  const remarks: string[] = [];
  for (const { name, minimum, fallback } of plan.nodeGroups) {
    const sizes = [{ group: name, size: minimum }, ...(fallback === undefined ? [] : [{ group: fallback, size: 0 }])];
    for (const { group, size } of sizes) {
      const seen = await groups.see(group);
      if (!seen || seen.desired <= size) continue;
      if (!(await groups.resize(group, size))) remarks.push(`${group} could not be made smaller: it still grows.`);
    }
  }
  return { state: 'ready', waitSeconds: 0, remarks };
}
