import type { DatabaseModel } from '../postgres/database.ts';
import { replicationMilliseconds } from './durations.ts';
import type { World } from './module.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';

/** Why nothing comes in: the source is down, the network between them is, or the replica is being promoted. */
export type Cut = 'source' | 'network' | 'promotion';

interface Stream {
  /** How long a change is under way, since the last minute. */
  delay: number;
  /** What a fault adds to it. */
  late: number;
  readonly cuts: Set<Cut>;
  /** How far it had come when it was cut, and what there was then: what its source does afterwards, to users too, is not in it. */
  position?: number;
  model?: DatabaseModel;
}

/** How each replica stands to its source. */
export class Replication {
  readonly #world: World;
  /** By ARN of the replica. */
  readonly #streams = new Map<string, Stream>();

  constructor(world: World) {
    this.#world = world;
  }

  #streamOf({ arn }: DatabaseInstanceState): Stream {
    let stream = this.#streams.get(arn);
    if (!stream) {
      stream = { delay: replicationMilliseconds.maximum, late: 0, cuts: new Set() };
      this.#streams.set(arn, stream);
    }
    return stream;
  }

  /** Draws how long changes are under way from now on. */
  draw(replica: DatabaseInstanceState): void {
    const { minimum, maximum } = replicationMilliseconds;
    const random = this.#world.account.kernel.random('rds/replica-lag');
    this.#streamOf(replica).delay = minimum + (maximum - minimum) * random.uniform();
  }

  /** Virtual time up to which a replica has what its source wrote. */
  positionOf(replica: DatabaseInstanceState): number {
    const { delay, late, position } = this.#streamOf(replica);
    return position ?? this.#world.account.kernel.now() - delay - late;
  }

  /** What has come to a replica, and nothing else. */
  modelOf(replica: DatabaseInstanceState): DatabaseModel {
    return this.#streamOf(replica).model ?? replica.model;
  }

  behindMilliseconds(replica: DatabaseInstanceState): number {
    return this.#world.account.kernel.now() - this.positionOf(replica);
  }

  /** Whether changes come in at all. */
  streams(replica: DatabaseInstanceState): boolean {
    return this.#streamOf(replica).cuts.size === 0;
  }

  /** Everything is under way so much longer than usual. */
  delay(replica: DatabaseInstanceState, milliseconds: number): void {
    this.#streamOf(replica).late = milliseconds;
  }

  /** Nothing comes in any more. */
  cut(replica: DatabaseInstanceState, why: Cut): void {
    const stream = this.#streamOf(replica);
    stream.position ??= this.positionOf(replica);
    stream.model ??= replica.model.copy({ asOf: stream.position });
    stream.cuts.add(why);
  }

  /** What was missed comes in at once, unless it is cut for another reason too. */
  mend(replica: DatabaseInstanceState, why: Cut): void {
    const stream = this.#streamOf(replica);
    stream.cuts.delete(why);
    if (stream.cuts.size > 0) return;
    delete stream.position;
    delete stream.model;
  }

  forget({ arn }: DatabaseInstanceState): void {
    this.#streams.delete(arn);
  }
}
