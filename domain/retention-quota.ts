/** How many recovery sets of each age stay. */
export interface Keep {
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** Manual snapshots left for what is no recovery set: final ones, one before an upgrade, a restore test's own, a person's. Assumed. */
export const snapshotsReserved = 10;

export interface QuotaNeed {
  readonly sets: number;
  readonly needed: number;
  /** Sets that the quota holds. */
  readonly setsMax: number;
  readonly fits: boolean;
}

/**
 * What a definition needs of the manual snapshots of a region, one a database and set, against the quota (100 unless raised; adjustable):
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html. The rule of the definition and the planner use the same.
 */
export function quotaNeed(keep: Keep, databases: number, quota: number): QuotaNeed {
  const sets = keep.hourly + keep.daily + keep.weekly + keep.monthly;
  const needed = sets * databases + snapshotsReserved;
  const setsMax = Math.floor((quota - snapshotsReserved) / Math.max(1, databases));
  return { sets, needed, setsMax, fits: needed <= quota };
}
