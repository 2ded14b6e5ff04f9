/** Whether a platform may go back, and when the writes may stop for it. Going back is planned: it loses nothing, or it does not happen. */

/** How long the other region has to have answered. */
export const answersForSeconds = 3600;
/** How long the replica there has to have been without lag. */
export const withoutLagSeconds = 600;
/** What counts as lag: a beat every two seconds, and its way. */
export const lagSecondsMax = 5;
/** How long the writes may stand still for the replica to reach the last position; then they are let in again. */
export const quiesceSeconds = 60;

/** Key, in the table of leases of the region that reigns, of the failback that has stopped the writes. */
export const quietKey = 'quiet';

export interface OtherRegion {
  readonly name: string;
  /** Since when every look found it answering; undefined: the last did not. */
  readonly answersSince?: Date;
  /** What its own record says; it has to know of the reign that is now. */
  readonly epoch: number;
  /** Databases there of which nobody can say whether the application could write to them. */
  readonly unseen?: readonly string[];
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
  for (const database of other.unseen ?? [])
    obstacles.push(`Nobody can say whether '${database}' there lets the application write.`);
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

/** Name of an instance that was set aside as evidence. `nth`: of several in one reign. */
export function staleInstanceName(instance: string, epoch: number, nth = 1): string {
  return nth === 1 ? `${instance}-stale-${epoch}` : `${instance}-stale-${epoch}-${nth}`;
}
/** So many attempts of one reign leave evidence; then a person looks at it first. */
export const staleInstancesMax = 5;

/** The instance that has the database's own name in the region that is rebuilt. */
export interface RebuiltInstance {
  readonly status: string;
  /** ARN of the instance that it follows; absent: it is its own. */
  readonly sourceOf?: string;
}

export type RebuildStep =
  | { readonly do: 'set-aside' | 'build' | 'done'; readonly why: string }
  | { readonly do: 'wait'; readonly state: 'setting-aside' | 'creating'; readonly why: string }
  | { readonly do: 'give-up'; readonly why: string };

/** Out of these a replica does not come by itself. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
const brokenStates = [
  'failed',
  'inaccessible-encryption-credentials',
  'incompatible-network',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
];

/**
 * What comes next on the way to a replica of `source` under the instance's own name. Whatever has the name now, and does not follow the source, is kept
 * under another: nobody deletes what may hold the only copy of a write.
 */
export function rebuildStep(own: RebuiltInstance | undefined, source: string): RebuildStep {
  if (!own) return { do: 'build', why: 'The name is free.' };
  if (own.sourceOf === source) {
    if (own.status === 'available') return { do: 'done', why: 'It follows.' };
    if (brokenStates.includes(own.status)) return { do: 'give-up', why: `The new replica is '${own.status}'.` };
    return { do: 'wait', state: 'creating', why: `The replica is '${own.status}'.` };
  }
  if (own.status === 'available') return { do: 'set-aside', why: 'It does not follow the region that reigns.' };
  return { do: 'wait', state: 'setting-aside', why: `It is '${own.status}', and can't be renamed now.` };
}

/** When the writes may be stopped for a switch. */
export interface SwitchWindow {
  /** `sunday` */
  readonly weekday: string;
  /** `04:00` */
  readonly startsAtUtc: string;
  readonly durationMinutes: number;
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const weekSeconds = 7 * 24 * 3600;

/** Whether `now` lies in the window, and the seconds until it begins next; 0 in it. Without a window it is always time. Throws RangeError. */
export function windowAt(
  window: SwitchWindow | null,
  now: Date,
): { readonly open: boolean; readonly inSeconds: number } {
  if (!window) return { open: true, inSeconds: 0 };
  const day = weekdays.indexOf(window.weekday);
  const [hours = Number.NaN, minutes = Number.NaN] = window.startsAtUtc.split(':').map(Number);
  if (day < 0 || Number.isNaN(hours + minutes))
    throw new RangeError(
      `'${window.weekday} ${window.startsAtUtc}' is no moment of a week. It looks like sunday 04:00.`,
    );
  const starts = day * 86_400 + hours * 3600 + minutes * 60;
  const at = now.getUTCDay() * 86_400 + now.getUTCHours() * 3600 + now.getUTCMinutes() * 60 + now.getUTCSeconds();
  const since = (at - starts + weekSeconds) % weekSeconds;
  const open = since < window.durationMinutes * 60;
  return { open, inSeconds: open ? 0 : weekSeconds - since };
}

/** How often the followers are looked at while it may soon be time; and far from the window, where a look costs a state of the workflow's history. */
export const followerLookSeconds = 60;
const seldomLookSeconds = 3600;

/** Until the next look: often in the window and shortly before, so that ten minutes without lag have been seen when it opens. */
export function nextLookSeconds(inSeconds: number): number {
  const before = inSeconds - withoutLagSeconds - 5 * followerLookSeconds;
  return before <= followerLookSeconds ? followerLookSeconds : Math.min(seldomLookSeconds, before);
}

/** Since when a region has answered each minute until now. `minutes`: those in which it did, in any order. Undefined: the last two it did not. */
export function answersSince(minutes: readonly Date[], now: Date): Date | undefined {
  let since: number | undefined;
  let next = now.getTime();
  for (const minute of minutes.map((each) => each.getTime()).sort((a, b) => b - a)) {
    // A figure's minute is shown when it has ended, and one start in sixty may be lost.
    if (next - minute > 3 * 60_000) break;
    since = minute;
    next = minute;
  }
  return since === undefined ? undefined : new Date(since);
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
