import type { StreamPeer } from '../lambda/network.ts';
import type { ServiceModule, World } from './module.ts';
import { changeOperations } from './rds-changes.ts';
import { inBackground, type RdsContext } from './rds-context.ts';
import { Copies, copyOperations } from './rds-copies.ts';
import { instanceProvider } from './rds-creation.ts';
import { databaseEndpoints } from './rds-endpoints.ts';
import { Exports, exportOperations } from './rds-exports.ts';
import { type DatabaseFaults, noDatabaseFaults } from './rds-faults.ts';
import { DatabaseGroups } from './rds-groups.ts';
import { instanceOperations } from './rds-instance-operations.ts';
import { type DatabaseInstanceState, Instances } from './rds-instances.ts';
import { LagMetric } from './rds-lag.ts';
import { Outages, outageOperations } from './rds-outages.ts';
import { automatedBackupOperations } from './rds-point-in-time.ts';
import { promotionOperations } from './rds-promotion.ts';
import { replicaOperations } from './rds-replica-operations.ts';
import { Replication } from './rds-replication.ts';
import { restoreOperations } from './rds-restores.ts';
import { Sessions } from './rds-sessions.ts';
import { snapshotOperations } from './rds-snapshot-operations.ts';
import { type DatabaseQuotas, foreignSnapshot, type Snapshot, type SnapshotFate, Snapshots } from './rds-snapshots.ts';
import { tagOperations } from './rds-tag-operations.ts';
import type { AttachmentTarget } from './secretsmanager.ts';
import { AwsError, type Operation, type ResourceProvider, type SimulatedService } from './service.ts';

/** The simulated RDS of all regions: PostgreSQL instances, their replicas and snapshots. */
export class Rds implements SimulatedService, AttachmentTarget {
  readonly id = 'rds';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  /** Of each region. A run may raise them, as a person asks AWS to. */
  readonly quotas: DatabaseQuotas = { manualSnapshots: 100, copiesToRegion: 20, exportTasks: 5, instances: 40 };
  readonly faults: DatabaseFaults = { ...noDatabaseFaults };
  readonly lag: LagMetric;
  /** Loss of hosts, zones and regions. */
  readonly outages: Outages;
  readonly #context: RdsContext;

  constructor(world: World) {
    const instances = new Instances(world.account);
    this.#context = {
      world,
      instances,
      groups: new DatabaseGroups(world),
      snapshots: new Snapshots(world, this.quotas),
      replication: new Replication(world),
      sessions: new Sessions(),
      faults: this.faults,
      quotas: this.quotas,
      lostRegions: new Set(),
    };
    this.lag = new LagMetric(this.#context);
    this.outages = new Outages(this.#context);
    world.account.regions.watch((region, state) =>
      inBackground(this.#context, () =>
        state === 'lost' ? this.outages.loseRegion(region) : this.outages.returnRegion(region),
      ),
    );
    world.account.regions.watchLinks((one, other, joined) => {
      for (const replica of instances.all) {
        const source = instances.byArn(replica.replicaOf ?? '');
        if (source && [source.region, replica.region].sort().join() === [one, other].sort().join())
          inBackground(this.#context, () => this.connectReplica(replica, joined));
      }
    });
    this.providers = [...this.#context.groups.providers, instanceProvider(this.#context)];
    this.operations = {
      ...instanceOperations(this.#context),
      ...snapshotOperations(this.#context),
      ...copyOperations(this.#context, new Copies(this.#context)),
      ...restoreOperations(this.#context),
      ...automatedBackupOperations(this.#context),
      ...changeOperations(this.#context),
      ...outageOperations(this.#context, this.outages),
      ...promotionOperations(this.#context),
      ...replicaOperations(this.#context, () => this.lag.begin()),
      ...exportOperations(this.#context, new Exports(this.#context)),
      ...tagOperations(this.#context),
    };
  }

  /** Where functions reach the databases. */
  get endpoints(): StreamPeer {
    return databaseEndpoints(this.#context);
  }

  /** An instance by region and identifier, for checkers. */
  instance(region: string, identifier: string): DatabaseInstanceState | undefined {
    return this.#context.instances.find(region, identifier);
  }

  get instances(): readonly DatabaseInstanceState[] {
    return this.#context.instances.all;
  }

  /** Manual and automated snapshots of a region, for checkers. */
  snapshotsIn(region: string): readonly Snapshot[] {
    return this.#context.snapshots.in(region);
  }

  /** So many manual snapshots that are somebody else's stand in the region from now on. */
  addForeignSnapshots(region: string, count: number): void {
    const { snapshots, world } = this.#context;
    const { account, kernel } = world.account;
    const before = snapshots.manualCount(region);
    for (let number = before; number < before + count; number++) {
      snapshots.add(foreignSnapshot(region, account, number, kernel.now()));
    }
  }

  /** Lets the run say how snapshots and copies end. */
  decideFates(fateOf: (snapshot: Snapshot) => SnapshotFate | undefined): void {
    this.#context.snapshots.fateOf = fateOf;
  }

  attachmentOf(region: string, targetId: string): Readonly<Record<string, string | number>> {
    const instance = this.instance(region, targetId);
    if (!instance) throw new AwsError('DBInstanceNotFound', `DBInstance ${targetId} not found.`, 404);
    const { host, port, identifier } = instance;
    return { engine: 'postgres', host, port, dbInstanceIdentifier: identifier };
  }

  /** Everything is under way to a replica so much longer than usual: it falls behind, and what has not come is lost with its source. */
  delayReplica(replica: DatabaseInstanceState, milliseconds: number): void {
    this.#context.replication.delay(replica, milliseconds);
  }

  /** The network between a replica and its source is cut, or whole again. */
  async connectReplica(replica: DatabaseInstanceState, connected: boolean): Promise<void> {
    const { replication, world } = this.#context;
    if (connected) replication.mend(replica, 'network');
    else replication.cut(replica, 'network');
    const { real } = replica;
    if (real?.running) await world.account.kernel.hold(() => (connected ? real.reconnect() : real.disconnect()));
  }

  /** Open connections to an instance, for checkers. */
  connectionsTo(instance: DatabaseInstanceState): number {
    return this.#context.sessions.count(instance);
  }

  /** Users with an open session at a modelled server now, for checkers. */
  sessionUsers(instance: DatabaseInstanceState): readonly string[] {
    const backends = this.#context.sessions.backendsOf(instance);
    instance.model.fence(backends);
    return backends.users;
  }

  /** How far a replica is behind its source now. */
  behindMilliseconds(replica: DatabaseInstanceState): number {
    return this.#context.replication.behindMilliseconds(replica);
  }
}

/** RDS as a module of the simulated world. */
export function createRds(world: World): ServiceModule {
  const rds = new Rds(world);
  world.network.connectStream(rds.endpoints);
  return { services: [rds], providers: rds.providers, started: () => rds.lag.begin() };
}
