import { parseRecoverySetId } from './recovery-set.ts';
import { leftoverHours } from './retention.ts';

/** A snapshot of a volume that carries all of our tags. */
export interface KeptVolumeSnapshot {
  readonly snapshotId: string;
  readonly setId: string;
  /** `<store>/<replica>` */
  readonly member: string;
  readonly state: string;
  readonly startedAt: Date;
}

/** What the table says of a set. */
export interface SetStanding {
  readonly setId: string;
  readonly dueAt: number;
  readonly state: string;
  readonly provenAt?: number;
  readonly inUseUntil?: number;
}

export interface VolumeRetentionInput {
  readonly now: number;
  readonly environment: string;
  /** `intervalMinutes`: between two snapshots that the region gets. */
  readonly stores: readonly {
    readonly store: string;
    readonly retentionDays: number;
    readonly intervalMinutes: number;
  }[];
  readonly snapshots: readonly KeptVolumeSnapshot[];
  readonly sets: readonly SetStanding[];
}

const minute = 60_000;

/**
 * Which snapshots of volumes go from a region. Kept are as many of each volume as its days hold, the newest, counted and not by their age: after
 * a gap or a jump of the clock nothing goes that was not replaced. Never goes: what is not ours, the newest of a volume, and what belongs to
 * the newest whole set, the one proven last, the newest proven, one in use. Copies too many, failures and what a failed set left go first.
 */
export function planVolumeRetention(input: VolumeRetentionInput): readonly { snapshotId: string; why: string }[] {
  const locked = lockedSets(input);
  return [...byMember(input)].flatMap(([member, snapshots]) => {
    const limits = input.stores.find(({ store }) => store === member.slice(0, member.lastIndexOf('/')));
    // A store that the definition no longer takes keeps what it has: somebody may still want it.
    if (!limits) return [];
    const countMax = Math.max(1, Math.ceil((limits.retentionDays * 1440) / limits.intervalMinutes));
    const first = firstOfEachSet(snapshots);
    const useless = new Map(
      snapshots.flatMap((one): [string, string][] => {
        const why = uselessReason(one, first, locked, input);
        return why === undefined ? [] : [[one.snapshotId, why]];
      }),
    );
    const usable = first.filter(({ snapshotId, state }) => state === 'completed' && !useless.has(snapshotId));
    const replaced = usable.slice(countMax).filter(({ setId }) => !locked.has(setId));
    return [
      ...[...useless].map(([snapshotId, why]) => ({ snapshotId, why })),
      ...replaced.map(({ snapshotId }) => ({ snapshotId, why: `${countMax} newer ones are kept` })),
    ];
  });
}

/** Of each volume, the newest set first; of one set the earliest, which is the one that the set names. */
function byMember({
  snapshots,
  environment,
}: VolumeRetentionInput): ReadonlyMap<string, readonly KeptVolumeSnapshot[]> {
  const due = (one: KeptVolumeSnapshot) => parseRecoverySetId(one.setId)?.dueAt ?? 0;
  const ours = snapshots.filter(({ setId }) => parseRecoverySetId(setId)?.environment === environment);
  return Map.groupBy(
    ours.toSorted((a, b) => due(b) - due(a) || a.startedAt.getTime() - b.startedAt.getTime() || compare(a, b)),
    ({ member }) => member,
  );
}

function compare(a: KeptVolumeSnapshot, b: KeptVolumeSnapshot): number {
  return a.snapshotId < b.snapshotId ? -1 : 1;
}

/** What a set names: the earliest that EBS did not give up. */
export function firstOfEachSet(snapshots: readonly KeptVolumeSnapshot[]): readonly KeptVolumeSnapshot[] {
  const seen = new Set<string>();
  return snapshots.filter(({ setId, state }) => {
    if (state === 'error' || seen.has(setId)) return false;
    seen.add(setId);
    return true;
  });
}

/** Why nobody will ever want it, or undefined. What no record speaks of stays: a lost table must not cost a set. */
function uselessReason(
  one: KeptVolumeSnapshot,
  first: readonly KeptVolumeSnapshot[],
  locked: ReadonlySet<string>,
  { sets, now }: VolumeRetentionInput,
): string | undefined {
  if (now - one.startedAt.getTime() < leftoverHours * 60 * minute) return undefined;
  if (one.state === 'error') return 'EBS gave it up';
  const named = first.find(({ setId }) => setId === one.setId);
  if (named !== one && named?.state === 'completed') return 'the set has an earlier one of this volume';
  const state = sets.find(({ setId }) => setId === one.setId)?.state;
  const abandoned = (state === 'failed' || state === 'taking') && !locked.has(one.setId);
  return abandoned ? `left by a set that is ${state}` : undefined;
}

function lockedSets({ sets, now }: VolumeRetentionInput): ReadonlySet<string> {
  const whole = sets.filter(({ state }) => state === 'complete' || state === 'verified');
  const proven = whole.filter(({ provenAt }) => provenAt !== undefined);
  return new Set([
    ...sets.filter(({ inUseUntil }) => inUseUntil !== undefined && inUseUntil > now).map(({ setId }) => setId),
    ...greatest(whole, ({ dueAt }) => dueAt),
    ...greatest(proven, ({ dueAt }) => dueAt),
    ...greatest(proven, ({ provenAt }) => provenAt ?? 0),
  ]);
}

function greatest(sets: readonly SetStanding[], by: (set: SetStanding) => number): string[] {
  const [first] = sets.toSorted((a, b) => by(b) - by(a));
  return first ? [first.setId] : [];
}
