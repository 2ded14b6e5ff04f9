/** Volumes of the platform's stores and their snapshots, in a region each. Throws AwsUnavailable, AwsRefused. */

/** A claim of a store: `data-graph-0` in `aeon`. */
export interface StoreVolume {
  readonly store: string;
  readonly replica: number;
  readonly volumeId: string;
  readonly gibibytes: number;
}

/** A snapshot of ours, as its tags say. */
export interface VolumeSnapshot {
  readonly snapshotId: string;
  readonly setId: string;
  /** `<store>/<replica>` */
  readonly member: string;
  /** EBS's: `pending`, `completed`, `error`, … */
  readonly state: string;
  readonly message: string;
  readonly percent: number;
  readonly startedAt: Date;
  readonly gibibytes: number;
  /** KMS key ARN. */
  readonly encryptionKey: string;
}

export interface VolumeSnapshots {
  /** The volumes behind the claims of an environment's stores, by the tags that the EBS CSI driver gives them. */
  volumes(environment: string): Promise<readonly StoreVolume[]>;
  /** All of an environment, or those of one set. */
  list(region: string, environment: string, setId?: string): Promise<readonly VolumeSnapshot[]>;
  /** A point in time as soon as it answers. Undefined: EBS makes as many of this volume as it can at a time. */
  create(volume: StoreVolume, tags: Readonly<Record<string, string>>): Promise<string | undefined>;
  /** Into `region`, under its key. Undefined: as many copies to the region are under way as may be. */
  copy(copy: {
    readonly from: { readonly region: string; readonly snapshotId: string };
    readonly region: string;
    readonly encryptionKey: string;
    readonly tags: Readonly<Record<string, string>>;
  }): Promise<string | undefined>;
  /** What is gone already is no failure. False: it is in use, by an image or a copy. */
  remove(region: string, snapshotId: string): Promise<boolean>;
}
