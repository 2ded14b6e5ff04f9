import type { FailbackRun, TaskOfOtherRegion } from '../../domain/workflows/region-failback.ts';

/** Functions of the other region. */
export interface OtherRegion {
  /** Invokes a task there and answers what it answers. Throws what the task threw, by name; AwsUnavailable, AwsRefused. */
  ask(region: string, task: TaskOfOtherRegion, payload: unknown): Promise<unknown>;
}

/** That a failback has stopped the writes, in this region's own table of leases: who may let the application in again. Each throws AwsUnavailable, AwsRefused. */
export interface QuietMark {
  read(): Promise<QuietRecord | undefined>;
  keep(record: QuietRecord): Promise<void>;
  clear(): Promise<void>;
}

export interface QuietRecord {
  readonly run: FailbackRun;
  /** Places whose record was opened again: each once, because another may close it later. */
  readonly opened: readonly string[];
}

/** An instance as the one that takes its place needs to know it. */
export interface StandingInstance {
  readonly status: string;
  readonly sourceOf?: string;
  readonly endpoint?: { readonly host: string; readonly port: number };
  readonly instanceClass: string;
  readonly subnetGroup: string;
  readonly securityGroupIds: readonly string[];
  readonly parameterGroup?: string;
  readonly keyArn?: string;
  readonly multipleZones: boolean;
  readonly storageType?: string;
  readonly logExports: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** RDS of the function's own region. Throws AwsUnavailable, AwsRefused. */
export interface RebuiltInstances {
  see(instance: string): Promise<StandingInstance | undefined>;
  /** With deletion protection. False: its state does not allow it now, or the new name is taken. */
  setAside(instance: string, name: string): Promise<boolean>;
  /** A replica of `source`, an ARN, set up as `beside` is. False: it exists, the source's state does not allow it, or there is no room now. */
  follow(instance: string, source: string, beside: StandingInstance): Promise<boolean>;
}

/** Secrets of this region that have copies in another. Throws AwsUnavailable, AwsRefused. */
export interface SharedSecrets {
  /** Gives the secret a copy there, instead of whatever has its name; one that has it already stays. False: it is a copy itself. */
  share(secretId: string, region: string): Promise<boolean>;
}

/** Minutes in which a region wrote its own switch. Throws AwsUnavailable, AwsRefused. */
export interface SignsOfLife {
  minutes(from: Date, to: Date): Promise<readonly Date[]>;
}
