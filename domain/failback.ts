/** Whether a platform may go back, and when the writes may stop for it. Going back is planned: it loses nothing, or it does not happen. */

/** How long the other region has to have answered. */
export const answersForSeconds = 3600;
/** How long the replica there has to have been without lag. */
export const withoutLagSeconds = 600;
/** What counts as lag: a beat every two seconds, and its way. */
export const lagSecondsMax = 5;
/** How long the writes may stand still for the replica to reach the last position; then they are let in again. */
export const quiesceSeconds = 60;

export interface OtherRegion {
  readonly name: string;
  /** Since when every look found it answering; undefined: the last did not. */
  readonly answersSince?: Date;
  /** What its own record says; it has to know of the reign that is now. */
  readonly epoch: number;
  /** Databases there that the application could still write to. */
  readonly writable: readonly string[];
  /** Claims in its interlock, in words. */
  readonly working: readonly string[];
}

/** Why the platform can't begin to go back; none: a replica may be built there. */
export function failbackObstacles(other: OtherRegion, reign: { readonly epoch: number }, now: Date): readonly string[] {
  const obstacles: string[] = [];
  const answers = other.answersSince ? (now.getTime() - other.answersSince.getTime()) / 1000 : 0;
  if (answers < answersForSeconds)
    obstacles.push(`It has answered for ${Math.floor(answers)} s; ${answersForSeconds} s are asked for.`);
  if (other.epoch !== reign.epoch)
    obstacles.push(`It believes in reign ${other.epoch}; this is ${reign.epoch}. Its guard has not seen it yet.`);
  for (const database of other.writable)
    obstacles.push(`'${database}' there still lets the application write: it is stale and not fenced.`);
  for (const work of other.working) obstacles.push(`There ${work}.`);
  return obstacles;
}

export interface Follower {
  readonly database: string;
  readonly status: string;
  readonly isReplica: boolean;
  /** Age of the heartbeat in it; undefined: it can't be read. */
  readonly lagSeconds?: number;
  /** Since when the lag is within bounds. */
  readonly followsSince?: Date;
}

/** Why the switch can't be made yet. `window`: whether now lies in it. */
export function switchObstacles(
  followers: readonly Follower[],
  window: boolean,
  blocking: readonly string[],
  now: Date,
): readonly string[] {
  const obstacles = [...blocking];
  if (!window) obstacles.push('It is not the time for it.');
  for (const { database, status, isReplica, lagSeconds, followsSince } of followers) {
    if (!isReplica) obstacles.push(`'${database}' there is no replica.`);
    else if (status !== 'available') obstacles.push(`'${database}' there is '${status}'.`);
    else if (lagSeconds === undefined) obstacles.push(`Nobody can say how far '${database}' there is behind.`);
    else if (lagSeconds > lagSecondsMax) obstacles.push(`'${database}' there is ${lagSeconds} s behind.`);
    else if (!followsSince || (now.getTime() - followsSince.getTime()) / 1000 < withoutLagSeconds)
      obstacles.push(`'${database}' there has not followed without lag for ${withoutLagSeconds / 60} minutes.`);
  }
  return obstacles;
}

/** A position in PostgreSQL's log, `16/B374D848`, as a number that can be compared. Throws RangeError. */
export function logPosition(text: string): bigint {
  const [, high = '', low = ''] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text) ?? [];
  if (high === '') throw new RangeError(`'${text}' is no position of the log. It looks like 16/B374D848.`);
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

export type QuiesceStep = { readonly do: 'promote' | 'wait' | 'let-in-again'; readonly why: string };

/**
 * After the writes have stopped at `last`: the replica has replayed all of it, or is waited for, or the writes come back. Only what has been
 * replayed to the end is promoted: the loss is none by construction.
 */
export function quiesceStep({
  last,
  replayed,
  since,
  now,
}: {
  readonly last: string;
  /** Undefined: it can't be read. */
  readonly replayed: string | undefined;
  readonly since: Date;
  readonly now: Date;
}): QuiesceStep {
  if (replayed !== undefined && logPosition(replayed) >= logPosition(last)) {
    return { do: 'promote', why: `All is replayed up to ${last}.` };
  }
  const seconds = (now.getTime() - since.getTime()) / 1000;
  if (seconds >= quiesceSeconds)
    return {
      do: 'let-in-again',
      why: `After ${Math.floor(seconds)} s ${replayed ?? 'nothing'} of ${last} is replayed.`,
    };
  return { do: 'wait', why: `${replayed ?? 'Nothing'} of ${last} is replayed.` };
}
