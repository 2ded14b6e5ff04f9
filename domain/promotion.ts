/**
 * How a replica becomes a primary, look by look. RDS promotes only what is at rest, restarts it, and says nothing of its progress; a promotion
 * can hang, and there may be no replica at all. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
 */

/** How often a promotion is looked at. */
export const promotionLookSeconds = 10;
/** How long a replica may still replay what has come to it before it is promoted as it is. */
export const replaySeconds = 60;

/** States of an instance out of which it does not come by itself. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html */
const lostStates = [
  'failed',
  'inaccessible-encryption-credentials',
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'deleting',
  'stopped',
  'stopping',
];
const restingStates = ['available', 'storage-optimization'];

/** The standby's instance; undefined where there is none. */
export interface InstanceSeen {
  readonly status: string;
  /** Of the instance that it copies; absent: it is its own. */
  readonly sourceOf?: string;
}

export type PromotionStep =
  | { readonly do: 'promote' | 'done' }
  /** `tell`: over its share; a person hears of it, once. */
  | { readonly do: 'wait'; readonly waitSeconds: number; readonly why: string; readonly tell: boolean }
  /** There is nothing to promote: the newest set is restored, and that costs time and what is newer. */
  | { readonly do: 'restore'; readonly why: string };

export interface PromotionSoFar {
  readonly seen: InstanceSeen | undefined;
  /** When the step began. */
  readonly since: Date;
  /** When PromoteReadReplica was taken; absent before. */
  readonly askedAt?: Date;
  /** Bytes of the log that have come and are not replayed; absent where it can't be read. */
  readonly toReplay?: number;
  readonly shareSeconds: number;
  readonly now: Date;
}

/** The next step. Delivered again it finds what is: a replica that is none any more has been promoted, whoever asked. */
export function promotionStep({ seen, since, askedAt, toReplay, shareSeconds, now }: PromotionSoFar): PromotionStep {
  if (!seen) return { do: 'restore', why: 'There is no replica.' };
  const resting = restingStates.includes(seen.status);
  // Its first backup begins when it is its own, and keeps nobody out.
  if (seen.sourceOf === undefined && (resting || seen.status === 'backing-up')) return { do: 'done' };
  if (lostStates.includes(seen.status)) return { do: 'restore', why: `The instance is '${seen.status}'.` };
  const seconds = (now.getTime() - since.getTime()) / 1000;
  const tell = seconds > shareSeconds;
  const wait = (why: string): PromotionStep => ({ do: 'wait', waitSeconds: promotionLookSeconds, why, tell });
  if (seen.sourceOf === undefined) return wait(`It is promoted and '${seen.status}'.`);
  // Asked for and not begun: RDS shows it within seconds. A second call would be refused, so a state at rest after a while is a call that was lost.
  const asked = askedAt && (now.getTime() - askedAt.getTime()) / 1000 < 2 * promotionLookSeconds;
  if (asked) return wait('The promotion was asked for.');
  if (!resting) return wait(`The replica is '${seen.status}' and can't be promoted yet.`);
  if ((toReplay ?? 0) > 0 && seconds < replaySeconds) return wait(`${toReplay} bytes are still replayed.`);
  return { do: 'promote' };
}

/** Whether there is something to promote, or will be: not where nothing is, nor where it is lost. */
export function isPromotable(seen: InstanceSeen | undefined): boolean {
  return seen !== undefined && !lostStates.includes(seen.status);
}

/** Whether a promotion hangs: a person decides whether to go on waiting or to restore under another name. */
export function hangs({ since, now, shareSeconds }: Pick<PromotionSoFar, 'since' | 'now' | 'shareSeconds'>): boolean {
  return now.getTime() - since.getTime() > 1.5 * shareSeconds * 1000;
}
