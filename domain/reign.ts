import * as z from 'zod';

/**
 * Which region is primary is a record, not a deployment: it stands in the interlock's table of each region under a key of its own, so that each
 * region knows it without asking another. Where there is none, the definition's primary reigns for the first time. A failover enters the next
 * reign in its own region alone; the other learns of it when it can be reached again. See docs/decisions/0025.
 */
export const reign = z.strictObject({
  /** Counts the reigns: 1 is that of the definition's primary. Who acts for a lower one is stale. */
  epoch: z.int().min(1),
  /** Region that is primary, or was when this was written. */
  primary: z.string().min(1),
});
export type Reign = z.infer<typeof reign>;

/** Key of the record among the interlock's claims; no claim can have it. */
export const reignKey = 'reign';

/** The reign of a platform that nobody has failed over yet. */
export function firstReign(primary: string): Reign {
  return { epoch: 1, primary };
}

/** Whether a region is the primary. What is scheduled in both regions asks this first, and ends quietly where it is false. */
export function reignsIn(reign: Reign, region: string): boolean {
  return reign.primary === region;
}

/** The reign after this one. */
export function nextReign({ epoch }: Reign, primary: string): Reign {
  return { epoch: epoch + 1, primary };
}
