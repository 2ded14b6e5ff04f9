import {
  clusterFault,
  everydayFaults,
  type FaultDescription,
  knownFaults,
  refusal,
  sabotage,
  world,
} from '../faults/described.ts';
import type { CallFault, CallSeen, DeliveryFault, FaultPlan, InvocationFault } from '../faults/fault.ts';
import { SeededFaults } from '../faults/plan.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** Every fault that can be named for a failover. */
export const failoverFaults: readonly FaultDescription[] = [
  ...everydayFaults,
  clusterFault,
  world('guard-missed', 'every third start of the guards and watchers is never delivered'),
  world('guard-late', 'their starts are delivered 45 seconds late'),
  world('started-twice', 'every event that starts a workflow arrives twice'),
  world('clocks-apart', 'the clocks of the regions are up to two seconds off, each its own way'),
  world('replica-behind', 'the replica is two minutes behind'),
  world('replica-far-behind', 'the replica is ten minutes behind: more than may be lost without a word'),
  world('promotion-slow', 'a promotion takes a minute longer than usual'),
  world('promotion-hangs', 'the promotion never ends: a person is called'),
  world('witness-lost', 'the region of the witness is lost as well: nothing proves that the old primary is fenced'),
  world('witness-parted', 'the primary does not reach the witness either'),
  world('standby-lost', 'the standby is lost instead, and the primary goes on'),
  world('returns-early', 'what is lost returns a minute later, while it is fenced'),
  world('rotation-running', 'a rotation has just begun'),
  world('not-noticed', 'RDS does not notice that the host of the database is gone'),
  refusal('failover-running', 'a person starts a second failover while one runs'),
  refusal('another-platform', 'a person starts it for another platform'),
  refusal('in-the-primary', 'a person starts it in the region that reigns'),
  refusal('not-ready', 'the last look at readiness found that the standby has no image of a service'),
  sabotage(
    'replica-gone',
    'somebody has deleted the replica: the newest recovery set is restored, which takes as long as it takes',
    'users write again within the objective',
  ),
  sabotage(
    'break-fence',
    'somebody gives the application its right to log in back, in the region that was left',
    'never two writable primaries',
  ),
  sabotage(
    'break-traffic',
    'somebody opens traffic by hand before anything is promoted',
    'no traffic to a region that can not serve',
  ),
  sabotage(
    'break-loss',
    'somebody has allowed a loss of a day in the parameter, and the replica is ten minutes behind',
    'what is lost is within the objective, or a person said so',
  ),
  sabotage('break-report', 'somebody writes to the region that was left, as its master', 'what is lost was told'),
  sabotage(
    'break-independence',
    'somebody has named the primary as its own witness in the parameter',
    'nothing on the path calls the lost region',
  ),
  sabotage(
    'break-time',
    'somebody has allowed an hour in the parameter, and a promotion takes ten minutes longer than usual',
    'users write again within the objective',
  ),
  sabotage(
    'break-pace',
    'somebody stops the failover when it has promoted, and starts it again two and a half minutes later',
    'a failover is no slower than what it has to wait for',
  ),
  sabotage('break-reign', 'somebody counts the reigns anew by hand', 'one reign at the end, and its number'),
  sabotage(
    'break-after',
    'somebody switches the automated backups of the new primary off',
    'the new primary backs up, rotates and alarms',
  ),
];

/** Throws UnknownFault. */
export function requireFailoverFaults(names: readonly string[]): void {
  knownFaults(names, failoverFaults, 'a failover');
}

const guards = /guard-primary|watch-primary/;
const lateMilliseconds = 45_000;
const connectionFaults = new Set<CallFault['kind'] | undefined>(['timeout', 'lost-answer']);

/** The named faults of one failover: those that the seed draws, what becomes of starts, and the caller's own. */
export class FailoverFaults implements FaultPlan {
  readonly #names: ReadonlySet<string>;
  readonly #seeded: SeededFaults;
  readonly #own: FaultPlan | undefined;
  #armed = false;
  #starts = 0;

  constructor(
    names: readonly string[],
    options: { readonly kernel: () => Kernel; readonly own?: FaultPlan | undefined },
  ) {
    this.#names = new Set(names);
    this.#seeded = new SeededFaults(names, options.kernel);
    this.#own = options.own;
  }

  arm(): void {
    this.#armed = true;
    this.#seeded.arm();
  }

  disarm(): void {
    this.#armed = false;
    this.#seeded.disarm();
  }

  onCall(call: CallSeen): CallFault | undefined {
    const own = this.#armed ? this.#own?.onCall(call) : undefined;
    if (own) return own;
    if (call.service !== 'postgres') return this.#seeded.onCall(call);
    // A connection breaks or does not, and not each message by itself; a server of ours throttles nobody.
    const drawn = call.operation === 'connection' ? this.#seeded.onCall(call) : undefined;
    return connectionFaults.has(drawn?.kind) ? drawn : undefined;
  }

  onInvocation(name: string, attempt: number, payload?: string): InvocationFault | undefined {
    const own = this.#armed ? this.#own?.onInvocation(name, attempt, payload) : undefined;
    return own ?? this.#seeded.onInvocation(name, attempt);
  }

  onDelivery(rule: string, detailType: string): DeliveryFault | undefined {
    if (!this.#armed) return undefined;
    if (guards.test(rule)) {
      if (this.#names.has('guard-missed') && this.#starts++ % 3 === 0) return { kind: 'lost' };
      if (this.#names.has('guard-late')) return { kind: 'late', byMilliseconds: lateMilliseconds };
    }
    if (this.#names.has('started-twice')) return { kind: 'duplicate', afterMilliseconds: 1_000 };
    return this.#seeded.onDelivery(rule, detailType);
  }
}
