import type { ServiceDelivery } from '../../domain/delivery.ts';
import { ObjectChanged, RouteChangedElsewhere } from '../../domain/errors.ts';
import type { Slot } from '../../domain/names.ts';
import type { PodSeen } from '../../domain/pods.ts';
import type { Hold, ReleaseRecord } from '../../domain/release.ts';
import type { Watched } from '../../domain/service-alarms.ts';
import type { AlarmSeen, Approval, Metrics } from '../../lambdas/ports/aws.ts';
import type { ReleaseCluster } from '../../lambdas/ports/release-cluster.ts';
import { MemoryInterlock } from './memory-interlock.ts';

/** aeon-dt-api as a promotion finds it at rest: blue is stable at 1.4.0, green idle. */
export const plan: ServiceDelivery = {
  platform: 'aeon',
  stage: 'production',
  environment: 'aeon',
  service: 'aeon-dt-api',
  namespace: 'aeon',
  repository: 'aeon/aeon-dt-api',
  tagPattern: '^aeon-dt-api-production-\\d+\\.\\d+\\.\\d+-[0-9a-f]{7}$',
  tagConvention: '{service}-{environment}-{version}-{commit}',
  imageRegions: ['us-east-1', 'us-west-2', 'eu-west-1'],
  image: {
    architectures: ['amd64', 'arm64'],
    megabytesMax: 150,
    findings: { criticalWithFix: 'block', criticalWithoutFix: 'ask', high: 'ask', medium: 'record' },
  },
  strategy: 'canary',
  strategiesAllowed: ['canary', 'blue-green', 'rolling'],
  steps: [
    { weightPercent: 10, watchSeconds: 600 },
    { weightPercent: 100, watchSeconds: 60 },
  ],
  replicas: { initial: 5, minimum: 3, maximum: 100 },
  route: { port: 8080, hostnames: ['api.aeon.example'] },
  limits: { errorRatePercentMax: 5, p95MillisecondsMax: 500 },
  judge: { falseRollbackProbabilityMax: 0.01 },
  approval: { required: true, timeoutSeconds: 3600 },
  inconclusive: { holdSeconds: 600, timeoutSeconds: 1800 },
  readyTimeoutSeconds: 600,
  standbyRegion: 'us-west-2',
};

export const worker: ServiceDelivery = (({ route: _route, ...rest }) => ({
  ...rest,
  service: 'aeon-dt-worker',
  strategy: 'rolling' as const,
  strategiesAllowed: ['rolling' as const],
  steps: [],
}))(plan);

const registry = '111111111111.dkr.ecr.us-east-1.amazonaws.com/aeon/aeon-dt-api';
export const oldImage = `${registry}@sha256:old`;
export const newImage = `${registry}@sha256:new`;
export const image = {
  tag: 'aeon-dt-api-production-1.5.0-3f9c2ab',
  digest: 'sha256:new',
  reference: newImage,
  platformDigests: ['sha256:arm', 'sha256:amd'],
  architectures: ['arm64', 'amd64'],
  sizeBytes: 80_000_000,
};
export const execution = {
  name: 'run-1',
  arn: 'arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-canary-promotion:run-1',
};
export const rollbackExecution = {
  name: 'back-1',
  arn: 'arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-canary-rollback:back-1',
};
export const request = { tag: image.tag, strategy: null, reason: '', requestedBy: 'ada' };
export const watched: Watched = {
  loadBalancer: 'app/aeon/0123456789abcdef',
  targetGroups: { blue: 'targetgroup/blue/1111111111111111', green: 'targetgroup/green/2222222222222222' },
};

/** A function's process ended after a side effect: nothing that comes after it happened. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

interface StoredSlot {
  image: string;
  replicas: number;
  available: number;
  epoch: number | undefined;
  version: number;
}

/** The world of one service in memory: what the ports read and write. Time stands unless a test moves it. */
export class World {
  now = Date.UTC(2026, 10, 2, 9, 0, 0);
  record: ReleaseRecord = {
    epoch: 1,
    stableSlot: 'blue',
    stableDigest: 'sha256:old',
    stableTag: 'aeon-dt-api-production-1.4.0-1234567',
  };
  recordVersion = 1;
  slots: Record<Slot, StoredSlot> = {
    blue: { image: oldImage, replicas: 5, available: 5, epoch: 1, version: 1 },
    green: { image: `${registry}@sha256:older`, replicas: 0, available: 0, epoch: undefined, version: 1 },
  };
  pods: Record<Slot, PodSeen[]> = { blue: [], green: [] };
  route = {
    weights: { blue: 100, green: 0 } as Record<Slot, number>,
    owner: 'mainstay-delivery',
    epoch: 0,
    version: 1,
  };
  bindings = [
    { serviceName: 'aeon-dt-api-blue', targetGroupArn: targetGroupArn('blue/1111111111111111') },
    { serviceName: 'aeon-dt-api-green', targetGroupArn: targetGroupArn('green/2222222222222222') },
  ];
  loadBalancer: string | undefined =
    'arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/aeon/0123456789abcdef';
  alarmsStanding = new Map<string, AlarmSeen>();
  series = new Map<string, Map<number, number>>();
  standbyParameters = new Map<string, string>();
  approvals = new Map<string, Approval>();
  executions = new Map<string, { status: string; input: string }>();
  waiting = new Set<string>();
  answered: { token: string; output: string }[] = [];
  published: { severity: string; subject: string; message: string }[] = [];
  /** Side effects so far; the test crashes after the one with this number (from 1). */
  writes = 0;
  crashAfter: number | undefined;
  /** Runs once, before the next write: something else changes the world between a read and a write. */
  meanwhile: (() => void) | undefined;

