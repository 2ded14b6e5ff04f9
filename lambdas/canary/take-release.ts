import { canarySlotFor, holdOf, isFirstRelease, requireFree, strategyFor, taken } from '../../domain/release.ts';
import type { TakeReleaseInput, TakeReleaseOutput } from '../../domain/workflows/canary-promotion.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest } from './fenced.ts';

/**
 * Takes the service for this execution, by compare-and-set on its record. Taken before by the same execution: the same hold.
 * Throws PromotionAlreadyRunning, AlreadyReleased, UnknownStrategy, ReleaseRecordMissing.
 */
export function takeRelease(
  { plan, image, request, execution }: TakeReleaseInput,
  { cluster, clock }: { cluster: ReleaseCluster; clock: Clock },
): Promise<TakeReleaseOutput> {
  return decidedOnTheLatest(async () => {
    const { record, resourceVersion } = await cluster.readRecord(plan);
    requireFree(record, plan.service, { digest: image.digest, tag: image.tag, id: execution.name });
    if (record.promotion) return holdOf(record, plan);
    const strategy = strategyFor(record, plan, request.strategy ?? undefined);
    const canarySlot = canarySlotFor(strategy, record);
    const stable = await cluster.readSlot(plan, record.stableSlot);
    const canary = canarySlot === record.stableSlot ? stable : await cluster.readSlot(plan, canarySlot);
    const held = taken(record, {
      id: execution.name,
      executionArn: execution.arn,
      strategy,
      canarySlot,
      digest: image.digest,
      tag: image.tag,
      image: image.reference,
      startedAt: clock.now().toISOString(),
      stableReplicas: isFirstRelease(record) ? plan.replicas.initial : stable.replicas,
      // An idle slot has no replicas at rest; some that a failed tidying-up left there are not to be brought back.
      before: { image: canary.image, replicas: strategy === 'rolling' ? canary.replicas : 0 },
    });
    await cluster.writeRecord(plan, held, resourceVersion);
    return holdOf(held, plan);
  });
}
