import { stateMachineName } from '../../domain/names.ts';
import {
  clusterFault,
  everydayFaults,
  type FaultDescription,
  knownFaults,
  sabotage,
  world,
} from '../faults/described.ts';
import type { CallFault, CallSeen, DeliveryFault, FaultPlan, InvocationFault } from '../faults/fault.ts';
import { SeededFaults } from '../faults/plan.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** Every fault that can be named for backups. They begin after a third of the run, on the second day at the latest. */
export const backupFaults: readonly FaultDescription[] = [
  ...everydayFaults,
  clusterFault,
  world('hour-not-delivered', 'the schedule of one hour is never delivered'),
  world('hour-delivered-twice', 'each hour is delivered twice'),
  world('snapshot-stuck', 'a snapshot takes three hours'),
  world('snapshot-fails', 'a snapshot ends as failed'),
  world('copy-fails', 'a copy ends as failed'),
  world('standby-unreachable', 'nothing in the standby answers for six hours'),
  world('others-snapshots', 'somebody else takes thirty manual snapshots in each region'),
  world('quota-full', 'others fill the quota; three hours later they clear up'),
  world('failover-begins', 'a failover claims the platform for two hours while a set is made'),
  sabotage(
    'break-proven',
    'somebody deletes the snapshot of the newest proven set by hand',
    'neither the last proven set nor one in use is deleted',
  ),
  sabotage('break-quota', 'AWS lowers the quota of manual snapshots to what stands', 'no quota is passed'),
  sabotage(
    'break-alarm',
    'somebody disables the watcher of backups, and an hour is not delivered',
    'every hour has its set, or an alarm within 15 minutes',
  ),
  sabotage(
    'break-schedule',
    'somebody disables the schedule of the backups for an hour',
    'every hour begins at its minute, whatever became of the one before',
  ),
  sabotage(
    'break-ages',
    'somebody deletes the records of all sets that are older than three hours',
    'every age that the definition keeps is there',
  ),
];

/** Throws UnknownFault. */
export function requireBackupFaults(names: readonly string[]): void {
  knownFaults(names, backupFaults, 'backups');
}

const hour = 3_600_000;

/** The named faults of the days: those that the seed draws, and what happens from a certain hour on. */
export class BackupFaults implements FaultPlan {
  readonly #names: ReadonlySet<string>;
  readonly #seeded: SeededFaults;
  readonly #kernel: () => Kernel;
  readonly #schedule: string;
  readonly #primary: string;
  readonly #standby: string | undefined;
  #from = Number.POSITIVE_INFINITY;
  #lost = false;

  constructor(
    names: readonly string[],
    options: {
      readonly environment: string;
      readonly primary: string;
      readonly standby: string | undefined;
      readonly kernel: () => Kernel;
    },
  ) {
    this.#names = new Set(names);
    this.#seeded = new SeededFaults(names, options.kernel);
    this.#kernel = options.kernel;
    this.#schedule = stateMachineName(options.environment, 'hourly-backup');
    this.#primary = options.primary;
    this.#standby = options.standby;
  }

  /** Those of the seed go wrong when this is called. */
  arm(from: number): void {
    this.#from = from;
    this.#kernel().at(from, 'faults begin', () => this.#seeded.arm());
  }

  disarm(): void {
    this.#from = Number.POSITIVE_INFINITY;
    this.#seeded.disarm();
  }

  onCall(call: CallSeen): CallFault | undefined {
    if (this.#names.has('standby-unreachable') && call.region === this.#standby && this.#within(6)) {
      return { kind: 'timeout' };
    }
    return this.#seeded.onCall(call);
  }

  onInvocation(name: string, attempt: number): InvocationFault | undefined {
    return this.#seeded.onInvocation(name, attempt);
  }

  onDelivery(rule: string, detailType: string, region: string): DeliveryFault | undefined {
    if (!rule.startsWith(this.#schedule) || region !== this.#primary || !this.#within(24)) {
      return this.#seeded.onDelivery(rule, detailType);
    }
    if (this.#names.has('hour-delivered-twice')) return { kind: 'duplicate', afterMilliseconds: 5_000 };
    const losing = this.#names.has('hour-not-delivered') || this.#names.has('break-alarm');
    if (!losing || this.#lost) return undefined;
    this.#lost = true;
    return { kind: 'lost' };
  }

  /** So many hours since the faults have begun. */
  #within(hours: number): boolean {
    const past = this.#kernel().now() - this.#from;
    return past >= 0 && past < hours * hour;
  }
}
