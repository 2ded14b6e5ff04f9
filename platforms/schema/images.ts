import { z } from 'zod';
import { findingDecisions } from '../../domain/findings.ts';
import { architectures, name, positive } from './basics.ts';

export const images = z.strictObject({
  /** Placeholders {service}, {environment} (the stage), {version} (semantic), {commit} (7–40 hexadecimal digits), {branch}. */
  tagConvention: z.string().min(1).max(128),
  /** Tags that may move, as ECR's wildcard filters; every other tag is immutable. */
  mutableTags: z.array(z.string().regex(/^[0-9a-zA-Z._*-]{1,128}$/, 'letters, digits, . _ - and *')).max(5),
  architectures: z.array(z.enum(architectures)).min(1),
  repositories: z.array(z.strictObject({ name, sizeMegabytesMax: positive.optional() })).min(1),
  scan: z.strictObject({
    onPush: z.boolean(),
    /** Scanned again as new findings become known. */
    continuous: z.boolean(),
    /** What a finding of that severity does to a promotion. `criticalWithFix`: only where the finding says that a fix exists. */
    criticalWithFix: z.enum(findingDecisions),
    criticalWithoutFix: z.enum(findingDecisions),
    high: z.enum(findingDecisions),
    medium: z.enum(findingDecisions),
  }),
  /** However old, so many of a stage stay: what runs and what a rollback needs. */
  keepNewest: positive,
  /** Images without a tag are build leftovers. */
  untaggedRetentionDays: positive,
});
