import { stages } from '../domain/names.ts';
import type { Platform } from '../platforms/schema.ts';

/** Immutable tags, but for those that the platform lets move: the same for an original and its replicas. */
export function tagMutability(platform: Platform): {
  imageTagMutability: string;
  imageTagMutabilityExclusionFilters?: {
    imageTagMutabilityExclusionFilterType: string;
    imageTagMutabilityExclusionFilterValue: string;
  }[];
} {
  const { mutableTags } = platform.images;
  if (mutableTags.length === 0) return { imageTagMutability: 'IMMUTABLE' };
  return {
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: mutableTags.map((tag) => ({
      imageTagMutabilityExclusionFilterType: 'WILDCARD',
      imageTagMutabilityExclusionFilterValue: tag,
    })),
  };
}

/** Shortest stay of an image in ECR's archive before it may be deleted. */
const archivedDaysMinimum = 90;

/**
 * What expires, and when, as ECR's policy text: build leftovers by age; each stage's images go to ECR's archive when nobody
 * has pulled them for the stage's retention, and are deleted 90 days later. Counted from the last pull (from the push, where
 * there was none), so that an image that nodes still fetch does not expire under them; an archived one can be restored for a
 * rollback. A count from the last pull may archive only, not expire. One repository holds the images of all stages, told
 * apart by their tags; without the stage in the tag the longest retention holds for all. `repository` is the image's name,
 * or `*` in a template that makes every replica.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html
 */
export function lifecyclePolicyText(platform: Platform, repository: string): string {
  const { untaggedRetentionDays } = platform.images;
  const rules = [
    {
      description: `Without a tag: ${untaggedRetentionDays} days after the push`,
      selection: { tagStatus: 'untagged', ...days('sinceImagePushed', untaggedRetentionDays) },
      action: { type: 'expire' },
    },
    ...archivingRules(platform, repository),
    {
      description: `Archived: deleted after ${archivedDaysMinimum} days`,
      selection: { tagStatus: 'any', storageClass: 'archive', ...days('sinceImageTransitioned', archivedDaysMinimum) },
      action: { type: 'expire' },
    },
  ];
  return JSON.stringify({ rules: rules.map((rule, index) => ({ rulePriority: index + 1, ...rule })) });
}

function archivingRules(platform: Platform, repository: string): readonly object[] {
  const { tagConvention } = platform.images;
  // Without the stage in the tag, every tagged image is kept as long as the stage that keeps longest.
  const perStage = tagConvention.includes('{environment}');
  const longest = Math.max(...stages.map((stage) => platform.stages[stage].imageRetentionDays));
  const kept = perStage
    ? stages.map((stage) => ({ stage, retentionDays: platform.stages[stage].imageRetentionDays }))
    : [{ stage: 'all stages', retentionDays: longest }];
  return kept.map(({ stage, retentionDays }) => {
    const pattern = tagConvention
      .replaceAll('{service}', repository)
      .replaceAll('{environment}', stage)
      .replaceAll(/\{[a-z]+\}/g, '*');
    return {
      description: `${stage}: archived ${retentionDays} days after the last pull`,
      selection: { tagStatus: 'tagged', tagPatternList: [pattern], ...days('sinceImagePulled', retentionDays) },
      action: { type: 'transition', targetStorageClass: 'archive' },
    };
  });
}

function days(countType: string, countNumber: number): object {
  return { countType, countUnit: 'days', countNumber };
}
