import * as z from 'zod';

/**
 * How the standby grows to what the definition wants, and what it does where there is no capacity: other types, on-demand instead of spot, and at
 * last fewer pods, the services in the definition's order. Nothing of it waits for the database.
 */

export const nodeGroupPlan = z.strictObject({
  /** Name in EKS. */
  name: z.string(),
  /** Nodes that the definition wants where it serves. */
  desired: z.int().min(0),
  maximum: z.int().min(1),
  /** In the standby before a failover. */
  minimum: z.int().min(0),
  /** A group of the same labels and taints on other terms that stands at no nodes; absent: there is none. */
  fallback: z.string().optional(),
});
export type NodeGroupPlan = z.infer<typeof nodeGroupPlan>;

export const servicePlan = z.strictObject({
  name: z.string(),
  /** The Deployment that serves. A routed service has one a slot; its release record says which. */
  routed: z.boolean(),
  nodeGroup: z.string(),
  /** What the definition begins with, and the fewest. */
  initial: z.int().min(1),
  minimum: z.int().min(1),
});
export type ServicePlan = z.infer<typeof servicePlan>;

export interface NodeGroupSeen {
  readonly name: string;
  readonly desired: number;
  readonly readyNodes: number;
  /** Codes of EKS: `InsufficientFreeAddresses`, `AsgInstanceLaunchFailures` … https://docs.aws.amazon.com/eks/latest/APIReference/API_Issue.html */
  readonly issues: readonly string[];
}

/** How long nodes may take before their group counts as without capacity. */
export const capacitySeconds = 120;

export interface NodeGroupStep {
  readonly name: string;
  readonly desired: number;
}

/**
 * The sizes to ask for now: each group at its wanted size; where nodes do not come, what is missing is asked of the fallback. Nothing is ever made
 * smaller here: what has come stays.
 */
export function groupSteps(
  plans: readonly NodeGroupPlan[],
  seen: readonly NodeGroupSeen[],
  secondsSinceAsked: number,
): readonly NodeGroupStep[] {
  const sizes = new Map(seen.map((group) => [group.name, group]));
  return plans.flatMap(({ name, desired, fallback }): NodeGroupStep[] => {
    const group = sizes.get(name);
    const own = group && group.desired >= desired ? [] : [{ name, desired }];
    const ready = group?.readyNodes ?? 0;
    const stuck = ready < desired && (secondsSinceAsked >= capacitySeconds || (group?.issues.length ?? 0) > 0);
    const missing = desired - ready;
    const other = fallback === undefined ? undefined : sizes.get(fallback);
    if (!stuck || fallback === undefined || (other && other.desired >= missing)) return own;
    return [...own, { name: fallback, desired: missing }];
  });
}

export interface ServiceSeen {
  readonly name: string;
  readonly wanted: number;
  readonly readyPods: number;
}

export type ComputeVerdict =
  | { readonly state: 'ready' | 'waiting' }
  /** It serves with less than wanted; which services, and by how much. */
  | { readonly state: 'short'; readonly remarks: readonly string[] };

/**
 * Whether the pods suffice. All at their first number: ready. When time is over, what serves with at least one pod each is short and goes on;
 * a service without any is waited for, because opening would lead to nothing.
 */
export function computeVerdict(
  plans: readonly ServicePlan[],
  seen: readonly ServiceSeen[],
  timeIsOver: boolean,
): ComputeVerdict {
  const ready = new Map(seen.map(({ name, readyPods }) => [name, readyPods]));
  const missing = plans.filter(({ name, initial }) => (ready.get(name) ?? 0) < initial);
  if (missing.length === 0) return { state: 'ready' };
  if (!timeIsOver || missing.some(({ name }) => (ready.get(name) ?? 0) === 0)) return { state: 'waiting' };
  return {
    state: 'short',
    remarks: missing.map(({ name, initial }) => `${name}: ${ready.get(name) ?? 0} of ${initial} pods.`),
  };
}

/**
 * Replicas to ask for where a group has room for so many pods only: every service its fewest, in the definition's order; then up to its first
 * number, in the same order. Nothing is given to a later one before an earlier has its fewest.
 */
export function replicasWithin(plans: readonly ServicePlan[], room: number): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  let left = room;
  for (const wanted of ['minimum', 'initial'] as const) {
    for (const plan of plans) {
      const had = given.get(plan.name) ?? 0;
      const more = Math.min(left, Math.max(0, plan[wanted] - had));
      given.set(plan.name, had + more);
      left -= more;
    }
  }
  return given;
}
