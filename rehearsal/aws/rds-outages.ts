import {
  databaseRestartMilliseconds,
  failureDetectionMilliseconds,
  forcedFailoverMilliseconds,
  hostReplacementMilliseconds,
  multiAzFailoverMilliseconds,
} from './durations.ts';
import { onInstance } from './rds-changes.ts';
import { drawn, inBackground, pause, type RdsContext } from './rds-context.ts';
import { describeInstance } from './rds-describe.ts';
import { type DatabaseInstanceState, requireStatus } from './rds-instances.ts';
import { AwsError, type Operation } from './service.ts';

/** What happens to the hosts of instances, and how RDS brings them back. Nothing that was acknowledged is lost with a host: both halves have it. */
export class Outages {
  readonly #context: RdsContext;
  /** A later event on an instance makes an earlier recovery void. */
  readonly #turns = new Map<DatabaseInstanceState, number>();
  readonly #lostZones = new Set<string>();

  constructor(context: RdsContext) {
    this.#context = context;
  }

  #turn(instance: DatabaseInstanceState): () => boolean {
    const turn = (this.#turns.get(instance) ?? 0) + 1;
    this.#turns.set(instance, turn);
    return () => this.#turns.get(instance) === turn && this.#context.instances.stands(instance);
  }

  /** The host is gone. RDS brings the instance back: a Multi-AZ one on its other half, unless the run has told RDS not to notice. */
  async lose(instance: DatabaseInstanceState): Promise<void> {
    const isTurn = this.#turn(instance);
    await this.#down(instance, 'lost');
    if (this.#context.lostRegions.has(instance.region)) return;
    inBackground(this.#context, () => this.#recover(instance, isTurn));
  }

  async #recover(instance: DatabaseInstanceState, isTurn: () => boolean): Promise<void> {
    const { faults, instances } = this.#context;
    if (instance.multiAz && !faults.failsOverByItself) return;
    const between = instance.multiAz ? multiAzFailoverMilliseconds : hostReplacementMilliseconds;
    const whole = drawn(this.#context, 'failover', between);
    await this.#pause(failureDetectionMilliseconds, instance);
    if (!isTurn()) return;
    instances.become(instance, 'rebooting');
    await this.#pause(whole - failureDetectionMilliseconds, instance);
    if (isTurn() && this.#canStand(instance)) await this.#up(instance, { otherHalf: instance.multiAz });
  }

  /** A single-zone instance comes back in its zone alone, a Multi-AZ one in the other. */
  #canStand({ multiAz, zone, secondaryZone }: DatabaseInstanceState): boolean {
    return !this.#lostZones.has(multiAz ? (secondaryZone ?? zone) : zone);
  }

  #pause(milliseconds: number, { identifier }: DatabaseInstanceState): Promise<void> {
    return pause(this.#context, milliseconds, `${identifier} comes back`);
  }

  /** Every instance whose writing half stands there loses its host. */
  async loseZone(zone: string): Promise<void> {
    this.#lostZones.add(zone);
    for (const instance of this.#context.instances.all) if (instance.zone === zone) await this.lose(instance);
  }

  async returnZone(zone: string): Promise<void> {
    this.#lostZones.delete(zone);
    await this.#return((instance) => instance.zone === zone);
  }

  /** Nothing of the region answers, and nothing there recovers, until it returns. */
  async loseRegion(region: string): Promise<void> {
    this.#context.lostRegions.add(region);
    for (const instance of this.#context.instances.all) if (instance.region === region) await this.lose(instance);
  }

  async returnRegion(region: string): Promise<void> {
    this.#context.lostRegions.delete(region);
    await this.#return((instance) => instance.region === region);
  }

  async #return(isOf: (instance: DatabaseInstanceState) => boolean): Promise<void> {
    for (const instance of this.#context.instances.all) {
      if (!isOf(instance) || instance.outage === undefined) continue;
      this.#turn(instance);
      await this.#up(instance, { otherHalf: false });
    }
  }

  /** A restart, or with `otherHalf` a failover that somebody asked for. */
  async restart(instance: DatabaseInstanceState, { otherHalf }: { readonly otherHalf: boolean }): Promise<void> {
    const isTurn = this.#turn(instance);
    const wasLost = instance.outage === 'lost';
    this.#context.instances.become(instance, 'rebooting');
    if (!wasLost) await this.#down(instance, 'restarting');
    const between = otherHalf ? forcedFailoverMilliseconds : databaseRestartMilliseconds;
    await this.#pause(drawn(this.#context, 'restart', between), instance);
    // A host that is gone does not come back by a restart.
    if (isTurn() && (otherHalf ? this.#canStand(instance) : !wasLost)) await this.#up(instance, { otherHalf });
  }

  async #down(instance: DatabaseInstanceState, outage: 'lost' | 'restarting'): Promise<void> {
    const { sessions, replication, instances, world } = this.#context;
    instance.outage = outage;
    if (outage === 'lost') sessions.silence(instance);
    else sessions.end(instance);
    for (const replica of instances.replicasOf(instance)) replication.cut(replica, 'source');
    const { real } = instance;
    if (real?.running) await world.account.kernel.hold(() => (outage === 'lost' ? real.kill() : real.stop()));
    world.account.log.write('database.outage', { database: instance.identifier, region: instance.region, outage });
  }

  async #up(instance: DatabaseInstanceState, { otherHalf }: { readonly otherHalf: boolean }): Promise<void> {
    const { sessions, replication, instances, world } = this.#context;
    const { real, zone, secondaryZone } = instance;
    if (real && !real.running) await world.account.kernel.hold(() => real.start());
    if (otherHalf && secondaryZone !== undefined) {
      instance.zone = secondaryZone;
      instance.secondaryZone = zone;
    }
    delete instance.outage;
    sessions.end(instance);
    for (const replica of instances.replicasOf(instance)) replication.mend(replica, 'source');
    world.account.log.write('database.outage', {
      database: instance.identifier,
      region: instance.region,
      outage: 'none',
    });
    if (instance.status === 'rebooting') instances.become(instance, 'available');
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RebootDBInstance.html */
export function outageOperations(context: RdsContext, outages: Outages): Record<string, Operation> {
  return {
    RebootDBInstance: {
      inputs: ['DBInstanceIdentifier', 'ForceFailover'],
      authorise: onInstance(context, 'RebootDBInstance'),
      run: (input, { region }) => {
        const instance = context.instances.require(region, input['DBInstanceIdentifier']);
        const otherHalf = input['ForceFailover'] === true;
        // 'Constraint: You can't enable force failover if the instance isn't configured for Multi-AZ.'
        if (otherHalf && !instance.multiAz) {
          throw new AwsError('InvalidParameterCombination', `${instance.identifier} is not a Multi-AZ instance.`);
        }
        requireStatus(instance, 'available');
        inBackground(context, () => outages.restart(instance, { otherHalf }));
        return { DBInstance: describeInstance(context, instance) };
      },
    },
  };
}
