/** One ReplicaSet of a Deployment as the rolling update sees it. */
export interface RolloutSet {
  readonly replicas: number;
  /** Pods that exist and are not going. */
  readonly pods: number;
  readonly available: number;
}

export interface RolloutLimits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** maxSurge rounds up, maxUnavailable down; both 0 becomes one unavailable. */
export function rolloutLimits(
  replicas: number,
  maxSurge: number | string,
  maxUnavailable: number | string,
): RolloutLimits {
  const share = (value: number | string, round: (x: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * replicas);
  const surge = share(maxSurge, Math.ceil);
  const unavailable = Math.min(replicas, share(maxUnavailable, Math.floor));
  return { replicas, maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/**
 * The next sizes of the new and the old ReplicaSets (oldest first), by the rules of the Deployment controller:
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function nextSizes(
  limits: RolloutLimits,
  fresh: RolloutSet,
  old: readonly RolloutSet[],
): { readonly fresh: number; readonly old: readonly number[] } {
  const { replicas, maxSurge, maxUnavailable } = limits;
  const total = [fresh, ...old].reduce((sum, set) => sum + set.replicas, 0);
  const grown = Math.min(replicas, fresh.replicas + Math.max(0, replicas + maxSurge - total));
  const size = fresh.replicas > replicas ? replicas : Math.max(fresh.replicas, grown);
  const minimumAvailable = replicas - maxUnavailable;
  const freshUnavailable = Math.max(0, fresh.replicas - fresh.available);
  let removable = Math.max(0, total - minimumAvailable - freshUnavailable);
  const sizes = old.map((set) => set.replicas);
  // Unhealthy old pods go first: they serve nobody.
  old.forEach((set, index) => {
    const unhealthy = Math.min(removable, Math.max(0, set.replicas - set.available));
    sizes[index] = set.replicas - unhealthy;
    removable -= unhealthy;
  });
  const available = fresh.available + old.reduce((sum, set) => sum + set.available, 0);
  let spare = Math.max(0, Math.min(removable, available - minimumAvailable));
  sizes.forEach((current, index) => {
    const taken = Math.min(spare, current);
    sizes[index] = current - taken;
    spare -= taken;
  });
  return { fresh: size, old: sizes };
}
