import * as z from 'zod';

/** Variable of `look-at-readiness` with `readinessSettings` as JSON. */
export const readinessVariable = 'MAINSTAY_READINESS';

/** What its stack tells it beside the plan of the failover. */
export const readinessSettings = z.strictObject({
  account: z.string(),
  /** Aliases, without `alias/`, of the region's keys that a failover uses. */
  keys: z.array(z.string()).min(1),
  /** How often a recovery set is due in this region. */
  setsEverySeconds: z.int().min(1),
  /** ARN of the role of each of `neededTasks` (domain/readiness-permissions.ts). */
  roles: z.record(z.string(), z.string()),
});
export type ReadinessSettings = z.infer<typeof readinessSettings>;
