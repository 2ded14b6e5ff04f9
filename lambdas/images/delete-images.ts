import type { DeleteImagesInput, DeleteImagesOutput, RegionPlan } from '../../domain/workflows/image-retention.ts';
import { plansOf, type RetentionPorts } from './plan-image-retention.ts';

/**
 * Deletes what the plan says, as far as a second look, just before, says it too: a release may have been promoted since. The primary's
 * region first, indexes before their parts. Delivered again it finds what is gone and goes on with the rest.
 */
export async function deleteImages(
  { repository, regions, execution }: DeleteImagesInput,
  ports: RetentionPorts,
): Promise<DeleteImagesOutput> {
  const spared: string[] = [];
  let deleted = 0;
  const second = await plansOf(repository, execution, ports);
  for (const { region, plan } of second) {
    const planned = regions.find((one) => one.region === region)?.deletions ?? [];
    const stays = new Map(plan.kept.map(({ digest, because }) => [digest, because]));
    const going = planned.filter(({ digest }) => !stays.has(digest));
    for (const { digest } of planned.filter((one) => stays.has(one.digest))) {
      spared.push(`${region} ${digest}: ${stays.get(digest)}`);
    }
    const failures = await remove(region, repository, going, ports);
    for (const { digest, reason } of failures) spared.push(`${region} ${digest}: ${reason}`);
    deleted += going.length - failures.length;
  }
  return { deleted, spared };
}

/** An image that an index holds can't go before the index. */
async function remove(
  region: string,
  repository: string,
  deletions: RegionPlan['deletions'],
  { repositories }: RetentionPorts,
): Promise<{ digest: string; reason: string }[]> {
  const digestsOf = (parts: boolean) =>
    deletions.filter(({ partOf }) => (partOf !== undefined) === parts).map(({ digest }) => digest);
  return [
    ...(await repositories.remove(region, repository, digestsOf(false))),
    ...(await repositories.remove(region, repository, digestsOf(true))),
  ];
}
