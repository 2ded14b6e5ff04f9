import type { Finding } from '../../domain/findings.ts';
import type { ImageNeed, StoredImage } from '../../domain/image-retention.ts';
import type { Severity } from '../../domain/names.ts';
import type { PushedImage } from '../../domain/pushed-release.ts';
import type { ServiceAlarm } from '../../domain/service-alarms.ts';
import type { Image } from '../../domain/workflows/shared.ts';

/** Every port to AWS throws AwsUnavailable when trying later is right, and AwsRefused when it is not. */

export interface ImageRegistry {
  /** The image under a tag, or undefined. `reference` is what a Deployment runs. */
  find(repository: string, tag: string): Promise<Omit<Image, 'tag'> | undefined>;
  /** Regions where this digest has arrived, the registry's own included. */
  regionsOf(repository: string, digest: string): Promise<string[]>;
  /** The state of a region's scan, and what it found; undefined when none was begun. Each region scans its own copy. */
  scanOf(
    region: string,
    repository: string,
    digest: string,
  ): Promise<{ status: string; findings: Finding[] } | undefined>;
}

/** What was pushed under a tag. */
export interface PushedImages {
  /** One entry a tag. */
  list(repository: string): Promise<readonly PushedImage[]>;
}

export interface PromotionStarts {
  /** Starts a promotion under this name. False: one of this name has ended already. One that runs with the same input is left running. */
  start(name: string, input: string): Promise<boolean>;
}

/** Repositories of any region, image by image. */
export interface ImageRepositories {
  /** Names of the repositories that begin with the prefix. */
  list(region: string, prefix: string): Promise<string[]>;
  /** Every image of a repository; none where the region has no such repository. */
  images(region: string, repository: string): Promise<StoredImage[]>;
  /** Deletes by digest. Answers what was not deleted and why; what is gone already is no failure. */
  remove(
    region: string,
    repository: string,
    digests: readonly string[],
  ): Promise<{ readonly digest: string; readonly reason: string }[]>;
}

/** What the recovery sets of the platform hold. */
export interface RecoverySets {
  /** Images of a repository that a set in a region would bring back. */
  imagesOf(repository: string): Promise<readonly ImageNeed[]>;
}

/** One series to read: a statistic of a metric of AWS/ApplicationELB, one value a minute. */
export interface SeriesQuery {
  readonly id: string;
  readonly metric: string;
  /** `Sum`, `p95`, `TC(0.5:)`. */
  readonly statistic: string;
  readonly loadBalancer: string;
  readonly targetGroup: string;
  /** Seconds that one value stands for: 60 unless told. */
  readonly periodSeconds?: number;
}

export interface Metrics {
  /** Values by query and start of their period (milliseconds since 1970), from `from` (included) to `to` (excluded). */
  read(
    queries: readonly SeriesQuery[],
    from: Date,
    to: Date,
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;
}

/** An alarm as it stands. */
export interface AlarmSeen {
  readonly name: string;
  readonly state: string;
  /** Comparable text of its configuration: equal for alarms that are alike. */
  readonly configuration: string;
}

export interface Alarms {
  list(prefix: string): Promise<AlarmSeen[]>;
  /** Makes the alarm, or changes it to this. */
  put(alarm: ServiceAlarm): Promise<void>;
  /** The configuration that `put` would leave, comparable with AlarmSeen's. */
  configurationOf(alarm: ServiceAlarm): string;
}

export interface LoadBalancers {
  /** The ARN of the load balancer that each target group stands behind; without an entry where it stands behind none. */
  loadBalancersOf(targetGroupArns: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface Parameters {
  /** The value, or undefined. */
  read(name: string): Promise<string | undefined>;
  /** Names and values of everything under a path, at any depth. */
  readUnder(path: string): Promise<ReadonlyMap<string, string>>;
}

/** Parameters of the standby's region. */
export interface StandbyParameters {
  /** The value, or undefined. */
  read(region: string, name: string): Promise<string | undefined>;
  write(region: string, name: string, value: string): Promise<void>;
}

export interface Notifications {
  publish(severity: Severity, subject: string, message: string): Promise<void>;
}

/** A question that a person answers. */
export interface Approval {
  readonly id: string;
  readonly service: string;
  readonly question: string;
  readonly token: string;
  readonly executionArn: string;
  readonly expiresAt: Date;
  readonly answer?: {
    readonly decision: 'approve' | 'reject';
    readonly by: string;
    /** The execution that answered, so that its second delivery is known. */
    readonly answerId: string;
  };
}

export interface Approvals {
  find(id: string): Promise<Approval | undefined>;
  /** Stores a question, or its new token, unless it is answered. False: it is answered. */
  ask(approval: Approval): Promise<boolean>;
  /** Stores the answer unless there is one. False: there is one. */
  answer(id: string, answer: NonNullable<Approval['answer']>): Promise<boolean>;
}

export interface Executions {
  /** The state and the input of an execution; undefined when there is none with this ARN. */
  describe(executionArn: string): Promise<{ status: string; input: string; stoppedAt?: Date } | undefined>;
  /** Inputs of a state machine's executions that have not ended. */
  running(stateMachineArn: string): Promise<readonly string[]>;
  /** Stops it. One that has ended stays as it is. */
  stop(executionArn: string, error: string, cause: string): Promise<void>;
  /** Gives a waiting task its output. False: nobody waits with this token any more. */
  answer(token: string, output: string): Promise<boolean>;
}
