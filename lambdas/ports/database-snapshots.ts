/** RDS instances and their manual snapshots, in a region each. Throws AwsUnavailable, AwsRefused. */

export interface SnapshotSource {
  readonly instance: string;
  /** RDS's: `available`, `backing-up`, … */
  readonly status: string;
  readonly instanceClass: string;
  /** What it replicates from, where it is a replica. */
  readonly replicaOf?: string;
}

export interface DatabaseSnapshot {
  readonly identifier: string;
  readonly arn: string;
  readonly instance: string;
  /** RDS's: `creating`, `available`, `failed`, `deleting`, … */
  readonly status: string;
  readonly percent: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly engine: string;
  readonly engineVersion: string;
  readonly gibibytes: number;
  /** KMS key ARN, where it is encrypted. */
  readonly key?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type SnapshotTags = Readonly<Record<string, string>>;

/** `exists`: one of this name is there, whoever made it. */
export type SnapshotRequest = 'made' | 'exists';

export interface DatabaseSnapshots {
  source(region: string, instance: string): Promise<SnapshotSource | undefined>;
  find(region: string, identifier: string): Promise<DatabaseSnapshot | undefined>;
  /** Every manual snapshot of the region, anybody's; or those of one instance. */
  listManual(region: string, instance?: string): Promise<readonly DatabaseSnapshot[]>;
  /** Throws DatabaseBusy, SnapshotQuotaReached. */
  create(
    region: string,
    wanted: { readonly identifier: string; readonly instance: string; readonly tags: SnapshotTags },
  ): Promise<SnapshotRequest>;
  /** Called in the region that it goes to. Throws CopiesAtTheirLimit, SnapshotQuotaReached, SnapshotFailed where the source is gone. */
  copy(wanted: {
    readonly from: string;
    readonly to: string;
    readonly identifier: string;
    /** KMS key ARN of the region that it goes to. */
    readonly key: string;
    readonly tags: SnapshotTags;
  }): Promise<SnapshotRequest>;
  /** What is gone already is no failure. False: RDS does not delete it in its state; a later run does. */
  remove(region: string, identifier: string): Promise<boolean>;
  /** Adds tags, or gives them another value. */
  tag(region: string, identifier: string, tags: SnapshotTags): Promise<void>;
}
