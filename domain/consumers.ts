import { type PodSeen, type Rollout, type RolloutSeen, troubleOf } from './pods.ts';

/** A pod of a consumer, and since when it is there. */
export interface ConsumerPod extends PodSeen {
  readonly createdAt: Date;
}

/**
 * Whether a restarted consumer is up. `pods` are those with the new version of the secret: of the former ones nothing is expected. However
 * many pods there are, each gets its whole time from its own start on, so that a large service is not taken for a broken one.
 */
export function decideRestart(
  rollout: RolloutSeen,
  pods: readonly ConsumerPod[],
  {
    since,
    now,
    readyTimeoutSeconds,
  }: { readonly since: Date; readonly now: Date; readonly readyTimeoutSeconds: number },
): Rollout {
  // One that is ready again logs in: what ended it before was not the secret.
  const trouble = troubleOf(pods.filter(({ ready }) => !ready));
  if (trouble) return { state: 'broken', reason: trouble };
  const { replicas, updatedReplicas, availableReplicas, totalReplicas, observed } = rollout;
  const counted = `${pods.filter(({ ready }) => ready).length} of ${replicas} pods ready`;
  const settled = observed && updatedReplicas === replicas && totalReplicas === replicas;
  if (settled && availableReplicas === replicas) return { state: 'ready', reason: counted };
  const late = pods.find(({ ready, createdAt }) => !ready && olderThan(createdAt));
  if (late) {
    const detail = late.unschedulable ? `; ${late.unschedulable}` : '';
    return { state: 'broken', reason: `Pod ${late.name} is not ready within ${readyTimeoutSeconds} s${detail}.` };
  }
  const nothingStarts = pods.length === 0 && replicas > 0 && olderThan(since);
  if (nothingStarts) return { state: 'broken', reason: `No pod was replaced within ${readyTimeoutSeconds} s.` };
  return { state: 'waiting', reason: counted };

  function olderThan(moment: Date): boolean {
    return (now.getTime() - moment.getTime()) / 1000 >= readyTimeoutSeconds;
  }
}
