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

/**
 * What ECR deletes by itself, as its policy text: build leftovers without a tag, by age. Nothing that has a tag: no rule can know what runs,
 * so the workflow `image-retention` alone deletes those, and tells why. What an index holds has no tag either; ECR leaves
 * it alone as long as the index is there.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export function lifecyclePolicyText(platform: Platform): string {
  const { untaggedRetentionDays } = platform.images;
  const rule = {
    rulePriority: 1,
    description: `Without a tag: ${untaggedRetentionDays} days after the push`,
    selection: {
      tagStatus: 'untagged',
      countType: 'sinceImagePushed',
      countUnit: 'days',
      countNumber: untaggedRetentionDays,
    },
    action: { type: 'expire' },
  };
  return JSON.stringify({ rules: [rule] });
}
