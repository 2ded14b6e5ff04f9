/** When a rotation is still on its way, when it is overdue, and what the watchdog says that it found. */

/** What the watchdog finds. */
export const rotationStates = [
  'empty-pending-version',
  'pending-left',
  'current-does-not-log-in',
  'overdue',
  'claim-left',
  'no-current-version',
  'no-such-secret',
  'cannot-be-looked-at',
] as const;
export type RotationState = (typeof rotationStates)[number];

/** What it does about it. `waits`: the next look tries again. */
export const watchDeeds = ['finished', 'undone', 'mended', 'started', 'released', 'waits', 'needs-a-person'] as const;
export type WatchDeed = (typeof watchDeeds)[number];

export interface RotationFinding {
  /** Name of the rotation. */
  readonly secret: string;
  readonly found: RotationState;
  readonly did: WatchDeed;
  readonly why: string;
  readonly versionId?: string;
}

/**
 * A rotation takes seconds, and Secrets Manager tries a failed one again by itself for some minutes: how long is not documented,
 * so it is given ten. Acting earlier would be safe too, for every step finds what another has done.
 */
const underWaySeconds = 600;

/** Whether somebody else may still be at it. `since`: when its version was made; unknown counts as long ago. */
export function isUnderWay(since: Date | undefined, now: Date): boolean {
  return since !== undefined && now.getTime() - since.getTime() < underWaySeconds * 1000;
}

/** The window in which a schedule may start a rotation is at most a day. */
const lateSeconds = 24 * 3600;
/** Secrets Manager rotates at most every four hours; a rotation that is refused again and again is not asked for more often. https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html */
const betweenStartsSeconds = 4 * 3600;

/** Whether a rotation should have been by now, and is to be started. `rotatedAt`: when the current version was made or taken. */
export function isOverdue(
  everyDays: number,
  times: { readonly rotatedAt: Date; readonly lastChangedAt?: Date | undefined; readonly now: Date },
): boolean {
  const { rotatedAt, lastChangedAt, now } = times;
  const seconds = (from: Date): number => (now.getTime() - from.getTime()) / 1000;
  if (seconds(rotatedAt) <= everyDays * 24 * 3600 + lateSeconds) return false;
  return lastChangedAt === undefined || seconds(lastChangedAt) > betweenStartsSeconds;
}
