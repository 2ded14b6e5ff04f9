import type { RealServer } from '../postgres/real/server.ts';
import { logSwitchMilliseconds } from './durations.ts';
import type { MetricSink } from './module.ts';
import type { RdsContext } from './rds-context.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import type { SimulatedService } from './service.ts';

/** 'ReplicaLag returns -1 if replication is not active', in seconds: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html */
const inactiveMilliseconds = -1000;

/** RDS writes into the log of a source at least so often, which a replica that has nothing else to count from counts from. */
function lastLogSwitch(until: number): number {
  return Math.floor(until / logSwitchMilliseconds) * logSwitchMilliseconds;
}

/** Since the last commit of which a replica knows that has come up to `until`. */
function modelledLagMilliseconds({ model }: DatabaseInstanceState, now: number, until: number): number {
  return now - Math.max(model.lastCommitAt(until), lastLogSwitch(until));
}

/** The same of a real replica, by virtual time: the server's own measure is the host's clock. */
function realLagMilliseconds(replica: RealServer, now: number, until: number): number {
  if (!replica.replicates) return inactiveMilliseconds;
  return now - Math.max(replica.lastWriteAt(until), lastLogSwitch(until));
}

/** The metric `ReplicaLag`. */
export class LagMetric {
  readonly #context: RdsContext;
  #begun = false;

  constructor(context: RdsContext) {
    this.#context = context;
  }

  /** Published from the first replica on. */
  begin(): void {
    if (this.#begun || !this.#context.instances.all.some(({ replicaOf }) => replicaOf !== undefined)) return;
    this.#begun = true;
    this.#publish();
  }

  /**
   * Each minute, in the replica's region: the time since the last commit that it has, so an idle source looks late.
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html
   */
  #publish(): void {
    const { instances, replication, world } = this.#context;
    const { account } = world;
    for (const instance of instances.all) {
      if (instance.replicaOf === undefined) continue;
      replication.draw(instance);
      if (instance.outage !== undefined || instance.status === 'creating') continue;
      account.service<SimulatedService & MetricSink>('cloudwatch').putMetric({
        namespace: 'AWS/RDS',
        name: 'ReplicaLag',
        dimensions: { DBInstanceIdentifier: instance.identifier },
        value: this.#lagMilliseconds(instance) / 1000,
        unit: 'Seconds',
        region: instance.region,
      });
    }
    account.kernel.after(60_000, 'replica lag', () => this.#publish());
  }

  #lagMilliseconds(instance: DatabaseInstanceState): number {
    const { replication, world } = this.#context;
    if (!replication.streams(instance)) return inactiveMilliseconds;
    const now = world.account.kernel.now();
    const until = replication.positionOf(instance);
    return instance.real
      ? realLagMilliseconds(instance.real, now, until)
      : modelledLagMilliseconds(instance, now, until);
  }
}
