import * as z from 'zod';
import type { ServiceDelivery } from './delivery.ts';
import { watchSecondsWithoutSteps } from './release.ts';

/**
 * One interlock a region: what must not run at the same time over the same thing. A piece of work claims everything that it touches
 * at once or nothing, holds it until an hour that it states, and gives it back; a claim whose hour has passed binds nobody, so that
 * a dead run strands nothing. The table stands in the region where the work runs: no lock is held in a region that may be lost.
 */

export const interlockedWorks = ['promotion', 'rotation', 'restore', 'failover'] as const;
export type InterlockedWork = (typeof interlockedWorks)[number];

/** `service/aeon-dt-api`, `database/aeon-dt`, `store/queue`, or the whole `platform`. */
export const interlockSubject = z.union([
  z.templateLiteral(['service/', z.string()]),
  z.templateLiteral(['database/', z.string()]),
  z.templateLiteral(['store/', z.string()]),
  z.literal('platform'),
]);
export type InterlockSubject = z.infer<typeof interlockSubject>;

export interface InterlockClaim {
  readonly subject: InterlockSubject;
  readonly work: InterlockedWork;
  /** Execution ARN, or rotation token with its secret: the same for every delivery of the same work. */
  readonly holder: string;
  /** The end of the claim, ISO 8601. */
  readonly until: string;
}

/** DynamoDB table of a region's claims; key `subject`. */
export function interlockTableName(environment: string): string {
  return `mainstay-${environment}-interlock`;
}

/** What a person or the pods may take at most at the end of a promotion, beyond what its definition names: half an hour. */
const marginSeconds = 1800;

/**
 * How long a promotion of the service may hold it: the longest way that its workflow can go, so that the claim never lapses before it ends.
 * A promotion that died gives its claim back by the rollback that its end starts; this hour is for when that dies too.
 */
export function promotionClaimSeconds({ steps, inconclusive, readyTimeoutSeconds }: ServiceDelivery): number {
  const watched = Math.max(watchSecondsWithoutSteps, ...steps.map((step) => step.watchSeconds));
  const each = watched + inconclusive.holdSeconds + inconclusive.timeoutSeconds + readyTimeoutSeconds;
  // Going back waits for pods once more.
  return Math.max(1, steps.length) * each + 2 * readyTimeoutSeconds + marginSeconds;
}
