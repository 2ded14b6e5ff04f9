import * as z from 'zod';
import type { KeepingReason } from '../image-retention.ts';
import { stages } from '../names.ts';
import { execution } from './shared.ts';

/** What the schedule gives, or a person types: nothing, or `{"dryRun": true}` to be told and change nothing. */
export const retentionRequest = z.strictObject({ dryRun: z.boolean().optional() });
export type RetentionRequest = z.infer<typeof retentionRequest>;

/** What an environment keeps, from the platform's definition: `MAINSTAY_IMAGE_RETENTION` of its functions, as JSON. */
export const retentionSettings = z.strictObject({
  platform: z.string(),
  stage: z.enum(stages),
  tagConvention: z.string(),
  retentionDays: z.int().min(1),
  keepNewest: z.int().min(1),
  /** The primary's first: an image that is gone there is not promoted, whatever a replica still holds. */
  regions: z.array(z.string()).min(1),
  /** Regions whose recovery sets may bring images back. */
  recoverySetRegions: z.array(z.string()).optional(),
});
export type RetentionSettings = z.infer<typeof retentionSettings>;

/** list-repositories */
export const listRepositoriesInput = z.strictObject({ input: z.unknown() });
export type ListRepositoriesInput = z.infer<typeof listRepositoriesInput>;
export interface ListRepositoriesOutput {
  readonly dryRun: boolean;
  readonly repositories: readonly string[];
}

/** plan-image-retention: one repository in every region. Changes nothing. */
export const planImageRetentionInput = z.strictObject({ repository: z.string(), execution });
export type PlanImageRetentionInput = z.infer<typeof planImageRetentionInput>;

const deletion = z.strictObject({
  digest: z.string(),
  tags: z.array(z.string()),
  because: z.string(),
  partOf: z.string().optional(),
});
const regionPlan = z.strictObject({
  region: z.string(),
  deletions: z.array(deletion),
  /** What would go as well, and waits for the next run. */
  waiting: z.int(),
});
export type RegionPlan = z.infer<typeof regionPlan>;
export interface PlanImageRetentionOutput {
  readonly repository: string;
  readonly regions: readonly RegionPlan[];
  readonly deletions: number;
  readonly waiting: number;
  /** A line for each image that goes from the primary's region, the first few; the execution's history has them all. */
  readonly lines: readonly string[];
  /** Images that stay, counted by reason over all regions. */
  readonly kept: Readonly<Record<KeepingReason, number>>;
}

/** delete-images: what the plan says, as far as a second look says it too. */
export const deleteImagesInput = z.strictObject({
  repository: z.string(),
  regions: z.array(regionPlan),
  execution,
});
export type DeleteImagesInput = z.infer<typeof deleteImagesInput>;

/** What became of one repository. */
const reviewed = z.strictObject({
  repository: z.string(),
  /** Images that went, or in a dry run would have gone; over all regions. */
  deleted: z.int(),
  waiting: z.int(),
  kept: z.record(z.string(), z.int()),
  lines: z.array(z.string()),
  /** What was planned and did not go, with ECR's reason or ours. */
  spared: z.array(z.string()),
});
export type DeleteImagesOutput = Pick<z.infer<typeof reviewed>, 'deleted' | 'spared'>;
const notReviewed = z.strictObject({ repository: z.string(), failure: z.string() });

/** report-image-retention */
export const reportImageRetentionInput = z.strictObject({
  execution,
  dryRun: z.boolean(),
  results: z.array(z.union([reviewed, notReviewed])),
});
export type ReportImageRetentionInput = z.infer<typeof reportImageRetentionInput>;
export interface ReportImageRetentionOutput {
  readonly deleted: number;
  readonly told: boolean;
}
