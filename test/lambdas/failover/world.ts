import { DatabaseUnavailable } from '../../../domain/database-errors.ts';
import { AwsUnavailable } from '../../../domain/errors.ts';
import type { FailoverDatabase, FailoverPlan } from '../../../domain/failover-plan.ts';
import type { LastDecision, WatchState } from '../../../domain/failover-signals.ts';
import type { Beat } from '../../../domain/heartbeat.ts';
import { closed, type LeaseRecord, takes } from '../../../domain/lease.ts';
import type { Reign as ReignRecord } from '../../../domain/reign.ts';
import type { FailoverRun } from '../../../domain/workflows/region-failover.ts';
import type { FencedDatabase, Leases, WatchMemory, WithDatabase } from '../../../lambdas/ports/failover.ts';
import type { Reign } from '../../../lambdas/ports/reign.ts';

export const start = Date.parse('2026-11-21T12:00:00Z');

/** A clock that tests move, in seconds. */
export class TestClock {
  seconds = 0;
  readonly now = () => new Date(start + this.seconds * 1000);
  readonly pass = async (seconds: number) => {
    this.seconds += seconds;
  };
  at(seconds: number): Date {
    return new Date(start + seconds * 1000);
  }
}

export const plan: FailoverPlan = {
  platform: 'aeon',
  environment: 'aeon',
  regions: { primary: 'us-east-1', standby: 'us-west-2' },
  witness: 'eu-west-1',
  decision: 'automatic',
  whenUnproven: 'ask',
  recoverySeconds: 900,
  recoveryPointSeconds: 300,
  databaseRecoverySeconds: 120,
  databaseChecks: { everySeconds: 10, actAfterSeconds: 30 },
  switchWindow: null,
  zone: null,
  entrance: null,
  nodeGroups: [],
  volumes: ['graph'],
};

export const database: FailoverDatabase = {
  name: 'aeon-dt',
  instance: 'aeon-aeon-dt',
  multipleZones: true,
  backups: { retentionDays: 30, window: '03:00-04:00' },
  masterSecret: 'mainstay/aeon/databases/aeon-dt/master',
  heartbeatSecret: 'mainstay/aeon/databases/aeon-dt/heartbeat',
  endpointParameter: '/mainstay/aeon/databases/aeon-dt/endpoint',
};

export const login = { host: 'db', port: 5432, user: 'mainstay_master', password: 'x', database: 'aeon_dt' };

export const run: FailoverRun = {
  execution: {
    name: 'move',
    arn: 'arn:aws:states:us-west-2:111111111111:execution:mainstay-aeon-region-failover:move',
  },
  environment: 'aeon',
  reason: 'It burns.',
  startedBy: 'watch',
  forced: false,
  epoch: 1,
  from: 'us-east-1',
  to: 'us-west-2',
  startedAt: new Date(start).toISOString(),
  recoverySeconds: 900,
};

/** Tables of leases with the rules of the domain, and regions that may be lost. */
export class MemoryLeases implements Leases {
  readonly records = new Map<string, LeaseRecord>();
  readonly lost = new Set<string>();
  readonly calls: string[] = [];
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  async read(region: string) {
    this.#reach('read', region);
    return this.records.get(region);
  }

  async renew(region: string, renewal: LeaseRecord) {
    this.#reach('renew', region);
    if (!takes(this.records.get(region), renewal)) return false;
    this.records.set(region, renewal);
    return true;
  }

  async close(region: string, of: { epoch: number; holder: string }) {
    this.#reach('close', region);
    const standing = this.records.get(region);
    if (standing && standing.epoch > of.epoch) return standing;
    const record = closed(standing, { ...of, now: this.#clock.now() });
    this.records.set(region, record);
    return record;
  }

  async begin(region: string, { epoch, primary }: ReignRecord) {
    this.#reach('begin', region);
    const standing = this.records.get(region);
    if (standing && standing.epoch >= epoch) return;
    this.records.set(region, { epoch, holder: primary, until: this.#clock.now().toISOString(), databases: [] });
  }

  async open(region: string, epoch: number) {
    this.#reach('open', region);
    const standing = this.records.get(region);
    if (!standing || standing.epoch !== epoch || standing.closedBy !== epoch + 1) return false;
    const { closedBy: _, ...open } = standing;
    this.records.set(region, open);
    return true;
  }

  #reach(call: string, region: string): void {
    this.calls.push(`${call} ${region}`);
    if (this.lost.has(region)) throw new AwsUnavailable(`dynamodb in ${region} does not answer`);
  }
}

/** A database with roles, as its master sees it. */
export class MemoryDatabase implements FencedDatabase {
  readonly validity = new Map<string, Date | undefined>([
    ['aeon_dt', undefined],
    ['aeon_dt_clone', undefined],
  ]);
  lost = false;
  ended = 0;
  heartbeat: Beat = { epoch: 1, beatenAt: new Date(start) };
  readonly #clock: TestClock;

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  readonly with: WithDatabase = async (_, use) => {
    if (this.lost) throw new DatabaseUnavailable('db', 'ECONNREFUSED');
    return await use(this);
  };

  async now() {
    return this.#clock.now();
  }
  async roles() {
    return [...this.validity].map(([name, validUntil]) => ({ name, ...(validUntil && { validUntil }) }));
  }
  async setValidity(roles: readonly string[], until: Date | 'infinity') {
    for (const role of roles) this.validity.set(role, until === 'infinity' ? undefined : until);
  }
  async endSessions() {
    this.ended++;
    return 1;
  }
  async beat() {
    return this.heartbeat;
  }
  async beatIn(epoch: number) {
    this.heartbeat = { epoch: Math.max(epoch, this.heartbeat.epoch), beatenAt: this.#clock.now() };
    return this.heartbeat;
  }
  async toReplay() {
    return 0;
  }
  async position() {
    return '0/0';
  }
  /** Until when an application comes in, in seconds of the test; infinity for ever. */
  lets(): number {
    return Math.max(
      ...[...this.validity.values()].map((until) =>
        until ? (until.getTime() - start) / 1000 : Number.POSITIVE_INFINITY,
      ),
    );
  }
}

export class MemoryReign implements Reign {
  record: ReignRecord;
  constructor(record: ReignRecord = { epoch: 1, primary: 'us-east-1' }) {
    this.record = record;
  }
  async current() {
    return this.record;
  }
  async enter(next: ReignRecord) {
    if (next.epoch > this.record.epoch) this.record = next;
    return this.record;
  }
}

export class MemoryWatch implements WatchMemory {
  kept: WatchState | undefined;
  last: LastDecision | undefined;
  async state() {
    return this.kept;
  }
  async keepState(state: WatchState) {
    this.kept = state;
  }
  async decision() {
    return this.last;
  }
  async keepDecision(decision: LastDecision) {
    this.last = decision;
  }
}

/** Parameters of one region. */
export function parametersOf(values: Readonly<Record<string, unknown>>) {
  const texts = new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
  return {
    read: async (name: string) => texts.get(name),
    readUnder: async (path: string) => new Map([...texts].filter(([name]) => name.startsWith(path))),
  };
}
