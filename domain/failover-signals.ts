import * as z from 'zod';
import { type LeaseRecord, leaseSeconds } from './lease.ts';

/**
 * Whether a region is lost, judged in the other one from signals that come over ways of their own. One alone never says so: a check lies, a
 * guard dies, a stream breaks. What could not be looked at is no signal.
 */
export const signals = ['public', 'lease', 'stream'] as const;
export type Signal = (typeof signals)[number];

/** A renewal comes every 10 s; two missing count. */
export const leaseLateSeconds = 20;
/** A beat comes every 2 s and is under way for less than one. */
export const streamLateSeconds = 10;
/** How long two signals have to be lost without a break. */
export const holdSeconds = 30;
/** The same where the world still reaches the primary: the public check needs 30 s, and its answer stays in resolvers for 10. */
export const partitionHoldSeconds = 60;
/** How often the standby looks, and the longest gap after which a look still goes on from the one before: a watch that is lost leaves one of 70 s. */
export const lookEverySeconds = 10;
const goesOnSeconds = 80;
/** How long a decision binds whoever decides by himself. */
export const decisionBindsSeconds = 900;

/** What one look saw. Absent or `unknown`: it could not be seen. */
export interface Look {
  readonly at: Date;
  /** Route 53's own judgement of the primary's public endpoint, over DNS. */
  readonly public: 'up' | 'down' | 'unknown';
  /** The record in this region; null where there is none: the primary was never guarded, or the standby not armed. */
  readonly lease?: LeaseRecord | null;
  /** The oldest heartbeat among the replicas. */
  readonly beatenAt?: Date;
}

const moment = z.iso.datetime();

/** What is kept from one look to the next: since when each signal is lost. */
export const watchState = z.strictObject({
  lookedAt: moment,
  lostSince: z.partialRecord(z.enum(signals), moment),
});
export type WatchState = z.infer<typeof watchState>;

/** The state after a look. A signal that is back is forgotten; one whose loss was seen before keeps its first moment. */
export function watched(before: WatchState | undefined, look: Look): WatchState {
  const goesOn =
    before !== undefined && look.at.getTime() - Date.parse(before.lookedAt) <= goesOnSeconds * 1000
      ? before
      : undefined;
  const lost: Partial<Record<Signal, string>> = {};
  if (look.public === 'down') lost.public = goesOn?.lostSince.public ?? look.at.toISOString();
  const renewedAt = look.lease ? Date.parse(look.lease.until) - leaseSeconds * 1000 : undefined;
  const late = (from: number | undefined, seconds: number): string | undefined =>
    from !== undefined && look.at.getTime() - from > seconds * 1000
      ? new Date(from + seconds * 1000).toISOString()
      : undefined;
  const lease = late(renewedAt, leaseLateSeconds);
  if (lease) lost.lease = lease;
  const stream = late(look.beatenAt?.getTime(), streamLateSeconds);
  if (stream) lost.stream = stream;
  return { lookedAt: look.at.toISOString(), lostSince: lost };
}

export const patterns = ['well', 'one-signal', 'passing', 'partition', 'region-lost'] as const;
/**
 * `passing`: two or more are lost, not long enough. `partition`: lease and stream are lost, and the world still reaches the primary.
 */
export type Pattern = (typeof patterns)[number];

export interface Judgement {
  readonly pattern: Pattern;
  readonly lost: readonly Signal[];
  /** Since when two signals are lost; absent for fewer. */
  readonly since?: string;
}

/** What the signals say together. `publicSeen`: whether this look could ask Route 53; without an answer nobody may speak of a partition. */
export function judged({ lookedAt, lostSince }: WatchState, publicSeen: boolean): Judgement {
  const lost = signals.filter((signal) => lostSince[signal] !== undefined);
  if (lost.length < 2) return { pattern: lost.length === 0 ? 'well' : 'one-signal', lost };
  const moments = lost.map((signal) => lostSince[signal] ?? lookedAt).sort();
  // The second one's moment: before it, one alone was lost.
  const since = moments[1] ?? lookedAt;
  const reached = publicSeen && !lost.includes('public');
  const held = (Date.parse(lookedAt) - Date.parse(since)) / 1000;
  if (held < (reached ? partitionHoldSeconds : holdSeconds)) return { pattern: 'passing', lost, since };
  return { pattern: reached ? 'partition' : 'region-lost', lost, since };
}

/** A decision that was made, kept beside the lease. */
export const lastDecision = z.strictObject({
  at: moment,
  /** The reign that it was about. */
  epoch: z.int().min(1),
  outcome: z.enum(['moved', 'stayed', 'refused', 'not-answered']),
});
export type LastDecision = z.infer<typeof lastDecision>;

/** What the standby knows of the lease at the witness: none is defined; it is renewed there; it has ended there as well; it could not be read. */
export type AtWitness = 'none' | 'renews' | 'ended' | 'unknown';

/** Whether the primary, which the standby does not hear, may still be one: it is where it renews elsewhere, or nobody can say. */
export function livesOn({ pattern }: Judgement, witness: AtWitness): boolean {
  return pattern === 'partition' && (witness === 'renews' || witness === 'unknown');
}

/** What is known of a primary that the world reaches and the standby does not hear. */
export const partitionWords: Readonly<Record<AtWitness, string>> = {
  none: 'The world still reaches the primary, and its lease has ended: it has fenced itself.',
  renews: 'The world still reaches the primary, and it renews at the witness.',
  ended: 'The world still reaches the primary, and its lease has ended here and at the witness: it has fenced itself.',
  unknown: 'The world still reaches the primary; whether it renews at the witness can not be seen from here.',
};

export type Reaction = { readonly do: 'nothing' | 'tell' | 'start'; readonly why: string };

/**
 * What the watch does about it: nothing, tell somebody, or start the failover. `armed`: this region has the open lease of the reign, and so the
 * right to take over.
 */
export function reaction(
  judgement: Judgement,
  {
    armed,
    witness,
    decided,
    epoch,
    now,
  }: {
    readonly armed: boolean;
    readonly witness: AtWitness;
    readonly decided?: LastDecision;
    readonly epoch: number;
    readonly now: Date;
  },
): Reaction {
  const { pattern, lost } = judgement;
  if (pattern === 'well' || pattern === 'passing') return { do: 'nothing', why: `The signals say '${pattern}'.` };
  if (pattern === 'one-signal') return { do: 'tell', why: `Only '${lost.join()}' is lost; one signal moves nothing.` };
  if (!armed)
    return { do: 'tell', why: 'Two signals are lost, and this region has no lease to take over: a person decides.' };
  if (livesOn(judgement, witness)) {
    return { do: 'tell', why: `The regions do not hear each other. ${partitionWords[witness]}` };
  }
  if (decided?.epoch === epoch && now.getTime() - Date.parse(decided.at) < decisionBindsSeconds * 1000) {
    return {
      do: 'tell',
      why: `It was decided at ${decided.at} ('${decided.outcome}'); that binds for ${decisionBindsSeconds / 60} minutes.`,
    };
  }
  return { do: 'start', why: `Lost: ${lost.join(', ')}.` };
}
