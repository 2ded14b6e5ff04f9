import * as z from 'zod';
import { budgetedSteps } from '../failover-budget.ts';
import { execution } from './shared.ts';

/** What a drill in the standby, everything a failover does to copies in the isolated network, leaves for readiness. No workflow writes it yet. */
export const drillReport = z.strictObject({
  environment: z.string(),
  region: z.string(),
  execution,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  passed: z.boolean(),
  rtoSeconds: z.number(),
  rpoSeconds: z.number().nullable(),
  steps: z.array(z.strictObject({ name: z.enum(budgetedSteps), seconds: z.number(), budgetSeconds: z.number() })),
  /** What did not go as it must. */
  findings: z.array(z.string()),
  /** What of the drill is still there; none, or an alarm rings. */
  left: z.array(z.string()),
});
export type DrillReport = z.infer<typeof drillReport>;

/** How long a drill speaks for a platform: a quarter, and a week. */
export const drillHoldsSeconds = 100 * 24 * 3600;
