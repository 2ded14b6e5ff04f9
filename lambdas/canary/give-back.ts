import { EndStateNotExact } from '../../domain/errors.ts';
import { otherSlot, slotName } from '../../domain/names.ts';
import { givenBack, type PromotionHold, type ReleaseRecord } from '../../domain/release.ts';
import type { GiveBackInput } from '../../domain/workflows/shared.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { decidedOnTheLatest } from './fenced.ts';
import { servesStill } from './restore-slot.ts';

/**
 * Gives the service back, once it stands exactly as it should at this end. Given back before: nothing happens. Throws
 * EndStateNotExact, PromotionSuperseded, ObjectChanged.
 */
export function giveBack(
  { plan, hold, expected }: GiveBackInput,
  { cluster }: { cluster: ReleaseCluster },
): Promise<{ given: boolean }> {
  return decidedOnTheLatest(async () => {
    const { record, resourceVersion } = await cluster.readRecord(plan);
    const next = givenBack(record, hold, plan.service);
    if (!next || !record.promotion) return { given: false };
    if (expected !== 'unchanged') {
      const differences = [
        ...(await routeDifferences({ plan, hold, expected }, record, cluster)),
        ...(await slotDifferences({ plan, hold, expected }, record.promotion, cluster)),
        ...(await stableDifferences({ plan, hold, expected }, record, cluster)),
      ];
      if (differences.length > 0) throw new EndStateNotExact(plan.service, differences);
    }
    await cluster.writeRecord(plan, next, resourceVersion);
    return { given: true };
  });
}

async function routeDifferences(
  { plan }: GiveBackInput,
  record: ReleaseRecord,
  cluster: ReleaseCluster,
): Promise<string[]> {
  if (!plan.route) return [];
  const { weights } = await cluster.readRoute(plan);
  const { stableSlot } = record;
  if (weights[stableSlot] === 100 && weights[otherSlot(stableSlot)] === 0) return [];
  return [`the route has blue ${weights.blue} % and green ${weights.green} % instead of ${stableSlot} 100 %`];
}

async function slotDifferences(
  { plan, hold, expected }: GiveBackInput,
  held: PromotionHold,
  cluster: ReleaseCluster,
): Promise<string[]> {
  const slot = await cluster.readSlot(plan, hold.canarySlot);
  const image = expected === 'promoted' ? held.canaryImage : held.before.image;
  const name = slotName(plan.service, hold.canarySlot);
  const differences = slot.image === image ? [] : [`${name} runs ${slot.image} instead of ${image}`];
  const counted = expected === 'restored' && !servesStill(held.before.replicas, hold);
  if (counted && slot.replicas !== held.before.replicas) {
    differences.push(`${name} has ${slot.replicas} replicas instead of ${held.before.replicas}`);
  }
  return differences;
}

/** The slot that nobody should have touched: somebody may have, by hand. */
async function stableDifferences(
  { plan, hold }: GiveBackInput,
  { stableSlot, stableDigest }: ReleaseRecord,
  cluster: ReleaseCluster,
): Promise<string[]> {
  if (stableSlot === hold.canarySlot || stableDigest === undefined) return [];
  const { image } = await cluster.readSlot(plan, stableSlot);
  if (image.endsWith(`@${stableDigest}`)) return [];
  return [`${slotName(plan.service, stableSlot)} runs ${image} instead of the stable version, ${stableDigest}`];
}
