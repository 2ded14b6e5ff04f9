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

/** Every fault that can be named for backups. */
export const backupFaults: readonly FaultDescription[] = [
  ...everydayFaults,
  clusterFault,
  world('hour-not-delivered', 'on the second day the schedule of one hour is never delivered'),
  world('hour-delivered-twice', 'each hour of the second day is delivered twice'),
  world('snapshot-stuck', 'on the second day a snapshot takes three hours'),
  world('snapshot-fails', 'on the second day a snapshot ends as failed'),
  world('copy-fails', 'on the second day a copy ends as failed'),
  world('standby-unreachable', 'on the second day nothing in the standby answers for six hours'),
  world('others-snapshots', 'on the second day somebody else takes thirty manual snapshots in each region'),
  world('quota-full', 'on the second day others fill the quota; a day later they clear up'),
  world('failover-begins', 'on the second day a failover claims the platform for two hours'),
  sabotage(
    'break-proven',
    'somebody deletes the snapshot of the newest proven set by hand',
    'neither the last proven set nor one in use is deleted',
  ),
  sabotage('break-quota', 'AWS lowers the quota of manual snapshots to half', 'no quota is passed'),
  sabotage(
    'break-alarm',
    'somebody disables the watcher of backups, and an hour is not delivered',
    'every hour has its set, or an alarm within 15 minutes',
  ),
  sabotage(
    'break-ages',
    'somebody deletes every snapshot that is older than a day',
    'every age that the definition keeps is there',
  ),
];

/** Throws UnknownFault. */
export function requireBackupFaults(names: readonly string[]): void {
  knownFaults(names, backupFaults, 'backups');
}

/** A stretch of virtual time, in milliseconds since 1970. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

const hour = 3_600_000;

/** The named faults of the days: those that the seed draws, and what happens on the second day. */
export class BackupFaults implements FaultPlan {
  readonly #names: ReadonlySet<string>;
  readonly #seeded: SeededFaults;
  readonly #kernel: () => Kernel;
  readonly #schedule: string;
  readonly #standby: string | undefined;
  #secondDay: Stretch = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  #lost = false;

  constructor(
    names: readonly string[],
    options: { readonly environment: string; readonly standby: string | undefined; readonly kernel: () => Kernel },
  ) {
    this.#names = new Set(names);
    this.#seeded = new SeededFaults(names, options.kernel);
    this.#kernel = options.kernel;
    this.#schedule = stateMachineName(options.environment, 'hourly-backup');
    this.#standby = options.standby;
  }

  arm(secondDay: number): void {
    this.#secondDay = { from: secondDay, to: secondDay + 24 * hour };
    this.#seeded.arm();
  }

  disarm(): void {
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

  onDelivery(rule: string, detailType: string): DeliveryFault | undefined {
    if (!rule.startsWith(this.#schedule)) return this.#seeded.onDelivery(rule, detailType);
    if (this.#names.has('hour-delivered-twice') && this.#within(24)) {
      return { kind: 'duplicate', afterMilliseconds: 5_000 };
    }
    const losing = this.#names.has('hour-not-delivered') || this.#names.has('break-alarm');
    if (!losing || this.#lost || !this.#within(24)) return undefined;
    this.#lost = true;
    return { kind: 'lost' };
  }

  #within(hours: number): boolean {
    const now = this.#kernel().now();
    return now >= this.#secondDay.from && now < this.#secondDay.from + hours * hour;
  }
}
