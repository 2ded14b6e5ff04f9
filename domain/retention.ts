import { databaseSnapshotName, type SetState, snapshotTags } from './recovery-set.ts';
import { type Keep, snapshotsReserved } from './retention-quota.ts';

/** A manual snapshot of the region, anybody's. Those of AWS Backup are of another type and count for nothing here. */
export interface ManualSnapshot {
  readonly identifier: string;
  /** RDS's: `creating`, `available`, `failed`, `deleting`, … */
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A set as the region's table has it. */
export interface KnownSet {
  readonly setId: string;
  readonly dueAt: number;
  readonly startedAt: number;
  readonly state: SetState;
  /** Whether the execution that makes and copies it still runs: its snapshots are read from, and stay. */
  readonly run: 'running' | 'ended' | 'unknown';
  /** Databases whose snapshots it has in this region. */
  readonly databases: readonly string[];
  readonly provenAt?: number;
  readonly inUseUntil?: number;
}

export interface RetentionInput {
  readonly now: number;
  readonly environment: string;
  readonly keep: Keep;
  readonly quota: number;
  readonly snapshots: readonly ManualSnapshot[];
  readonly sets: readonly KnownSet[];
  /** The set that is to be made next, and how many snapshots of it are still to be made. */
  readonly next?: { readonly dueAt: number; readonly snapshots: number };
}

export interface RetentionPlan {
  readonly delete: readonly { readonly snapshot: string; readonly why: string }[];
  readonly keep: readonly { readonly set: string; readonly why: string }[];
  /** `afterDeletions`: the plan's have to be gone first, `deleting` counts. A reason where even that is not enough. */
  readonly mayCreate:
    | { readonly allowed: true; readonly afterDeletions: number }
    | { readonly allowed: false; readonly reason: string };
}

const hour = 3_600_000;
/** What a dead run left half made goes after so long: longer than any run may take. */
export const leftoverHours = 6;

interface Candidate {
  readonly set: KnownSet;
  readonly present: readonly ManualSnapshot[];
  readonly usable: boolean;
}

type Age = 'hourly' | 'daily' | 'weekly' | 'monthly';
const ages: readonly Age[] = ['hourly', 'daily', 'weekly', 'monthly'];

/** UTC hours, days, weeks from Monday, months. */
const periodOf: Readonly<Record<Age, (at: number) => number>> = {
  hourly: (at) => Math.floor(at / hour),
  daily: (at) => Math.floor(at / (24 * hour)),
  weekly: (at) => Math.floor((at / (24 * hour) + 3) / 7),
  monthly: (at) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth(),
};

/**
 * What goes from a region before the next set is made. Ages count the newest periods that have a usable set, not time, so that after a
 * gap or a jump of the clock nothing goes that was not replaced. Sets go whole. Never goes: what is not ours by name and tags, the
 * newest usable set, the set proven last and the newest proven, what is in use or whose run goes on. Where the rest of the region
 * leaves less room than the definition counts on, the least dear of our sets go first; if that is not enough, none is made.
 */
export function planSnapshotRetention(input: RetentionInput): RetentionPlan {
  const candidates = candidatesOf(input);
  const locked = lockedSets(candidates, input.now);
  const wanted = wantedSets(candidates, input);
  const going = new Map<string, { candidate: Candidate; why: string }>();
  for (const candidate of candidates) {
    const { setId } = candidate.set;
    if (locked.has(setId) || wanted.has(setId)) continue;
    const why = candidate.usable ? 'no age keeps it' : leftoverReason(candidate, input.now);
    if (why) going.set(setId, { candidate, why });
  }
  const orphans = orphansOf(input);
  sacrifice(input, candidates, locked, wanted, going, orphans.length);
  const deletions = [
    ...[...going.values()].flatMap(({ candidate, why }) =>
      deletable(candidate.present).map(({ identifier }) => ({ snapshot: identifier, why })),
    ),
    ...orphans,
  ];
  const keep = candidates.flatMap(({ set: { setId }, usable }) => {
    if (going.has(setId)) return [];
    const why = locked.get(setId) ?? wanted.get(setId) ?? (usable ? 'kept' : 'left for the run that may still end');
    return [{ set: setId, why }];
  });
  return { delete: deletions, keep, mayCreate: room(input, deletions.length) };
}

function candidatesOf({ sets, snapshots, environment }: RetentionInput): readonly Candidate[] {
  const byName = new Map(snapshots.map((one) => [one.identifier, one]));
  return sets.map((set) => {
    const present = set.databases.flatMap((database) => {
      const one = byName.get(databaseSnapshotName(set.setId, database));
      return one && isOurs(one, environment, set.setId) ? [one] : [];
    });
    const whole = present.length === set.databases.length && present.every(({ status }) => status === 'available');
    return { set, present, usable: whole && (set.state === 'complete' || set.state === 'verified') };
  });
}

function isOurs({ identifier, tags }: ManualSnapshot, environment: string, setId = tags[snapshotTags.set]): boolean {
  const member = tags[snapshotTags.member];
  if (tags[snapshotTags.environment] !== environment || setId === undefined || member === undefined) return false;
  return tags[snapshotTags.set] === setId && identifier === `mainstay-${setId}-${member}`;
}

/** What nothing may take away, not even the quota. */
function lockedSets(candidates: readonly Candidate[], now: number): ReadonlyMap<string, string> {
  const locked = new Map<string, string>();
  const lock = (set: KnownSet | undefined, why: string): void => {
    if (set && !locked.has(set.setId)) locked.set(set.setId, why);
  };
  for (const { set } of candidates) {
    if (set.inUseUntil !== undefined && set.inUseUntil > now) lock(set, 'in use by a restore');
    if (set.run === 'running') lock(set, 'its run goes on');
  }
  const usable = candidates.filter((one) => one.usable).map(({ set }) => set);
  const proven = usable.filter(({ provenAt }) => provenAt !== undefined);
  lock(
    greatest(proven, ({ provenAt }) => provenAt ?? 0),
    'proven last',
  );
  lock(
    greatest(proven, ({ dueAt }) => dueAt),
    'the newest that is proven',
  );
  lock(
    greatest(usable, ({ dueAt }) => dueAt),
    'the newest that is whole',
  );
  return locked;
}

function greatest(sets: readonly KnownSet[], by: (set: KnownSet) => number): KnownSet | undefined {
  return sets.reduce<KnownSet | undefined>((best, set) => (!best || by(set) > by(best) ? set : best), undefined);
}

/** By age, one of each of the newest periods that have any: the proven one first, then the earliest, which stays the same all period long. */
function wantedSets(candidates: readonly Candidate[], { keep, next }: RetentionInput): ReadonlyMap<string, string> {
  const usable = candidates.filter((one) => one.usable).map(({ set }) => set);
  const wanted = new Map<string, string>();
  for (const age of ages.toReversed()) {
    const period = periodOf[age];
    const best = new Map<number, KnownSet>();
    for (const set of usable) {
      const before = best.get(period(set.dueAt));
      if (!before || dearer(set, before)) best.set(period(set.dueAt), set);
    }
    const periods = new Set([...best.keys(), ...(next ? [period(next.dueAt)] : [])]);
    for (const key of [...periods].sort((a, b) => b - a).slice(0, keep[age])) {
      const set = best.get(key);
      if (set && !wanted.has(set.setId)) wanted.set(set.setId, age);
    }
  }
  return wanted;
}

function dearer(one: KnownSet, other: KnownSet): boolean {
  const proof = Number(one.provenAt !== undefined) - Number(other.provenAt !== undefined);
  return proof > 0 || (proof === 0 && one.dueAt < other.dueAt);
}

function leftoverReason({ set, present }: Candidate, now: number): string | undefined {
  if (present.length === 0) return undefined;
  if (set.state === 'deleting') return 'its deletion began';
  if (now - set.startedAt < leftoverHours * hour) return undefined;
  return `left incomplete for ${leftoverHours} hours (${set.state})`;
}

/** Ours, half made, and no record speaks of it. What was complete stays: a lost table must not cost a single set. */
function orphansOf({ snapshots, sets, environment, now }: RetentionInput): { snapshot: string; why: string }[] {
  const known = new Set(sets.map(({ setId }) => setId));
  return snapshots
    .filter((one) => isOurs(one, environment) && !known.has(one.tags[snapshotTags.set] ?? ''))
    .filter(({ tags, createdAt }) => tags[snapshotTags.state] === 'taking' && now - createdAt >= leftoverHours * hour)
    .filter((one) => deletable([one]).length > 0)
    .map(({ identifier }) => ({
      snapshot: identifier,
      why: `left half made for ${leftoverHours} hours, in no record`,
    }));
}

/** RDS deletes what is available, or failed: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSnapshot.html */
function deletable(snapshots: readonly ManualSnapshot[]): readonly ManualSnapshot[] {
  return snapshots.filter(({ status }) => status === 'available' || status === 'failed');
}

/** Takes further sets, oldest hourly first and monthly last, until the next one fits; none where even all of them would not make room. */
function sacrifice(
  input: RetentionInput,
  candidates: readonly Candidate[],
  locked: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
  going: Map<string, { candidate: Candidate; why: string }>,
  orphans: number,
): void {
  const ours = input.snapshots.filter((one) => isOurs(one, input.environment)).length;
  const others = input.snapshots.length - ours;
  // What is reserved is for the others, who may have more than that already.
  const limit = input.quota - Math.max(0, snapshotsReserved - others);
  let gone = orphans;
  for (const { candidate } of going.values()) gone += deletable(candidate.present).length;
  const over = (): number => input.snapshots.length - gone + (input.next?.snapshots ?? 0) - limit;
  const rank = ({ set, usable }: Candidate) => (usable ? ages.indexOf(wanted.get(set.setId) as Age) : -1);
  const spare = candidates
    .filter(({ set, usable }) => !going.has(set.setId) && !locked.has(set.setId) && (usable || set.run === 'ended'))
    .filter(({ present }) => deletable(present).length > 0)
    .sort((a, b) => rank(a) - rank(b) || a.set.dueAt - b.set.dueAt);
  const most = spare.reduce((sum, { present }) => sum + deletable(present).length, 0);
  if (over() - most > input.quota - limit) return;
  for (const candidate of spare) {
    if (over() <= 0) return;
    going.set(candidate.set.setId, { candidate, why: `the quota of ${input.quota} has no room for it` });
    gone += deletable(candidate.present).length;
  }
}

function room({ snapshots, quota, next }: RetentionInput, deletions: number): RetentionPlan['mayCreate'] {
  const after = snapshots.length - deletions + (next?.snapshots ?? 0);
  if (after <= quota) return { allowed: true, afterDeletions: deletions };
  return {
    allowed: false,
    reason:
      `${snapshots.length} manual snapshots stand in the region, ${deletions} of them go, ${next?.snapshots ?? 0} would come; allowed are ${quota}. ` +
      'Delete some that are not ours, or raise the quota with AWS and manualSnapshotQuota in the definition.',
  };
}
