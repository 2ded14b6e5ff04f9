/** Exports of RDS snapshots to S3, in the region of both. Throws AwsUnavailable, AwsRefused. */

export interface SnapshotExport {
  /** RDS's: `STARTING`, `IN_PROGRESS`, `COMPLETE`, `FAILED`, `CANCELED`, … */
  readonly status: string;
  readonly percent: number;
  /** Why it failed, or what it left out. */
  readonly message: string;
}

export interface SnapshotExports {
  /** Begins it; one of this identifier that is there already stays. */
  start(wanted: {
    readonly identifier: string;
    /** ARN of the snapshot. */
    readonly snapshot: string;
    readonly bucket: string;
    readonly prefix: string;
    /** ARN of the role that RDS takes to write. */
    readonly role: string;
    readonly encryptionKey: string;
  }): Promise<void>;
  find(identifier: string): Promise<SnapshotExport | undefined>;
}
