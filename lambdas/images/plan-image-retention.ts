import { keepingReasons, limitedTo, planRetention, type RetentionPlan } from '../../domain/image-retention.ts';
import type {
  PlanImageRetentionInput,
  PlanImageRetentionOutput,
  RegionPlan,
  RetentionSettings,
} from '../../domain/workflows/image-retention.ts';
import type { ImageRepositories } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import { type NeedsPorts, neededImages } from './needs.ts';

export interface RetentionPorts extends NeedsPorts {
  readonly repositories: ImageRepositories;
  readonly settings: RetentionSettings;
  readonly clock: Clock;
}

/** Of one repository and region in one run: what a fault of the rules could take before somebody reads the report. */
export const deletionsMax = 100;
/** Lines of a repository in the report; the execution's history has every deletion. */
const linesMax = 5;

/** Says what goes and why, and counts what stays; the same decision in every region, each on the images that it holds. */
export async function planImageRetention(
  { repository, execution }: PlanImageRetentionInput,
  ports: RetentionPorts,
): Promise<PlanImageRetentionOutput> {
  const plans = await plansOf(repository, execution, ports);
  const regions = plans.map(({ region, plan }) => {
    const deletions = limitedTo(deletionsMax, plan.deletions);
    return {
      region,
      deletions: deletions.map((one) => ({ ...one, tags: [...one.tags] })),
      waiting: plan.deletions.length - deletions.length,
    };
  });
  const kept = plans.flatMap(({ plan }) => plan.kept);
  const countOf = (reason: (typeof keepingReasons)[number]) => kept.filter((image) => image.reason === reason).length;
  return {
    repository,
    regions,
    waiting: regions.reduce((sum, { waiting }) => sum + waiting, 0),
    lines: linesOf(regions[0]?.deletions ?? []),
    deletions: regions.reduce((sum, { deletions }) => sum + deletions.length, 0),
    kept: Object.fromEntries(
      keepingReasons.map((reason) => [reason, countOf(reason)]),
    ) as PlanImageRetentionOutput['kept'],
  };
}

/** The plan of every region, the primary's first. */
export async function plansOf(
  repository: string,
  execution: { readonly arn: string },
  ports: RetentionPorts,
): Promise<{ readonly region: string; readonly plan: RetentionPlan }[]> {
  const images = new Map<string, Awaited<ReturnType<ImageRepositories['images']>>>();
  for (const region of ports.settings.regions) images.set(region, await ports.repositories.images(region, repository));
  // Needs are read last, so that they are newer than the list they are held against.
  const needs = await neededImages(repository, execution, ports);
  const now = ports.clock.now().getTime();
  return [...images].map(([region, held]) => ({ region, plan: planRetention(held, needs, ports.settings, now) }));
}

/** A line for each tagged deletion, the first few. */
function linesOf(deletions: RegionPlan['deletions']): string[] {
  return deletions
    .filter(({ partOf }) => partOf === undefined)
    .slice(0, linesMax)
    .map(({ tags, digest, because }) => `${tags.join(', ') || digest}: ${because}`);
}