  readonly clock = { now: () => new Date(this.now) };
  readonly interlock = new MemoryInterlock(this.clock);

  /** What redelivery must not change: everything but versions and the number of writes. */
  state(): unknown {
    const slot = ({ image, replicas, epoch }: StoredSlot) => ({ image, replicas, epoch });
    return structuredClone({
      record: this.record,
      blue: slot(this.slots.blue),
      green: slot(this.slots.green),
      weights: this.route.weights,
      routeEpoch: this.route.epoch,
      standby: [...this.standbyParameters],
      // A question that is asked again waits as long as its new task.
      approvals: [...this.approvals.values()].map(({ expiresAt: _expiresAt, ...rest }) => rest),
      alarms: [...this.alarmsStanding],
      executions: [...this.executions],
    });
  }

  #written(): void {
    this.writes++;
    if (this.writes === this.crashAfter) throw new Crash(`after side effect ${this.writes}`);
  }

  #before(): void {
    const change = this.meanwhile;
    this.meanwhile = undefined;
    change?.();
  }

  readonly cluster: ReleaseCluster = {
    readRecord: async () => ({
      record: structuredClone(this.record),
      resourceVersion: String(this.recordVersion),
    }),
    writeRecord: async (_delivery, record, resourceVersion) => {
      this.#before();
      requireVersion(resourceVersion, this.recordVersion);
      this.record = structuredClone(record);
      this.recordVersion++;
      this.#written();
      return String(this.recordVersion);
    },
    readSlot: async (_delivery, slot) => {
      const { image, replicas, available, epoch, version } = this.slots[slot];
      return {
        slot,
        image,
        replicas,
        epoch,
        resourceVersion: String(version),
        updatedReplicas: replicas,
        readyReplicas: available,
        availableReplicas: available,
        totalReplicas: replicas,
        observed: true,
      };
    },
    writeImage: async (_delivery, seen, image, epoch) => {
      this.#before();
      const slot = this.slots[seen.slot];
      requireVersion(seen.resourceVersion, slot.version);
      Object.assign(slot, { image, epoch, version: slot.version + 1 });
      this.#written();
      return String(slot.version);
    },
    writeReplicas: async (_delivery, name, replicas, resourceVersion) => {
      this.#before();
      const slot = this.slots[name];
      requireVersion(resourceVersion, slot.version);
      Object.assign(slot, { replicas, available: replicas, version: slot.version + 1 });
      this.#written();
    },
    listPods: async (_delivery, slot) => this.pods[slot],
    readRoute: async () => ({
      weights: { ...this.route.weights },
      rules: [],
      resourceVersion: String(this.route.version),
    }),
    writeWeights: async (_delivery, seen, weights, { epoch, force }) => {
      this.#before();
      requireVersion(seen.resourceVersion, this.route.version);
      if (this.route.owner !== 'mainstay-delivery' && !force) {
        throw new RouteChangedElsewhere('aeon-dt-api', `rules of ${this.route.owner}`, 'ours');
      }
      this.route = { weights: { ...weights }, owner: 'mainstay-delivery', epoch, version: this.route.version + 1 };
      this.#written();
    },
    listTargetGroupBindings: async () => this.bindings,
  };

  readonly loadBalancers = {
    loadBalancersOf: async (arns: readonly string[]) =>
      new Map(this.loadBalancer === undefined ? [] : arns.map((arn) => [arn, this.loadBalancer ?? ''] as const)),
  };

  readonly alarms = {
    list: async (prefix: string) => [...this.alarmsStanding.values()].filter((alarm) => alarm.name.startsWith(prefix)),
    put: async (alarm: { name: string }) => {
      this.alarmsStanding.set(alarm.name, { name: alarm.name, state: 'OK', configuration: JSON.stringify(alarm) });
      this.#written();
    },
    configurationOf: (alarm: object) => JSON.stringify(alarm),
  };

  readonly metrics: Metrics = {
    read: async (queries, from, to) =>
      new Map(
        queries.map((query) => {
          const values = this.series.get(`${query.targetGroup} ${query.metric} ${query.statistic.split('(')[0]}`);
          const inside = [...(values ?? [])].filter(([at]) => at >= from.getTime() && at < to.getTime());
          return [query.id, new Map(inside)];
        }),
      ),
  };

  readonly standby = {
    read: async (region: string, name: string) => this.standbyParameters.get(`${region} ${name}`),
    write: async (region: string, name: string, value: string) => {
      this.standbyParameters.set(`${region} ${name}`, value);
      this.#written();
    },
  };

  readonly approvalsPort = {
    find: async (id: string) => structuredClone(this.approvals.get(id)),
    ask: async (approval: Approval) => {
      if (this.approvals.get(approval.id)?.answer) return false;
      this.approvals.set(approval.id, approval);
      this.#written();
      return true;
    },
    answer: async (id: string, answer: NonNullable<Approval['answer']>) => {
      this.#before();
      const approval = this.approvals.get(id);
      if (!approval || approval.answer) return false;
      this.approvals.set(id, { ...approval, answer });
      this.#written();
      return true;
    },
  };

  readonly executionsPort = {
    running: async (machine: string) =>
      [...this.executions].flatMap(([arn, { status, input }]) =>
        status === 'RUNNING' && arn.startsWith(machine.replace(':stateMachine:', ':execution:')) ? [input] : [],
      ),
    describe: async (arn: string) => this.executions.get(arn),
    stop: async (arn: string) => {
      const found = this.executions.get(arn);
      if (found?.status === 'RUNNING') this.executions.set(arn, { ...found, status: 'ABORTED' });
      this.#written();
    },
    answer: async (token: string, output: string) => {
      const waits = this.waiting.delete(token);
      if (waits) this.answered.push({ token, output });
      this.#written();
      return waits;
    },
  };

  readonly notifications = {
    publish: async (severity: string, subject: string, message: string) => {
      this.published.push({ severity, subject, message });
      this.#written();
    },
  };
}

