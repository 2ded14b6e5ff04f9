/** RDS instances of the function's own region, as restores see them. Throws AwsUnavailable, AwsRefused. */

export interface InstanceSeen {
  readonly identifier: string;
  /** RDS's: `creating`, `available`, `backing-up`, … */
  readonly status: string;
  /** Once it has one. */
  readonly host?: string;
  readonly port?: number;
  readonly createdAt?: Date;
  readonly parameterGroup?: string;
  readonly securityGroupIds: readonly string[];
  readonly multipleZones: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a restored instance is given beside the data. */
export interface RestoredInstance {
  readonly instance: string;
  readonly subnetGroup: string;
  readonly securityGroupIds: readonly string[];
  /** RDS's own unless told. */
  readonly parameterGroup?: string | undefined;
  readonly multipleZones: boolean;
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** `exists`: an instance of that name is there, whoever made it. `no-room`: RDS has no capacity, or the account no place, for now. */
export type RestoreAnswer = 'asked' | 'exists' | 'no-room';

export interface RestorableWindow {
  readonly earliest: Date;
  readonly latest: Date;
}

export interface RestoredDatabases {
  find(instance: string): Promise<InstanceSeen | undefined>;
  /** Every instance that has the tag, whatever its value. */
  tagged(tag: string): Promise<readonly InstanceSeen[]>;
  /** Throws SnapshotGone. */
  fromSnapshot(
    wanted: RestoredInstance & { readonly snapshot: string; readonly instanceClass: string },
  ): Promise<RestoreAnswer>;
  toPoint(wanted: RestoredInstance & { readonly source: string; readonly at: Date }): Promise<RestoreAnswer>;
  /** Without a final snapshot or backups. True: it is on its way, or gone already. False: RDS does not delete it in its state. */
  remove(instance: string): Promise<boolean>;
  /** Undefined: it has no automated backups. */
  restorable(instance: string): Promise<RestorableWindow | undefined>;
}

export interface RestoredVolume {
  readonly volumeId: string;
  /** EBS's: `creating`, `available`, `error`, … */
  readonly state: string;
  readonly gibibytes: number;
  readonly createdAt?: Date;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RestoredVolumes {
  tagged(tag: string, value?: string): Promise<readonly RestoredVolume[]>;
  /** The same token gives the same volume. */
  create(wanted: {
    readonly token: string;
    readonly snapshot: string;
    readonly zone: string;
    readonly tags: Readonly<Record<string, string>>;
  }): Promise<string>;
  /** As remove of a database. */
  remove(volumeId: string): Promise<boolean>;
}

/** KMS keys of the region. */
export interface KeyStates {
  /** Enabled, and of this region. */
  isUsable(keyArn: string): Promise<boolean>;
}

/** CloudWatch's metrics of ours. */
export interface Measurements {
  put(
    namespace: string,
    data: readonly {
      readonly metric: string;
      readonly dimensions: Readonly<Record<string, string>>;
      readonly value: number;
      readonly unit: 'Seconds' | 'Count' | 'Percent' | 'None';
    }[],
  ): Promise<void>;
}
