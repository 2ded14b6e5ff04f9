import { decideRollout } from '../../domain/pods.ts';
import { firstWaitSeconds, lookSeconds } from '../../domain/watch.ts';
import type { LookAtPodsInput, LookAtPodsOutput } from '../../domain/workflows/shared.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { heldRecord } from './fenced.ts';

/** How far the pods of the canary, or of the stable version, have come. Throws PromotionSuperseded. */
export async function lookAtPods(
  input: LookAtPodsInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<LookAtPodsOutput> {
  const { plan, hold, role, since } = input;
  const { held } = await heldRecord(cluster, input);
  const slot = role === 'canary' ? hold.canarySlot : hold.stableSlot;
  const rollout = await cluster.readSlot(plan, slot);
  const pods = await cluster.listPods(plan, slot);
  const image = role === 'canary' ? held.canaryImage : rollout.image;
  const now = clock.now();
  const elapsedSeconds = (now.getTime() - Date.parse(since)) / 1000;
  const [first] = hold.steps;
  return {
    ...decideRollout(rollout, pods, image, elapsedSeconds, plan.readyTimeoutSeconds),
    seenAt: now.toISOString(),
    waitSeconds: first ? firstWaitSeconds(first) : lookSeconds,
  };
}