function requireVersion(given: string, standing: number): void {
  if (given !== String(standing)) throw new ObjectChanged(`read at ${given}, stands at ${standing}`);
}

function targetGroupArn(end: string): string {
  return `arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/${end}`;
}

/** The hold of a promotion of `image` that run-1 took, with the record to match, written into the world. */
export function held(world: World, strategy: Hold['strategy'] = 'canary'): { plan: ServiceDelivery; hold: Hold } {
  const canarySlot = strategy === 'rolling' ? 'blue' : 'green';
  const { image: beforeImage, replicas } = world.slots[canarySlot];
  world.record = {
    ...world.record,
    epoch: 2,
    promotion: {
      id: 'run-1',
      executionArn: execution.arn,
      strategy,
      canarySlot,
      canaryDigest: image.digest,
      canaryTag: image.tag,
      canaryImage: newImage,
      startedAt: '2026-11-02T09:00:00.000Z',
      phase: 'promoting',
      stableReplicas: 5,
      before: { image: beforeImage, replicas: strategy === 'rolling' ? replicas : 0 },
    },
  };
  const hold: Hold = {
    id: 'run-1',
    epoch: 2,
    strategy,
    steps: strategy === 'canary' ? plan.steps : [{ weightPercent: 100, watchSeconds: 600 }],
    stableSlot: 'blue',
    canarySlot,
    canaryDigest: image.digest,
    canaryTag: image.tag,
  };
  return { plan, hold };
}

const redeliveredAfterMilliseconds = 5_000;

/**
 * Runs a task once in a world of its own; then, in other worlds, twice, and crashed after each of its side effects and delivered again.
 * Answers the state after the one run and the states of all the others.
 */
export async function redelivered(
  make: () => { world: World; run: () => Promise<unknown> },
): Promise<{ once: unknown; again: unknown[]; sideEffects: number }> {
  const first = make();
  await first.run();
  const again: unknown[] = [];
  const second = make();
  await second.run();
  second.world.now += redeliveredAfterMilliseconds;
  await second.run();
  again.push(second.world.state());
  for (let effect = 1; effect <= first.world.writes; effect++) {
    const crashed = make();
    crashed.world.crashAfter = effect;
    await crashed.run().then(
      () => {
        throw new Error(`no crash after side effect ${effect}`);
      },
      (error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      },
    );
    crashed.world.now += redeliveredAfterMilliseconds;
    await crashed.run();
    again.push(crashed.world.state());
  }
  return { once: first.world.state(), again, sideEffects: first.world.writes };
}
