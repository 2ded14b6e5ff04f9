import type { LastDecision, WatchState } from '../../domain/failover-signals.ts';
import type { Beat } from '../../domain/heartbeat.ts';
import type { LeaseRecord, Renewal } from '../../domain/lease.ts';
import type { InstanceSeen } from '../../domain/promotion.ts';
import type { Reign } from '../../domain/reign.ts';
import type { DatabaseLogin } from './databases.ts';

/** Every port here throws AwsUnavailable when trying later is right and AwsRefused when it is not; databases throw DatabaseUnavailable and DatabaseRefused. */

/** Tables of leases, one a region. A region that is not this function's own may be lost: whoever asks it bounds the call and goes on without it. */
export interface Leases {
  read(region: string): Promise<LeaseRecord | undefined>;
  /** False: what stands there does not take it (`takes` of domain/lease.ts). */
  renew(region: string, renewal: Renewal): Promise<boolean>;
  /** Closes what stands, or puts a closed record where there is none. Answers what stands then: of a later reign it is left as it is. */
  close(region: string, of: { readonly epoch: number; readonly holder: string }): Promise<LeaseRecord>;
  /** Puts the record of a reign that has begun, so that the former primary learns of it when it asks to renew. A later one stays. */
  begin(region: string, reign: Reign): Promise<void>;
  /** Opens what a failover of this reign had closed. False: it was not closed, or another reign's. */
  open(region: string, epoch: number): Promise<boolean>;
}

/** Whether this region, where it reigns, has armed its standby; in its own table of leases. */
export interface Arming {
  /** The reign that did it last. */
  armed(): Promise<number | undefined>;
  arm(epoch: number): Promise<void>;
}

/** Time that passes, in an adapter. */
export interface Pauses {
  seconds(seconds: number): Promise<void>;
}

/** What the watch remembers, in this region's table of leases. */
export interface WatchMemory {
  state(): Promise<WatchState | undefined>;
  keepState(state: WatchState): Promise<void>;
  decision(): Promise<LastDecision | undefined>;
  keepDecision(decision: LastDecision): Promise<void>;
}

/** Route 53's judgement of the primary's public endpoint, over DNS. Never throws: what can't be seen is `unknown`. */
export interface PublicHealth {
  look(): Promise<'up' | 'down' | 'unknown'>;
}

export interface RoleSeen {
  readonly name: string;
  /** Absent: without an end. */
  readonly validUntil?: Date;
}

/** One session of a database's master, for the right to log in and for the failover's own writes. */
export interface FencedDatabase {
  now(): Promise<Date>;
  /** Roles that log in and that the master administers, without Mainstay's own. */
  roles(): Promise<readonly RoleSeen[]>;
  setValidity(roles: readonly string[], until: Date | 'infinity'): Promise<void>;
  /** Ends the sessions of roles whose validity has passed; how many. */
  endSessions(): Promise<number>;
  beat(): Promise<Beat | undefined>;
  /** Writes the heartbeat with a reign that is not lower than the one that stands, and reads it back. */
  beatIn(epoch: number): Promise<Beat>;
  /** Bytes that have come from the source and are not replayed; 0 where it is no replica. */
  toReplay(): Promise<number>;
  /** The last position that was written, or in a replica replayed. */
  position(): Promise<string>;
}

export type WithDatabase = <T>(login: DatabaseLogin, use: (database: FencedDatabase) => Promise<T>) => Promise<T>;

/** RDS of the function's own region. */
export interface Instances {
  see(instance: string): Promise<(InstanceSeen & { readonly multipleZones: boolean }) | undefined>;
  /** False: its state does not allow it now. */
  promote(instance: string, backups: { readonly retentionDays: number; readonly window: string }): Promise<boolean>;
  /** False: its state does not allow it now. */
  reboot(instance: string, force: boolean): Promise<boolean>;
}

/** Starts a workflow of this region under a name; the second start of the same name finds the first. */
export interface WorkflowStarts {
  start(name: string, input: string): Promise<void>;
}
