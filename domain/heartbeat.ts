/** The heartbeat row as it was read: in which reign the primary was, and when it last said so. */
export interface Beat {
  /** Reigns are counted from 1; a failover raises it. */
  readonly epoch: number;
  readonly beatenAt: Date;
}

/** The reign of a database that nobody has failed over yet. */
export const firstEpoch = 1;
